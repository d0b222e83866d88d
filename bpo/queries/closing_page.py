"""The page of month ends: for each contract how the month stands, and its closing dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings

from bpo.choices import CorrectionStatus
from bpo.models import CorrectionRequest
from kpis.models import MonthClose
from vendors.actors import Capability
from vendors.calc.months import month_after
from vendors.clock import local_date
from vendors.models import Contract
from vendors.queries.closing import ClosingCalendar, closing_calendars, earliest_todays

if TYPE_CHECKING:
    from vendors.actors import Actor


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """One contract's month: its calendar, every act on it (the newest first), and what may be done."""

    contract: Contract
    calendar: ClosingCalendar
    acts: Sequence[MonthClose]
    open_requests: int
    is_over: bool
    may_decide: bool

    @property
    def is_closed(self) -> bool:
        return bool(self.acts and self.acts[0].is_closed)

    @property
    def dates(self) -> Any:
        return self.calendar.dates


@dataclass(frozen=True, slots=True)
class ClosingPage:
    """The month ends that exist for a reader."""

    month: date
    rows: Sequence[ClosingRow]

    @property
    def previous(self) -> date:
        return (self.month - timedelta(days=1)).replace(day=1)

    @property
    def following(self) -> date:
        return month_after(self.month)

    @property
    def closed(self) -> int:
        return sum(row.is_closed for row in self.rows)


def closing_page(actor: Actor, *, month: date | None, now: datetime) -> ClosingPage:
    """Return the month ends of ``month`` (default: the last month that is over) of the contracts that ran in it."""
    today = local_date(now, settings.TIME_ZONE)
    start = month or (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    running = Contract.objects.visible_to(actor.limited_to(Capability.READ_CONTRACTS)).select_related("vendor")
    contracts = [
        row
        for row in running.filter(starts_on__lt=month_after(start)).order_by("vendor__code", "code")
        if row.ends_on is None or row.ends_on >= start
    ]
    ids = [row.pk for row in contracts]
    calendars, todays = closing_calendars({pk: [start] for pk in ids}), earliest_todays(ids, now)
    acts = _acts(ids, start)
    waiting = _waiting(actor, ids, start)
    return ClosingPage(
        start,
        [
            ClosingRow(
                contract=row,
                calendar=calendars[row.pk, start],
                acts=acts[row.pk],
                open_requests=waiting[row.pk],
                is_over=todays[row.pk] >= month_after(start),
                may_decide=actor.may(Capability.CLOSE_MONTHS, row.vendor_id),
            )
            for row in contracts
        ],
    )


def _acts(contracts: Sequence[int], start: date) -> dict[int, list[MonthClose]]:
    found: dict[int, list[MonthClose]] = defaultdict(list)
    for act in MonthClose.objects.filter(contract__in=contracts, start=start).order_by("-number"):
        found[act.contract_id].append(act)
    return found


def _waiting(actor: Actor, contracts: Sequence[int], start: date) -> dict[int, int]:
    """Return how many open correction requests the reader sees, by contract."""
    found: dict[int, int] = defaultdict(int)
    visible = CorrectionRequest.objects.visible_to(actor.limited_to(Capability.READ_CORRECTIONS))
    rows = visible.filter(contract__in=contracts, start=start, status=CorrectionStatus.OPEN)
    for contract in rows.values_list("contract_id", flat=True):
        found[contract] += 1
    return found
