"""Which of two values is better, and where a value stands against its levels (design §4.4)."""

from __future__ import annotations

from decimal import Decimal

from kpis.calc.facts import Direction, Status, TargetRule

_LOW_IS_GOOD = (Direction.LOWER, Direction.ZERO)


def level_status(value: Decimal, target: TargetRule, direction: Direction, *, beyond: bool = False) -> Status:
    """Say whether a rounded value is met, below the target or below the minimum.

    ``beyond`` marks a percentile in the open bucket: it is greater than ``value`` and nobody knows by how much,
    so that where low is good it reaches no level.
    """
    if direction is Direction.INFO or is_within(value, target.target, target.target_upper, direction, beyond):
        return Status.MET
    has_minimum = target.minimum is not None or (direction is Direction.BAND and target.minimum_upper is not None)
    if has_minimum and not is_within(value, target.minimum, target.minimum_upper, direction, beyond):
        return Status.BELOW_MINIMUM
    return Status.BELOW_TARGET


def is_within(
    value: Decimal, level: Decimal | None, upper: Decimal | None, direction: Direction, beyond: bool = False
) -> bool:
    """Say whether a value reaches a level, or lies inside ``[level, upper]`` for a band; an absent side is open."""
    if direction in _LOW_IS_GOOD:
        return level is None or (value <= level and not beyond)
    if direction is Direction.BAND and upper is not None and (value > upper or beyond):
        return False
    return level is None or value >= level


def is_worse(value: Decimal, other: Decimal, target: TargetRule, direction: Direction) -> bool:
    """Say whether ``value`` is strictly worse than ``other``: lower, higher, or further outside the target band."""
    if direction in _LOW_IS_GOOD:
        return value > other
    if direction is Direction.BAND:
        return _distance(value, target) > _distance(other, target)
    return value < other


def _distance(value: Decimal, target: TargetRule) -> Decimal:
    """How far a value lies outside the target band."""
    above = value - target.target_upper if target.target_upper is not None else Decimal(0)
    return max(target.target - value, above, Decimal(0))
