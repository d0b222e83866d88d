"""Where an open period is heading, as the facts of an alert."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from bpo.calc.alerting import misses, will_miss
from kpis.calc.facts import Direction
from kpis.calc.projection import Course, budget, chance, lost_on
from kpis.calc.run_rate import Outcome, RunRate
from kpis.queries.courses import Ahead

PERCENT = Decimal(100)
LESS, MORE = Decimal("0.8"), Decimal("1.2")


@dataclass(frozen=True, slots=True)
class Projection:
    """The end of a period as it looks now: its value, and what is still needed and possible."""

    ahead: Ahead
    value: Decimal
    needed: RunRate | None
    chance: Decimal | None

    @property
    def course(self) -> Course:
        return self.ahead.course

    @property
    def outcome(self) -> Outcome | None:
        return self.needed.outcome if self.needed else None

    @property
    def is_lost(self) -> bool:
        return self.outcome is Outcome.OUT_OF_REACH

    def facts(self, decimals: int) -> dict[str, Any]:
        """Return it as JSON-able values, values to ``decimals`` places and needed rates to the careful side."""
        course = self.course
        low, high = course.attainable()
        return {
            "projected": _rounded(self.value, decimals),
            "outcome": self.outcome.value if self.outcome else None,
            "needed": _careful(self.needed, decimals, course.direction),
            "needed_if_less": _careful(course.needed_if(course.remaining * LESS), decimals, course.direction),
            "needed_if_more": _careful(course.needed_if(course.remaining * MORE), decimals, course.direction),
            "lowest": _at_best(low, decimals, ROUND_CEILING) if self.is_lost else _rounded(low, decimals),
            "highest": _at_best(high, decimals, ROUND_FLOOR) if self.is_lost else _rounded(high, decimals),
            "pace": _rounded(self.ahead.rate, decimals),
            "chance": None if self.chance is None else f"{100 * self.chance:.0f}",
            "remaining_days": self.ahead.queue_days,
            "remaining_volume": _rounded(course.remaining, 0),
            "lost_on": self._lost_on(),
            **self._budget(),
        }

    def _lost_on(self) -> str | None:
        if self.ahead.rate is None or self.is_lost:
            return None
        day = lost_on(self.course, self.ahead.rate, self.ahead.coming)
        return day.isoformat() if day else None

    def _budget(self) -> dict[str, Any]:
        """Return the misses that are left, where the KPI is a share of cases: one miss is one case."""
        if self.course.bounds[1] != PERCENT:
            return {}
        found = budget(self.course, scale=PERCENT)
        if found is None:
            return {}
        left = found.left.to_integral_value(ROUND_FLOOR)
        burn = None if found.burn is None else _rounded(found.burn, 2)
        allowed, used = _rounded(found.allowed, 0), _rounded(found.used, 0)
        return {"misses_allowed": allowed, "misses": used, "misses_left": f"{left:f}", "burn": burn}


def projected(ahead: Ahead, *, was_raised: bool) -> Projection | None:
    """Return the projection of a period that is heading for a miss; null where it is not, or nobody can tell.

    ``was_raised`` says whether an alert says so already: it is taken back only once the chance is even again.
    """
    course = ahead.course
    if not course.remaining and ahead.queue_days:
        return None
    if not course.remaining:
        # The period is over and only settles: what stands is what comes out, unless something is corrected.
        missed = misses(course.value, course.target, course.direction)
        return Projection(ahead, course.value, None, None) if missed else None
    needed = course.needed
    value = course.value if ahead.rate is None else course.ends_at(ahead.rate)
    odds = _odds(ahead, needed, value)
    if not will_miss(needed.outcome if needed else None, odds, was_raised=was_raised):
        return None
    return Projection(ahead, value, needed, odds)


def _odds(ahead: Ahead, needed: RunRate | None, value: Decimal) -> Decimal | None:
    """Return the chance of making it; null where it is better than even, which needs no closer look."""
    course = ahead.course
    if needed is None or ahead.rate is None or not misses(value, course.target, course.direction):
        return None
    deviation = ahead.deviation
    if deviation is None:
        return None
    return chance(ahead.rate, needed.rate, deviation, len(ahead.coming), course.direction)


def _rounded(value: Decimal | None, decimals: int) -> str | None:
    return None if value is None else f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"


def _at_best(value: Decimal | None, decimals: int, way: str) -> str | None:
    """Round what is attainable away from a target it does not reach, so that it never reads as that target."""
    return None if value is None else f"{value.quantize(Decimal(1).scaleb(-decimals), way):f}"


def _careful(needed: RunRate | None, decimals: int, direction: Direction) -> str | None:
    if needed is None:
        return None
    way = ROUND_CEILING if direction is Direction.HIGHER else ROUND_FLOOR
    return f"{needed.rate.quantize(Decimal(1).scaleb(-decimals), way):f}"
