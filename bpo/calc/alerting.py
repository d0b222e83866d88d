"""When something is worth an alert, how grave it is, and when a settled one comes back: plain rules, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import IntEnum, StrEnum

from kpis.calc.comparison import is_within
from kpis.calc.facts import Direction
from kpis.calc.run_rate import Outcome

HEAVY = Decimal(15)
"""From this share of the contract's weight (%) on, an alert is one degree graver."""
STEP = Decimal(5)
"""A settled alert comes back when the attainment has fallen by so many points more."""
OPENS_UNDER, CLOSES_FROM = Decimal("0.30"), Decimal("0.50")
"""The chance of making it under which a projection is raised, and from which it is taken back: between the two it
stays as it is, so that it does not come and go every day."""
SMALL_CHANCE = Decimal("0.10")


class Severity(IntEnum):
    """How grave it is: worth a look, a warning, critical."""

    CAUTION = 0
    WARNING = 1
    CRITICAL = 2


class Turn(StrEnum):
    """What becomes of an alert when its condition is looked at again."""

    OPEN = "open"
    REOPEN = "reopen"
    WORSEN = "worsen"
    FOLLOW = "follow"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Held:
    """A condition that holds: how grave, how bad in steps, and of which period (a text that names it)."""

    severity: Severity
    step: int
    occasion: str


def graver(severity: Severity, degrees: int = 1) -> Severity:
    """Return a severity so many degrees up, at most critical."""
    return Severity(min(severity + degrees, Severity.CRITICAL))


def severity_of(base: Severity, weight_share: Decimal | None) -> Severity:
    """Return the severity of a KPI's alert: one degree up where the KPI carries much of the contract's weight (%)."""
    return graver(base) if weight_share is not None and weight_share >= HEAVY else base


def steps_below(attainment: Decimal | None) -> int:
    """Return how many steps an attainment lies below 100; 0 where there is none."""
    if attainment is None or attainment >= 100:
        return 0
    return int(((100 - attainment) / STEP).to_integral_value(ROUND_FLOOR))


def turn(held: Held, *, before: Held | None, is_settled: bool) -> Turn:
    """Say what becomes of the alert of a condition that holds now.

    ``before`` is how the alert stood that was raised when the condition began (null: none was). Where people have
    settled it, it comes back only for another period, or when it got worse by a step.
    """
    if before is None:
        return Turn.OPEN
    is_worse = held.step > before.step or held.severity > before.severity
    is_another = held.occasion != before.occasion
    if is_settled:
        return Turn.REOPEN if is_another or held.step > before.step else Turn.LEAVE
    if is_worse and not is_another:
        return Turn.WORSEN
    return Turn.FOLLOW


def will_miss(outcome: Outcome | None, chance: Decimal | None, *, was_raised: bool) -> bool:
    """Say whether a projection is worth an alert: out of reach, or too small a chance."""
    if outcome is Outcome.OUT_OF_REACH:
        return True
    if outcome is Outcome.CLINCHED or chance is None:
        return False
    return chance < (CLOSES_FROM if was_raised else OPENS_UNDER)


def projection_step(outcome: Outcome | None, chance: Decimal | None) -> int:
    """Return how bad a projection is in steps: unlikely, very unlikely, out of reach."""
    if outcome is Outcome.OUT_OF_REACH:
        return 2
    return 1 if chance is not None and chance < SMALL_CHANCE else 0


def misses(value: Decimal, level: Decimal | None, direction: Direction) -> bool:
    """Say whether a projected value reaches a level; an absent level is reached."""
    return not is_within(value, level, None, direction)


def shares(weights: Mapping[int, Decimal | None]) -> dict[int, Decimal | None]:
    """Return each weight as a share (%) of all of them; null where there is none."""
    total = sum((weight for weight in weights.values() if weight), Decimal(0))
    return {key: 100 * weight / total if weight and total else None for key, weight in weights.items()}
