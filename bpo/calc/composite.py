"""The total of a scorecard: weighted scores, what a missing KPI does, plus and minus points (mathematics §4.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from kpis.calc.rounding import EXACT, to_answer

HUNDRED = Decimal(100)
LOW_COVERAGE = Decimal(70)
"""Below this share of weight with a score of its own, a total is only provisional (mathematics §0.7)."""
DOMINANT = Decimal(50)
"""More effective weight than this on one line is worth a warning."""


class Treatment(StrEnum):
    """What a line without a score does to the total."""

    RENORMALISE = "renormalise"
    ZERO = "zero"
    MINIMUM = "minimum"
    FULL = "full"


DEFAULT_POLICY: Mapping[str, str] = {
    "no_volume": Treatment.RENORMALISE,
    "client_caused": Treatment.RENORMALISE,
    "not_judged": Treatment.RENORMALISE,
    "carried": Treatment.RENORMALISE,
    "no_data": Treatment.ZERO,
}


@dataclass(frozen=True, slots=True)
class CompositeLine:
    """A weighted line. ``cause`` says why ``score`` is None: no_volume, no_data, client_caused, not_judged, carried.

    An ``is_extra`` line counts beside the weights as agreed: what the month before carried to this one.
    """

    key: str
    weight: Decimal
    score: Decimal | None
    cause: str = ""
    minimum_score: Decimal = Decimal(60)
    is_extra: bool = False


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Plus or minus points beside the weighted lines, at most ``cap`` either way (None: no limit)."""

    key: str
    points: Decimal
    cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LineResult:
    """A line in the total: ``weight`` of 100 as agreed, ``effective_weight`` of 100 as counted, and its points.

    ``score`` is the one that counted, made up by ``treatment`` where the line had none; a line that was taken
    out has neither score nor points and an effective weight of 0.
    """

    key: str
    score: Decimal | None
    weight: Decimal
    effective_weight: Decimal
    points: Decimal | None
    treatment: Treatment | None


@dataclass(frozen=True, slots=True)
class Composite:
    """The total before gates (None where no line counts), its parts, and what people should be warned of.

    ``coverage`` is the percentage of weight with a score of its own; ``weight_sum`` the weights as agreed.
    ``warnings``: weights_not_100, low_coverage, ``dominant:KEY``.
    """

    score: Decimal | None
    lines: tuple[LineResult, ...]
    adjustments: tuple[Adjustment, ...]
    coverage: Decimal
    weight_sum: Decimal
    warnings: tuple[str, ...]


def compose(
    lines: Sequence[CompositeLine],
    adjustments: Sequence[Adjustment] = (),
    policy: Mapping[str, str] | None = None,
) -> Composite:
    """Return the total: Σ effective weight × score ÷ 100, then the capped plus and minus points, floor 0.

    ``policy`` maps a cause to a :class:`Treatment`; causes it does not name follow :data:`DEFAULT_POLICY`, and
    an unknown cause counts as zero. Weights are positive and need not sum to 100. Answers carry 4 decimals.
    """
    rules = {**DEFAULT_POLICY, **(policy or {})}
    treatments = [None if line.score is not None else Treatment(rules.get(line.cause, "zero")) for line in lines]
    capped = tuple(Adjustment(one.key, _capped(one), one.cap) for one in adjustments)
    with localcontext(EXACT):
        weight_sum = sum((line.weight for line in lines if not line.is_extra), Decimal(0))
        counted = _sum_where(lines, [treatment is not Treatment.RENORMALISE for treatment in treatments])
        scored = _sum_where(lines, [line.score is not None for line in lines])
        exact = [_points(line, treatment, counted) for line, treatment in zip(lines, treatments, strict=True)]
        total = sum((points for points in exact if points is not None), Decimal(0))
        total = max(total + sum((one.points for one in capped), Decimal(0)), Decimal(0))
        results = tuple(
            _result(line, treatment, points, weight_sum, counted)
            for line, treatment, points in zip(lines, treatments, exact, strict=True)
        )
        coverage = min(to_answer(HUNDRED * scored / weight_sum), HUNDRED) if weight_sum else Decimal(0)
    score = to_answer(total) if counted else None
    return Composite(score, results, capped, coverage, weight_sum, _warnings(results, coverage, weight_sum))


def _capped(adjustment: Adjustment) -> Decimal:
    if adjustment.cap is None:
        return adjustment.points
    return max(-adjustment.cap, min(adjustment.points, adjustment.cap))


def _sum_where(lines: Sequence[CompositeLine], chosen: Sequence[bool]) -> Decimal:
    return sum((line.weight for line, is_in in zip(lines, chosen, strict=True) if is_in), Decimal(0))


def _score(line: CompositeLine, treatment: Treatment | None) -> Decimal | None:
    if treatment is None:
        return line.score
    made_up = {Treatment.ZERO: Decimal(0), Treatment.MINIMUM: line.minimum_score, Treatment.FULL: HUNDRED}
    return made_up.get(treatment)


def _points(line: CompositeLine, treatment: Treatment | None, counted: Decimal) -> Decimal | None:
    score = _score(line, treatment)
    return None if score is None else line.weight * score / counted


def _result(
    line: CompositeLine, treatment: Treatment | None, points: Decimal | None, weight_sum: Decimal, counted: Decimal
) -> LineResult:
    score = _score(line, treatment)
    return LineResult(
        key=line.key,
        score=None if score is None else to_answer(score),
        weight=to_answer(HUNDRED * line.weight / weight_sum),
        effective_weight=to_answer(HUNDRED * line.weight / counted) if score is not None else to_answer(0),
        points=None if points is None else to_answer(points),
        treatment=treatment,
    )


def _warnings(results: Sequence[LineResult], coverage: Decimal, weight_sum: Decimal) -> tuple[str, ...]:
    warnings = []
    if results and weight_sum != HUNDRED:
        warnings.append("weights_not_100")
    if results and coverage < LOW_COVERAGE:
        warnings.append("low_coverage")
    warnings += [f"dominant:{result.key}" for result in results if result.effective_weight > DOMINANT]
    return tuple(warnings)
