"""Alerts as the API answers and the pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from bpo.models import Alert, AlertEvent
from bpo.queries.alert_words import message_of
from bpo.queries.cards import utc
from vendors.actors import Capability

if TYPE_CHECKING:
    from vendors.actors import Actor

RELATED = ("vendor", "contract", "kpi", "queue", "assignee")


def alerts_for(actor: Actor) -> Any:
    """Return the alerts that exist for ``actor``, the newest first."""
    visible = Alert.objects.visible_to(actor.limited_to(Capability.READ_ALERTS))
    return visible.select_related(*RELATED).order_by("-opened_at", "-id")


def events_for(alert: Alert, actor: Actor) -> list[AlertEvent]:
    """Return the history of an alert; an internal note exists for the client's side alone."""
    rows = AlertEvent.objects.filter(alert=alert).order_by("id")
    if not actor.may(Capability.READ_INTERNAL_NOTES, alert.vendor_id):
        rows = rows.filter(is_internal=False)
    return list(rows)


def presented_alert(alert: Alert) -> dict[str, Any]:
    """Return the alert as JSON-able values, with its message in the reader's language."""
    return {
        "id": alert.pk,
        "kind": alert.kind,
        "severity": alert.severity,
        "vendor": alert.vendor.code if alert.vendor else None,
        "contract": alert.contract.code if alert.contract else None,
        "kpi": alert.kpi.code if alert.kpi else None,
        "queue": alert.queue.code if alert.queue else None,
        "period": alert.period or None,
        "start": alert.start.isoformat() if alert.start else None,
        "message": message_of(alert),
        "status": alert.status,
        "assignee": alert.assignee.get_username() if alert.assignee else None,
        "opened_at": utc(alert.opened_at),
        "changed_at": utc(alert.changed_at),
        "resolved_at": utc(alert.resolved_at),
        "snoozed_until": utc(alert.snoozed_until),
        "facts": alert.facts,
    }


def presented_events(events: Iterable[AlertEvent]) -> list[dict[str, Any]]:
    """Return the history as JSON-able values."""
    return [
        {"action": row.action, "by": row.by, "at": utc(row.at), "note": row.note, "internal": row.is_internal}
        for row in events
    ]
