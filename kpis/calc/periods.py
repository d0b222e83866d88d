"""Periods: days, Monday weeks, calendar months, quarters and years, always half-open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from kpis.calc.facts import PeriodKind

_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}
_DAYS = {PeriodKind.DAY: 1, PeriodKind.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Period:
    """The days ``[start, end)``."""

    kind: PeriodKind
    start: date
    end: date

    @property
    def length(self) -> int:
        """Number of calendar days."""
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """The last day that belongs to it."""
        return self.end - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def dates(self) -> Iterator[date]:
        """Every day of it, in order."""
        return (self.start + timedelta(days=offset) for offset in range(self.length))

    def next(self) -> Period:
        """The period of the same kind that begins where this one ends."""
        return period_of(self.kind, self.end)

    def previous(self) -> Period:
        """The period of the same kind that ends where this one begins."""
        return period_of(self.kind, self.start - timedelta(days=1))


def period_of(kind: PeriodKind, day: date) -> Period:
    """Return the period of that kind a day lies in. Weeks start on Monday; quarters and years are calendar ones."""
    kind = PeriodKind(kind)
    if kind in _DAYS:
        start = day if kind is PeriodKind.DAY else day - timedelta(days=day.weekday())
        return Period(kind, start, start + timedelta(days=_DAYS[kind]))
    months = _MONTHS[kind]
    start = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Period(kind, start, _months_later(start, months))


def periods_between(kind: PeriodKind, first: date, last: date) -> list[Period]:
    """Return the periods that hold any day of ``[first, last]``, in order; none when last is before first."""
    periods: list[Period] = []
    day = first
    while day <= last:
        periods.append(period_of(kind, day))
        day = periods[-1].end
    return periods


def is_over(period: Period, today: date) -> bool:
    """Say whether the last day of the period has passed."""
    return today >= period.end


def is_settled(period: Period, today: date, settle_days: int) -> bool:
    """Say whether the period is over and its figures have had their days to settle (design §4.4)."""
    return today >= period.end + timedelta(days=settle_days)


def _months_later(start: date, months: int) -> date:
    index = start.year * 12 + start.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
