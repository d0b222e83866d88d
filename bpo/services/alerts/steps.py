"""What people do about an alert: take note of it, give it to somebody, put it off, resolve it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from bpo.choices import UNRESOLVED, AlertStatus
from bpo.models import Alert, AlertEvent
from bpo.queries.alert_people import people_for
from bpo.services.alerts import links
from kpis.services.locks import lock_keys
from vendors.actors import Actor, Capability
from vendors.clock import local_date
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, RowError
from vendors.services.audit import record

LONGEST_SNOOZE = timedelta(days=90)


@transaction.atomic
def acknowledge(alert_id: int, *, note: str = "", internal: bool = False, actor: Actor, now: datetime) -> Alert:
    """Say that it was seen. Either side may; raise Conflict ``wrong_status`` once somebody has taken it further."""
    within = (AlertStatus.OPEN, AlertStatus.SNOOZED)
    alert = _locked(alert_id, actor=actor, needs=Capability.ACKNOWLEDGE_ALERTS, within=within)
    return _done(alert, "acknowledge", AlertStatus.ACKNOWLEDGED, note, internal, actor, now)


@transaction.atomic
def assign(
    alert_id: int, *, assignee: str, note: str = "", internal: bool = False, actor: Actor, now: datetime
) -> Alert:
    """Give it to a person, named by log-in, who may do something about it; raise Invalid ``unknown_person`` else."""
    alert = _locked(alert_id, actor=actor, needs=Capability.HANDLE_ALERTS, within=UNRESOLVED)
    person: User | None = people_for(alert).filter(username=assignee).first()
    if person is None:
        text = _("There is no such person who handles this vendor's alerts.")
        raise Invalid("unknown_person", text, [RowError("unknown_person", text, "assignee")])
    alert.assignee = person
    return _done(alert, "assign", AlertStatus.ASSIGNED, note, internal, actor, now, assignee=assignee)


@transaction.atomic
def snooze(alert_id: int, *, until: date, note: str = "", internal: bool = False, actor: Actor, now: datetime) -> Alert:
    """Put it off until the morning of a day within 90; it wakes sooner where it gets worse. Raise Invalid ``until``."""
    alert = _locked(alert_id, actor=actor, needs=Capability.HANDLE_ALERTS, within=UNRESOLVED)
    today = local_date(now, settings.TIME_ZONE)
    if not today < until <= today + LONGEST_SNOOZE:
        text = _("Name a day after today, within 90 days.")
        raise Invalid("until", text, [RowError("until", text, "until")])
    alert.snoozed_until = datetime.combine(until, time.min, ZoneInfo(settings.TIME_ZONE))
    return _done(alert, "snooze", AlertStatus.SNOOZED, note, internal, actor, now, until=until)


@transaction.atomic
def resolve(
    alert_id: int,
    *,
    note: str,
    internal: bool = False,
    cause: str = "",
    factor: int | None = None,
    plan: int | None = None,
    actor: Actor,
    now: datetime,
) -> Alert:
    """Settle it and say what was done; it is raised again only once its condition was away, or got worse.

    It may name a ``cause``, the external ``factor`` behind it and the action ``plan`` that follows. Raises Invalid
    ``unknown_cause``, ``unknown_external_factor``, ``unknown_action_plan``.
    """
    alert = _locked(alert_id, actor=actor, needs=Capability.HANDLE_ALERTS, within=UNRESOLVED)
    if not note.strip():
        text = _("This must say what was done.")
        raise Invalid("required", text, [RowError("required", text, "note")])
    named = links.named(alert, cause=cause, factor=factor, plan=plan, actor=actor, now=now)
    alert.resolved_at = now
    return _done(alert, "resolve", AlertStatus.RESOLVED, note, internal, actor, now, **named)


def _locked(alert_id: int, *, actor: Actor, needs: Capability, within: Collection[str]) -> Alert:
    """Return the alert, locked together with what follows its condition; raise as a page of it would."""
    if not actor.may(needs):
        raise Forbidden("role", _("Your role does not include this function."))
    visible = Alert.objects.visible_to(actor.limited_to(needs)).filter(pk=alert_id)
    contracts = list(visible.values_list("contract_id", flat=True))
    if not contracts:
        raise NotFound("not_found", _("There is no such alert."))
    lock_keys(contracts)
    alert: Alert = visible.select_for_update(of=("self",)).select_related("vendor").get()
    if alert.status not in within:
        text = _("An alert with the status “%(status)s” does not allow this.")
        raise Conflict("wrong_status", text % {"status": alert.get_status_display()})
    return alert


def _done(
    alert: Alert,
    action: str,
    status: AlertStatus,
    note: str,
    internal: bool,
    actor: Actor,
    now: datetime,
    **changes: Any,
) -> Alert:
    """Keep the step, in the alert's own history and in the audit trail."""
    if internal and not actor.may(Capability.READ_INTERNAL_NOTES, alert.vendor_id):
        text = _("An internal note is the BPO side's own; leave the field out.")
        raise Invalid("internal", text, [RowError("internal", text, "internal")])
    if status != AlertStatus.SNOOZED:
        alert.snoozed_until = None
    before, alert.status, alert.changed_at = alert.status, status, now
    alert.save(update_fields=["status", "changed_at", "resolved_at", "snoozed_until", "assignee"])
    named = {name: str(value) for name, value in changes.items()}
    AlertEvent.objects.create(
        alert=alert,
        action=action,
        by=actor.label[:200],
        at=now,
        note=note.strip()[:2000],
        is_internal=internal,
        changes=named,
    )
    changed = {"status": [before, status.value], **named}
    record(actor=actor, action=f"alert.{action}", obj=alert, now=now, vendor=alert.vendor, changes=changed)
    return alert
