"""Alerts about the data, on the schedule: once a local day, and at every cut-off that contracts name."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction

from bpo.choices import OF_A_FIGURE, AlertKind, AlertStatus
from bpo.models import Alert, AlertEvent
from bpo.queries.data_findings import cutoffs, data_findings
from bpo.services.alerts.following import Followed, by_key, follow
from kpis.services.locks import lock_keys
from vendors import bulk
from vendors.actors import SYSTEM

OF_THE_DATA = frozenset(AlertKind.values) - OF_A_FIGURE


@transaction.atomic
def look_at_data(*, now: datetime) -> Followed:
    """Raise, change and end the alerts about the data of all contracts; return what was done.

    Only contracts with something to tell of are locked: a database has room for so many locks and no more.
    """
    findings = data_findings(now=now)
    live = Alert.objects.filter(is_live=True, kind__in=OF_THE_DATA)
    contracts = {None, *(finding.contract for finding in findings), *live.values_list("contract_id", flat=True)}
    lock_keys(contracts)
    held = (alert for alert in live.order_by("id") if alert.contract_id in contracts)
    return follow(findings, by_key(held), now=now)


def slots(zones: list[str], *, now: datetime) -> list[str]:
    """Return the slots that have begun today: each time zone's day, and each cut-off of a contract that passed."""
    found = []
    times = [time.fromisoformat(text) for text in cutoffs()]
    for zone in zones:
        local = now.astimezone(ZoneInfo(zone))
        found += [f"{zone} {local:%Y-%m-%d}"]
        found += [f"{zone} {local:%Y-%m-%d} {at:%H:%M}" for at in times if local.time() > at]
    return found


@transaction.atomic
def wake(*, now: datetime) -> int:
    """Open the alerts again whose time of rest is over; return how many."""
    rows = Alert.objects.select_for_update().filter(status=AlertStatus.SNOOZED, snoozed_until__lte=now).order_by("id")
    woken = list(rows.values_list("pk", flat=True))
    if woken:
        Alert.objects.filter(pk__in=woken).update(status=AlertStatus.OPEN, snoozed_until=None, changed_at=now)
        bulk.store(AlertEvent, [AlertEvent(alert_id=pk, action="wake", by=SYSTEM.label, at=now) for pk in woken])
    return len(woken)
