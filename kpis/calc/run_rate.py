"""What is needed for the rest of a period to still reach its target (mathematics §4.7).

r* = (T·(D + Dr) − V·D) / Dr, on the KPI's own scale: V and D are its value and volume so far, Dr the volume
still to come, T the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from kpis.calc.facts import Direction
from kpis.calc.rounding import EXACT, QUOTIENT

Bounds = tuple[Decimal | None, Decimal | None]


class Outcome(StrEnum):
    """How a period stands: it needs a rate, nothing can spoil it any more, or nothing can save it."""

    NEEDED = "needed"
    CLINCHED = "clinched"
    OUT_OF_REACH = "out_of_reach"


@dataclass(frozen=True, slots=True)
class RunRate:
    """The rate the rest needs, and how the period stands by it."""

    rate: Decimal
    outcome: Outcome


def run_rate(
    value: Decimal, volume: Decimal, target: Decimal, remaining: Decimal, *, direction: Direction, bounds: Bounds
) -> RunRate | None:
    """Return what the remaining volume needs; null where nothing is to come or the KPI has no better side.

    ``bounds`` are the lowest and the highest value the KPI can take: a rate beyond them is out of reach, one
    that even the worst rest keeps is clinched.
    """
    if remaining <= 0 or direction not in (Direction.HIGHER, Direction.LOWER):
        return None
    with localcontext(EXACT):
        rate = QUOTIENT.divide(target * (volume + remaining) - value * volume, remaining)
    return RunRate(rate, _outcome(rate, direction, bounds))


def _outcome(rate: Decimal, direction: Direction, bounds: Bounds) -> Outcome:
    low, high = bounds
    # Rates, counts and durations are never negative, also where nobody set a lower bound.
    low = Decimal(0) if low is None else low
    if direction is Direction.HIGHER:
        if high is not None and rate > high:
            return Outcome.OUT_OF_REACH
        return Outcome.CLINCHED if rate <= low else Outcome.NEEDED
    if rate < low:
        return Outcome.OUT_OF_REACH
    return Outcome.CLINCHED if high is not None and rate >= high else Outcome.NEEDED
