"""Which of the expected queue-days were reported, and which are missing (design §4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period
from vendors.calc.months import month_after

Expected = Mapping[int, AbstractSet[date]]
"""Every queue's open days up to the as-of day."""
Reported = Mapping[int, frozenset[date]]
Months = frozenset[tuple[int, date]]
"""Month totals as (queue, first of the month)."""
MISSING_SHOWN = 100
_NONE: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Coverage:
    """The open days of a period by queue against the days that were reported; ``missing`` names the first of them."""

    open_days: Expected
    reported: Reported
    days_expected: int
    counted: int
    missing: tuple[tuple[int, date], ...]
    missing_count: int


def coverage_of(days: Reported, months: Months, expected: Expected, start: date, end: date) -> Coverage:
    """Hold the reported ``days`` and month totals against what was ``expected`` in ``[start, end)``."""
    open_days = {queue: _cut(dates, start, end) for queue, dates in expected.items()}
    reported = _with_month_days(days, months, open_days)
    missing = sorted(_missing(open_days, reported))
    return Coverage(
        open_days=open_days,
        reported=reported,
        days_expected=sum(map(len, open_days.values())),
        counted=sum(map(len, reported.values())),
        missing=tuple(missing[:MISSING_SHOWN]),
        missing_count=len(missing),
    )


def _missing(open_days: Expected, reported: Reported) -> Iterable[tuple[int, date]]:
    return ((queue, day) for queue, days in open_days.items() for day in days - reported.get(queue, _NONE))


def _cut(days: AbstractSet[date], start: date, end: date) -> AbstractSet[date]:
    if days and (min(days) < start or max(days) >= end):
        return frozenset(day for day in days if start <= day < end)
    return days


def _with_month_days(days: Reported, months: Months, open_days: Expected) -> Reported:
    """Return the days each queue reported; a month total stands for its open days, or all where none was expected."""
    if not months:
        return days
    reported = dict(days)
    for queue, first in months:
        month = Period(PeriodKind.MONTH, first, month_after(first))
        whole = _cut(open_days.get(queue, _NONE), month.start, month.end) or month.dates()
        reported[queue] = reported.get(queue, _NONE) | frozenset(whole)
    return reported
