"""What runs on the schedule: move open periods on when a day begins somewhere, then drain.

Slots make it harmless to run it twice or from two schedulers: a local day in a time zone is claimed once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from bpo.choices import JobStatus
from bpo.models import JobRun
from bpo.queries.readiness import HEARTBEAT
from bpo.services import alerts
from bpo.services.departments import ask_when_due
from bpo.services.scorecards.sharing import share_due_cards
from kpis.imports.jobs import run_due_imports
from kpis.services import factors
from kpis.services.closing import close_due_months
from kpis.services.feed import idempotency
from kpis.services.marks import mark_new_day
from kpis.services.recalculation import drain
from vendors.clock import local_date
from vendors.models import Centre
from vendors.services import usage

NEW_DAY = "new-day"
CALENDAR = "closing-calendar"
DATA_ALERTS = "data-alerts"


def sweep(*, now: datetime) -> dict[str, Any]:
    """Begin the local days that have begun, take in waiting files, compute what is marked; return what was done."""
    begun = begin_days(now=now)
    if begun:
        forget(now=now)
    taken_in = run_due_imports(now=now)
    done = {"days_begun": begun, "imports": taken_in, **drain(now=now).as_dict()}
    done |= {"months_closed": follow_calendars(now=now), "factors_expired": factors.expire(now) if begun else 0}
    done |= {"departments_asked": ask_when_due(now=now), "alerts_caught_up": alerts.pay_owed(now=now)}
    return done | {"alerts_woken": alerts.wake(now=now), "data_looked_at": look_at_data(now=now)}


def record_heartbeat(*, now: datetime) -> None:
    """Note that the scheduler rang and a worker heard it (/readyz and doctor look)."""
    JobRun.objects.update_or_create(name=HEARTBEAT, slot="last", defaults={"status": JobStatus.DONE, "ended_at": now})


def forget(*, now: datetime) -> None:
    """Forget what is kept for a while only; a day sooner or later makes no difference to anybody."""
    idempotency.forget(now=now)
    usage.forget(now=now)


def begin_days(*, now: datetime) -> list[str]:
    """Mark open periods once for each time zone's new local day; return the slots that were claimed."""
    return [slot for zone in _zones() if (slot := _begin_day(zone, now))]


def _zones() -> list[str]:
    return list(Centre.objects.order_by("timezone").values_list("timezone", flat=True).distinct())


@transaction.atomic
def _begin_day(zone: str, now: datetime) -> str | None:
    before = JobRun.objects.filter(name=NEW_DAY, slot__startswith=f"{zone} ").aggregate(last=Max("slot"))["last"]
    slot = f"{zone} {local_date(now, zone)}"
    if not claim(NEW_DAY, slot, now=now):
        return None
    mark_new_day(zone=zone, since=date.fromisoformat(before.split()[-1]) if before else None, now=now)
    return slot


def follow_calendars(*, now: datetime) -> list[str]:
    """Once for each time zone's new local day: close the months whose calendar says so, share their cards.

    The slots are written last: a sweep that broke off is followed by one that does the rest, and what is done
    twice does nothing.
    """
    slots = {f"{zone} {local_date(now, zone)}" for zone in _zones()}
    done = JobRun.objects.filter(name=CALENDAR, slot__in=slots).values_list("slot", flat=True)
    waiting = sorted(slots - set(done))
    if not waiting:
        return []
    closed = [str(act) for act in close_due_months(now=now)]
    share_due_cards(now=now)
    for slot in waiting:
        claim(CALENDAR, slot, now=now)
    return closed


def look_at_data(*, now: datetime) -> list[str]:
    """Look at the data once for each time zone's new local day and each cut-off that passed; return these slots.

    As with the calendars the slots are written last, and what is done twice does nothing.
    """
    begun = alerts.slots(_zones(), now=now)
    done = JobRun.objects.filter(name=DATA_ALERTS, slot__in=begun).values_list("slot", flat=True)
    waiting = sorted(set(begun) - set(done))
    if waiting:
        alerts.look_at_data(now=now)
        alerts.look_at_all(now=now)
    for slot in waiting:
        claim(DATA_ALERTS, slot, now=now)
    return waiting


def claim(name: str, slot: str, *, now: datetime) -> bool:
    """Claim one slot of a scheduled job; False where somebody has it already."""
    _run, is_mine = JobRun.objects.get_or_create(
        name=name, slot=slot, defaults={"status": JobStatus.DONE, "ended_at": now}
    )
    return is_mine
