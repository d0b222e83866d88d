"""Before and after: a KPI on the days before something changed and on those after, at the same mix of days.

Both sides have the same number of whole weeks, so that every weekday counts alike; weekdays and weekends are strata
of which each side has the share that both have together (mathematics §2.2). Days stray from one another, which gives
the interval. It says what came with a change, not that the change is its cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from kpis.calc.facts import Direction
from kpis.calc.rounding import round_value
from kpis.calc.standardising import Day, standing, weights_of

MOST_WEEKS = 4
WEEK = timedelta(days=7)
WEEKEND = 6
Days = Mapping[date, tuple[Decimal, Decimal]]
"""Volume and value by day."""


class Verdict(StrEnum):
    """What the figures say: better or worse for sure, changed where neither is better, or within what days stray."""

    BETTER = "better"
    WORSE = "worse"
    CHANGED = "changed"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Windows:
    """Two half-open stretches of as many whole weeks each."""

    before: tuple[date, date]
    after: tuple[date, date]
    weeks: int


@dataclass(frozen=True, slots=True)
class Change:
    """A KPI before and after at the same mix of days, rounded once, with the half-width of a 95 % interval.

    ``half_width`` is null where too few days say how far they stray; ``volume`` and ``days`` are of both sides.
    """

    before: Decimal
    after: Decimal
    half_width: Decimal | None
    volume: tuple[Decimal, Decimal]
    days: tuple[int, int]

    @property
    def change(self) -> Decimal:
        return self.after - self.before

    @property
    def is_sure(self) -> bool:
        """Say whether no change at all lies outside the interval."""
        return self.half_width is not None and abs(self.change) > self.half_width

    def verdict(self, direction: Direction) -> Verdict:
        """Say what it means for a KPI of that direction."""
        if not self.is_sure:
            return Verdict.UNSURE
        if direction not in (Direction.HIGHER, Direction.LOWER, Direction.ZERO):
            return Verdict.CHANGED
        is_better = (self.change > 0) == (direction is Direction.HIGHER)
        return Verdict.BETTER if is_better else Verdict.WORSE


def windows(begins: date, after: date, until: date) -> Windows | None:
    """Return the weeks before ``begins`` and those from ``after`` on that are over by ``until`` (exclusive).

    At most four on either side; null where not one week is over.
    """
    weeks = min(MOST_WEEKS, (until - after) // WEEK)
    if weeks < 1:
        return None
    return Windows((begins - weeks * WEEK, begins), (after, after + weeks * WEEK), weeks)


def compared(before: Days, after: Days, decimals: int) -> Change | None:
    """Return the change of the value from the days of one side to those of the other.

    Only kinds of day (weekday, weekend) that both sides have are compared; null where there is none with volume.
    """
    sides = [_strata(days) for days in (before, after)]
    both = {day.stratum for day in sides[0]} & {day.stratum for day in sides[1]}
    kept = [[day for day in side if day.stratum in both] for side in sides]
    weights = weights_of(kept)
    was, now = (standing(side, weights) for side in kept)
    if was is None or now is None:
        return None
    assert was.same_mix is not None, "both sides have every kind of day"
    assert now.same_mix is not None, "both sides have every kind of day"
    half = None
    if was.half_width is not None and now.half_width is not None:
        half = round_value((was.half_width**2 + now.half_width**2).sqrt(), decimals)
    return Change(
        before=round_value(was.same_mix, decimals),
        after=round_value(now.same_mix, decimals),
        half_width=half,
        volume=(was.volume, now.volume),
        days=(len(kept[0]), len(kept[1])),
    )


def _strata(days: Days) -> list[Day]:
    kinds = {day: "weekend" if day.isoweekday() >= WEEKEND else "weekday" for day in days}
    return [Day(kinds[day], volume, value) for day, (volume, value) in days.items() if volume > 0]
