"""How far a sampled figure may be off: Wilson for proportions, the variance of P − D for NPS (mathematics §4.11)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from kpis.calc.aggregation import PeriodFigure
from kpis.calc.facts import Direction, KpiRule, TargetRule
from kpis.calc.formula import parse

Z = Decimal("1.96")
_PERCENT_OF = re.compile(r"\s*100\s*\*")


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval on the KPI's own scale; ``half_width`` is what people read as "± 4.2 points"."""

    low: Decimal
    high: Decimal
    half_width: Decimal


def wilson(share: Decimal, n: Decimal) -> Interval:
    """Return the Wilson interval of a share (0–1) of ``n`` cases, as shares."""
    square = Z * Z
    scale = 1 + square / n
    centre = (share + square / (2 * n)) / scale
    half = Z * (share * (1 - share) / n + square / (4 * n * n)).sqrt() / scale
    return Interval(max(centre - half, Decimal(0)), min(centre + half, Decimal(1)), half)


def nps_half_width(promoters: Decimal, detractors: Decimal, n: Decimal) -> Decimal:
    """Return the 95 % half-width of a net promoter score in points: 1.96·100·√((p + d − (p − d)²) / n)."""
    p, d = promoters / n, detractors / n
    return Z * 100 * max((p + d - (p - d) ** 2) / n, Decimal(0)).sqrt()


def interval_of(rule: KpiRule, figure: PeriodFigure) -> Interval | None:
    """Return the 95 % interval of a sampled KPI; None for a census, and for means, whose spread is not reported.

    A proportion is recognised by its formula ``100 * hits / cases``; NPS by its aggregation.
    """
    if not rule.sampled or figure.value is None or figure.volume <= 0:
        return None
    if rule.aggregation == "nps":
        return _nps_interval(rule, figure, figure.value)
    share = figure.value / 100
    if rule.aggregation != "ratio_of_sums" or not _PERCENT_OF.match(rule.formula) or not 0 <= share <= 1:
        return None
    interval = wilson(share, figure.volume)
    return Interval(100 * interval.low, 100 * interval.high, 100 * interval.half_width)


def is_uncertain(interval: Interval, target: TargetRule, direction: Direction) -> bool:
    """Say whether the interval holds the target, so that chance alone could turn the result."""
    if direction is Direction.INFO:
        return False
    if direction in (Direction.LOWER, Direction.ZERO):
        return interval.low <= target.target < interval.high
    upper = target.target_upper if direction is Direction.BAND else None
    return interval.low < target.target <= interval.high or (
        upper is not None and interval.low <= upper < interval.high
    )


def _nps_interval(rule: KpiRule, figure: PeriodFigure, value: Decimal) -> Interval | None:
    codes = parse(rule.formula).measures
    if len(codes) != 3:
        return None
    promoters, detractors, cases = (Decimal(figure.sums[code]) for code in codes)  # type: ignore[arg-type]
    if cases <= 0 or min(promoters, detractors) < 0 or promoters + detractors > cases:
        return None
    half = nps_half_width(promoters, detractors, cases)
    return Interval(value - half, value + half, half)
