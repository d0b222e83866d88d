"""Alerts as the API answers and the pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bpo.models import ActionPlan, Alert, AlertEvent
from bpo.queries.alert_words import message_of
from bpo.queries.cards import utc
from bpo.queries.plans import plans_for
from kpis.models import ExternalFactor
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


def presented_events(events: Iterable[AlertEvent], named: Named) -> list[dict[str, Any]]:
    """Return the history as JSON-able values; what a step names only as far as it exists for the reader."""
    return [
        {
            "action": row.action,
            "by": row.by,
            "at": utc(row.at),
            "note": row.note,
            "internal": row.is_internal,
            "cause": row.changes.get("cause", ""),
            "external_factor": factor.pk if (factor := named.factor_of(row)) else None,
            "action_plan": plan.pk if (plan := named.plan_of(row)) else None,
        }
        for row in events
    ]


@dataclass(frozen=True, slots=True)
class Named:
    """The external factors and action plans that the steps of an alert name, of those that exist for a reader."""

    factors: dict[int, ExternalFactor]
    plans: dict[int, ActionPlan]

    def factor_of(self, event: AlertEvent) -> ExternalFactor | None:
        return self.factors.get(int(event.changes.get("factor", 0)))

    def plan_of(self, event: AlertEvent) -> ActionPlan | None:
        return self.plans.get(int(event.changes.get("plan", 0)))


def named_by(events: Iterable[AlertEvent], actor: Actor) -> Named:
    """Return what these steps name and ``actor`` may see, in at most two queries."""
    rows = list(events)
    factors, plans = ({int(row.changes[name]) for row in rows if name in row.changes} for name in ("factor", "plan"))
    seen = ExternalFactor.objects.visible_to(actor.limited_to(Capability.READ_FACTORS))
    return Named(seen.in_bulk(factors), plans_for(actor).in_bulk(plans))
