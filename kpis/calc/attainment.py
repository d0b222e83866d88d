"""Holding a figure against its target: rounded once, then compared, attained and scored (design §4.4-4.6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from kpis.calc.aggregation import PeriodFigure
from kpis.calc.comparison import level_status
from kpis.calc.facts import AttainmentMode, BelowMinimum, Direction, KpiRule, Status, TargetRule
from kpis.calc.intervals import interval_of, is_uncertain
from kpis.calc.periods import Period, is_settled
from kpis.calc.rounding import EXACT, round_value, to_answer
from kpis.calc.targets import TargetSlice, blend

FULL = Decimal(100)
BEYOND = "above_last_edge"
"""The flag of a percentile in the open bucket: more than its value, nobody knows how much."""
UNBOUNDED = Decimal(200)
"""What ``inverse`` answers at 0, where T/A has no value: as much as ``linear_lower`` gives there."""
DEFAULT_STEP = Decimal(100)
"""Points one incident costs under ``zero`` where the target names no step: all of them."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A figure held against its target.

    ``value`` is rounded; ``target`` and ``minimum`` are the effective levels of the period; ``attainment`` is
    never capped, ``score`` is; both carry 4 decimals and are None without data, volume or target. ``status``
    is None only where there is no target and nothing else to say. ``effective`` is the whole effective target.
    """

    value: Decimal | None
    target: Decimal | None
    minimum: Decimal | None
    attainment: Decimal | None
    score: Decimal | None
    status: Status | None
    flags: tuple[str, ...] = ()
    half_width: Decimal | None = None
    effective: TargetRule | None = None


def assess(
    figure: PeriodFigure,
    rule: KpiRule,
    target: TargetRule | Sequence[TargetSlice] | None,
    *,
    period: Period,
    today: date,
) -> Assessment:
    """Round a figure, compare it with its target and score it. ``today`` is the local date at the centre."""
    effective = target if isinstance(target, TargetRule) or target is None else blend(target)
    flags = list(figure.flags)
    if isinstance(target, Sequence) and len(target) > 1:
        flags.append("target_changed")
    goal, least = (effective.target, effective.minimum) if effective else (None, None)
    status = _state(figure, rule, period, today)
    if figure.value is None or status in (Status.NO_DATA, Status.NO_VOLUME):
        return Assessment(None, goal, least, None, None, status, tuple(flags), None, effective)
    interval = interval_of(rule, figure)
    half_width = to_answer(interval.half_width) if interval else None
    if effective is None:
        value = round_value(figure.value, rule.decimals)
        return Assessment(value, None, None, None, None, status, tuple(flags), half_width)
    value = round_value(figure.value, effective.decimals, effective.rounding)
    attainment, undefined = attainment_of(value, effective, rule.direction, beyond=BEYOND in flags)
    flags += undefined
    if interval and is_uncertain(interval, effective, rule.direction):
        flags.append("uncertain")
    return Assessment(
        value=value,
        target=goal,
        minimum=least,
        attainment=to_answer(attainment),
        score=to_answer(score_of(attainment, effective.cap)),
        status=status or _level(value, effective, rule, flags),
        flags=tuple(flags),
        half_width=half_width,
        effective=effective,
    )


def _state(figure: PeriodFigure, rule: KpiRule, period: Period, today: date) -> Status | None:
    """Return the first status that does not look at the target."""
    if not figure.has_reported:
        return Status.NO_DATA
    if figure.value is None:
        return Status.NO_VOLUME
    if not is_settled(period, today, rule.settle_days):
        return Status.PROVISIONAL
    return Status.LOW_VOLUME if figure.n < rule.min_volume else None


def _level(value: Decimal, effective: TargetRule, rule: KpiRule, flags: list[str]) -> Status:
    return level_status(value, effective, rule.direction, beyond=BEYOND in flags)


def score_of(attainment: Decimal, cap: Decimal | None) -> Decimal:
    """Return the score of an attainment: at most ``cap`` (None: no cap), at least 0."""
    return max(attainment if cap is None else min(attainment, cap), Decimal(0))


def attainment_of(
    value: Decimal, target: TargetRule, direction: Direction, *, beyond: bool = False
) -> tuple[Decimal, list[str]]:
    """Return the attainment of a rounded value on the 0–100 scale, never capped, and what must be said of it.

    Formulas in mathematics §4.1-4.3. Where a mode has no value (a target of 0 under ``ratio``, a missing level)
    a value that reaches the target answers 100 and any other 0, flagged ``mode_undefined``. ``beyond`` marks a
    percentile that is more than ``value``: where that is bad it is scored as the worst there is.
    """
    if beyond and direction in (Direction.LOWER, Direction.ZERO, Direction.BAND):
        return _worst(target), []
    with localcontext(EXACT):
        attainment = _MODES[target.mode](value, target)
    if attainment is None:
        is_met = level_status(value, target, direction) is Status.MET
        return (FULL if is_met else Decimal(0)), ["mode_undefined"]
    is_unbounded = target.mode is AttainmentMode.INVERSE and value <= 0 < target.target
    return attainment, (["unbounded"] if is_unbounded else [])


def _worst(target: TargetRule) -> Decimal:
    """Return what a value without end comes to: the last row of a points table, else nothing."""
    has_table = target.mode in (AttainmentMode.TIERS, AttainmentMode.ZERO)
    points = _tiers(Decimal("Infinity"), target) if has_table else None
    return Decimal(0) if points is None else points


def _ratio(value: Decimal, target: TargetRule) -> Decimal | None:
    return 100 * value / target.target if target.target > 0 else None


def _linear_lower(value: Decimal, target: TargetRule) -> Decimal | None:
    return max(Decimal(0), 100 * (2 - value / target.target)) if target.target > 0 else None


def _inverse(value: Decimal, target: TargetRule) -> Decimal | None:
    if target.target <= 0:
        return None
    return 100 * target.target / value if value > 0 else UNBOUNDED


def _complement(value: Decimal, target: TargetRule) -> Decimal | None:
    return 100 * (100 - value) / (100 - target.target) if target.target < 100 else None


def _interpolate(value: Decimal, target: TargetRule) -> Decimal | None:
    """Return mathematics §4.2; the signs cancel, so it serves both directions."""
    if target.minimum is None or target.minimum == target.target:
        return None
    span = target.target - target.minimum
    way = (value - target.minimum) / span
    if way < 0:
        slides = target.below_minimum is BelowMinimum.SLIDE
        return max(Decimal(0), target.score_at_minimum * (1 + way)) if slides else Decimal(0)
    if way < 1:
        return target.score_at_minimum + (target.score_at_target - target.score_at_minimum) * way
    if target.stretch is None:
        return target.score_at_target
    if target.stretch == target.target:
        return target.score_at_stretch
    further = min((value - target.target) / (target.stretch - target.target), Decimal(1))
    return target.score_at_target + (target.score_at_stretch - target.score_at_target) * further


def _tiers(value: Decimal, target: TargetRule) -> Decimal | None:
    """Return the points of the row the value lies in: rows are ``[from, next)``, an open row takes all below."""
    if not target.tiers:
        return None
    open_rows = [score for edge, score in target.tiers if edge is None]
    reached = [(edge, score) for edge, score in target.tiers if edge is not None and value >= edge]
    return max(reached)[1] if reached else (open_rows or [Decimal(0)])[0]


def _band(value: Decimal, target: TargetRule) -> Decimal | None:
    """Return 100 inside the band, falling to 0 at the outer band; without an outer level a cliff."""
    if value < target.target:
        return _slope(value, target.minimum, target.target)
    if target.target_upper is not None and value > target.target_upper:
        return _slope(value, target.minimum_upper, target.target_upper)
    return FULL


def _slope(value: Decimal, outer: Decimal | None, inner: Decimal) -> Decimal:
    if outer is None or outer == inner:
        return Decimal(0)
    return max(Decimal(0), 100 * (value - outer) / (inner - outer))


def _zero(value: Decimal, target: TargetRule) -> Decimal | None:
    """Return 100 less the points each incident above the target costs, or its row of the points table."""
    if target.tiers:
        return _tiers(value, target)
    step = DEFAULT_STEP if target.step is None else target.step
    return max(Decimal(0), 100 - step * max(value - target.target, Decimal(0)))


_MODES: dict[AttainmentMode, Callable[[Decimal, TargetRule], Decimal | None]] = {
    AttainmentMode.RATIO: _ratio,
    AttainmentMode.LINEAR_LOWER: _linear_lower,
    AttainmentMode.INVERSE: _inverse,
    AttainmentMode.COMPLEMENT: _complement,
    AttainmentMode.INTERPOLATE: _interpolate,
    AttainmentMode.TIERS: _tiers,
    AttainmentMode.BAND: _band,
    AttainmentMode.ZERO: _zero,
}
