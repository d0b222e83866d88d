"""Where an open period is heading (mathematics §4.7): its projected end, what it can still reach, its budget of misses.

Everything is on the KPI's own scale, as in :mod:`kpis.calc.run_rate`: V and D are value and volume so far, Dr the
volume still to come, T the target.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from statistics import NormalDist

from kpis.calc.facts import Direction
from kpis.calc.rounding import EXACT, QUOTIENT, to_answer
from kpis.calc.run_rate import Bounds, RunRate, run_rate

LEAST_DAYS = 5
"""A day-to-day spread of fewer days than these says nothing."""


@dataclass(frozen=True, slots=True)
class Course:
    """A period under way: value and volume so far, the volume to come, and what it is held against.

    ``bounds`` are the lowest and the highest value the KPI can take; an unset lower one is 0.
    """

    value: Decimal
    volume: Decimal
    remaining: Decimal
    target: Decimal
    direction: Direction
    bounds: Bounds

    @property
    def needed(self) -> RunRate | None:
        """What the rest needs; null where nothing is to come or the KPI has no better side."""
        return self.needed_if(self.remaining)

    def needed_if(self, remaining: Decimal) -> RunRate | None:
        """Return what the rest needs if ``remaining`` comes instead: how far the forecast of the volume matters."""
        return run_rate(self.value, self.volume, self.target, remaining, direction=self.direction, bounds=self.bounds)

    @property
    def low(self) -> Decimal:
        return Decimal(0) if self.bounds[0] is None else self.bounds[0]

    @property
    def worst(self) -> Decimal | None:
        """The worst value a day can have; null where there is no end to it."""
        return self.low if self.direction is Direction.HIGHER else self.bounds[1]

    @property
    def best(self) -> Decimal | None:
        """The best value a day can have; null where there is no end to it."""
        return self.bounds[1] if self.direction is Direction.HIGHER else self.low

    def ends_at(self, rate: Decimal) -> Decimal:
        """Return what the period comes to if its rest runs at ``rate``."""
        with localcontext(EXACT):
            total = self.value * self.volume + rate * self.remaining
            return QUOTIENT.divide(total, self.volume + self.remaining)

    def attainable(self) -> tuple[Decimal | None, Decimal | None]:
        """Return the lowest and the highest value the period can still end with; null where there is no bound."""
        return self.ends_at(self.low), None if self.bounds[1] is None else self.ends_at(self.bounds[1])


@dataclass(frozen=True, slots=True)
class Budget:
    """How many misses the whole period may have, how many there were, and how fast they are used up.

    ``burn`` is misses so far over what the volume so far allows: above 1 the target will be missed at this pace.
    Null where the target allows none.
    """

    allowed: Decimal
    used: Decimal
    burn: Decimal | None

    @property
    def left(self) -> Decimal:
        return self.allowed - self.used


def budget(course: Course, *, scale: Decimal) -> Budget | None:
    """Return the budget of misses in events ("missed calls left this month"); null where the best has no bound.

    ``scale`` is what one event of one unit of volume comes to on the KPI's scale: 100 for ``100 * hits / offered``.
    """
    if course.best is None:
        return None
    with localcontext(EXACT):
        gap, missed = abs(course.best - course.target), abs(course.best - course.value)
        allowed = QUOTIENT.divide(gap * (course.volume + course.remaining), scale)
        used = QUOTIENT.divide(missed * course.volume, scale)
        burn = QUOTIENT.divide(missed, gap) if gap and course.volume else None
    return Budget(allowed, used, burn)


def lost_on(course: Course, rate: Decimal, coming: Iterable[tuple[date, Decimal]]) -> date | None:
    """Return the day at whose end the target is out of reach if the rest runs at ``rate``; null where it stays in.

    ``coming`` are the days still to come in order, each with the volume expected of it.
    """
    if course.best is None:
        return None
    sign = 1 if course.direction is Direction.HIGHER else -1
    with localcontext(EXACT):
        short = course.target * (course.volume + course.remaining) - course.value * course.volume
        reserve = sign * (course.best * course.remaining - short)
        passed = Decimal(0)
        for day, volume in coming:
            passed += volume
            if sign * (course.best - rate) * passed > reserve:
                return day
    return None


def chance(rate: Decimal, needed: Decimal, deviation: Decimal, days: int, direction: Direction) -> Decimal | None:
    """Return the chance (0–1, 4 decimals) that ``days`` more days at ``rate`` keep what is ``needed``.

    ``deviation`` is the standard deviation from day to day. P = Φ((p̂ − r*) / (sd/√days)), the other way round where
    low is good: an approximation that takes the days as independent and of similar volume.
    """
    if days <= 0 or direction not in (Direction.HIGHER, Direction.LOWER):
        return None
    ahead = rate - needed if direction is Direction.HIGHER else needed - rate
    if not deviation:
        return Decimal(1) if ahead >= 0 else Decimal(0)
    error = float(deviation) / days**0.5
    return to_answer(Decimal(repr(NormalDist().cdf(float(ahead) / error))))
