"""The client's own doings, measured: minutes of outage, days of notice, and what was done in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

from kpis.calc.rounding import QUOTIENT

HUNDRED = Decimal(100)
TENTH = Decimal("0.1")
CENT = Decimal("0.01")
Interval = tuple[datetime, datetime]
"""Half-open: ``[starts_at, ends_at)``."""


def covered(intervals: Iterable[Interval], start: datetime, end: datetime) -> timedelta:
    """Return how long at least one of the intervals lasted within ``[start, end)``: their union, each moment once."""
    total, until = timedelta(0), start
    for begins, ends in sorted(intervals):
        first, last = max(begins, until), min(ends, end)
        if first < last:
            total += last - first
            until = last
    return total


def minutes_of(time: timedelta) -> Decimal:
    """Return a time in minutes with one decimal, half up."""
    with localcontext(QUOTIENT):
        return (Decimal(time // timedelta(seconds=1)) / 60).quantize(TENTH, ROUND_HALF_UP)


def notice_days(announced_at: datetime | None, starts_at: datetime) -> Decimal | None:
    """Return how many days ahead something was announced, cut to one decimal; zero afterwards, null where unknown."""
    if announced_at is None:
        return None
    ahead = max(timedelta(0), starts_at - announced_at)
    return Decimal(ahead // timedelta(hours=2, minutes=24)) / 10


def median(values: Sequence[Decimal]) -> Decimal | None:
    """Return the middle value, or the mean of the two in the middle; null of nothing."""
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How many of some things were done in time and late; ``unknown`` are those nobody can say it of (yet)."""

    in_time: int
    late: int
    unknown: int

    @property
    def share(self) -> Decimal | None:
        """Those in time of those that are known, in per cent with two decimals; null where none is: unknown ≠ late."""
        known = self.in_time + self.late
        if not known:
            return None
        with localcontext(QUOTIENT):
            return (HUNDRED * self.in_time / known).quantize(CENT, ROUND_HALF_UP)


def punctuality(answers: Iterable[bool | None]) -> Punctuality:
    """Count answers: in time, late, and null for unknown."""
    rows = list(answers)
    return Punctuality(rows.count(True), rows.count(False), rows.count(None))
