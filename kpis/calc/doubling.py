"""The doubling test (mathematics §2.1): does a formula add up over centres and days the way its kind says?

Two identical centres are merged, and two identical days; the formula is evaluated on each and compared with
one centre and one day. A ratio must stay, a sum must double twice, an end-of-day figure only over centres.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from kpis.calc.expressions import Name
from kpis.calc.facts import Rollup
from kpis.calc.formula import Formula

Multipliers = tuple[Fraction, Fraction]
"""By how much the figure grows with (twice the centres, twice the days)."""

RATIO, SUM, LAST, LENGTH_DEPENDENT = (
    (Fraction(centres), Fraction(days)) for centres, days in ((1, 1), (2, 2), (2, 1), (1, 2))
)

FLOW_OVER_STOCK = "flow_over_end_stock"
EXPECTED: dict[str, tuple[Multipliers, ...]] = {
    "ratio_of_sums": (RATIO,),
    "nps": (RATIO,),
    "person_time_rate": (RATIO,),
    "stock_ratio_last": (RATIO,),
    # A flow over an end stock depends on the period's length unless it is multiplied by the calendar days. The
    # regulator's complaint rate does so by definition: allowed when this kind is asked for, never chosen for anybody.
    FLOW_OVER_STOCK: (RATIO, LENGTH_DEPENDENT),
    "sum": (SUM,),
    "last": (LAST,),
    "time_average": (LAST,),
}
DEFAULT_KIND = "ratio_of_sums"

_PERCENTILE = re.compile(r"percentile:([1-9][0-9]?(?:\.[0-9]{1,2})?)\Z")
_CENTRES_TIMES = {Rollup.ADDITIVE: 2, Rollup.STOCK: 2, Rollup.CALENDAR: 1}
_DAYS_TIMES = {Rollup.ADDITIVE: 2, Rollup.STOCK: 1, Rollup.CALENDAR: 2}
_SAMPLES = ((1009, 211), (50021, 1303), (700001, 4001))
"""(start, step) of the synthetic values: far apart, so that differences do not vanish by accident."""


@dataclass(frozen=True, slots=True)
class RollupRefusal:
    """Why a formula does not fit its kind.

    ``code`` is one of no_measure, unknown_aggregation, histogram_in_formula, percentile_needs_histogram,
    no_multiplier, wrong_rollup. ``expected`` and ``found`` are the multipliers; ``fitting`` names kinds that fit.
    """

    code: str
    aggregation: str
    expected: tuple[Multipliers, ...] = ()
    found: Multipliers | None = None
    fitting: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RollupCheck:
    """A formula that passed: its kind, its multipliers (null for percentiles)."""

    aggregation: str
    found: Multipliers | None

    @property
    def depends_on_length(self) -> bool:
        """Whether only periods of the same length may be compared."""
        return self.found == LENGTH_DEPENDENT


def percentile_of(aggregation: str) -> str | None:
    """Return ``"90"`` of ``percentile:90``, or null for a kind that is no percentile."""
    match = _PERCENTILE.match(aggregation)
    return match[1] if match else None


def check(formula: Formula, rollups: Mapping[str, Rollup], aggregation: str | None) -> RollupCheck | RollupRefusal:
    """Hold a formula against its kind of aggregation; with none given, choose the kind that fits.

    ``rollups`` must name every measure of the formula. The length-dependent kind is never chosen, only accepted.
    """
    kind = aggregation or DEFAULT_KIND
    refusal = _structure_refusal(formula, rollups, kind)
    if refusal:
        return refusal
    if percentile_of(kind):
        return RollupCheck(kind, None)
    found = multipliers(formula, rollups)
    if found is None:
        return RollupRefusal("no_multiplier", kind, EXPECTED[kind], None, (), formula.measures)
    if found in EXPECTED[kind] and (kind != FLOW_OVER_STOCK or _is_flow_over_stock(formula, rollups)):
        return RollupCheck(kind, found)
    fitting = fitting_kinds(formula, rollups, found)
    if aggregation is None and fitting and found != LENGTH_DEPENDENT:
        return RollupCheck(fitting[0], found)
    return RollupRefusal("wrong_rollup", kind, EXPECTED[kind], found, fitting, formula.measures)


def _structure_refusal(formula: Formula, rollups: Mapping[str, Rollup], kind: str) -> RollupRefusal | None:
    """Refuse what can be seen without evaluating: no measure, unknown kind, histograms out of place."""
    histograms = tuple(code for code in formula.measures if rollups[code] is Rollup.HISTOGRAM)
    is_one_histogram = bool(histograms) and isinstance(formula.tree, Name)
    if not formula.measures:
        return RollupRefusal("no_measure", kind)
    if percentile_of(kind):
        if not is_one_histogram:
            return RollupRefusal("percentile_needs_histogram", kind, measures=formula.measures)
        return None
    if kind not in EXPECTED:
        return RollupRefusal("unknown_aggregation", kind, fitting=(*EXPECTED, "percentile:90"))
    if histograms:
        fitting = ("percentile:90",) if is_one_histogram else ()
        return RollupRefusal("histogram_in_formula", kind, fitting=fitting, measures=histograms)
    return None


def multipliers(formula: Formula, rollups: Mapping[str, Rollup]) -> Multipliers | None:
    """Return by how much the figure grows with twice the centres and twice the days.

    Null where there is no such number: terms that add up differently, a constant beside measures, or a
    formula that is zero or undefined whatever is reported.
    """
    by_centres = _growth(formula, rollups, _CENTRES_TIMES)
    by_days = _growth(formula, rollups, _DAYS_TIMES)
    return None if by_centres is None or by_days is None else (by_centres, by_days)


def _growth(formula: Formula, rollups: Mapping[str, Rollup], times: Mapping[Rollup, int]) -> Fraction | None:
    """Return the factor that is the same for every sample, or null."""
    factors = set()
    for start, step in _SAMPLES:
        one = {code: start + step * index * index for index, code in enumerate(formula.measures)}
        two = {code: value * times[rollups[code]] for code, value in one.items()}
        before, after = formula.exact(one), formula.exact(two)
        if before is None or after is None or before[0] == 0:
            return None
        factors.add(Fraction(*after) / Fraction(*before))
    return factors.pop() if len(factors) == 1 else None


def fitting_kinds(formula: Formula, rollups: Mapping[str, Rollup], found: Multipliers) -> tuple[str, ...]:
    """Return the kinds whose multipliers are ``found``, the most likely one for these measures first."""
    used = {rollups[code] for code in formula.measures}
    if found == RATIO:
        if Rollup.STOCK not in used:
            return ("ratio_of_sums", "person_time_rate", "nps")
        return ("stock_ratio_last",) if used == {Rollup.STOCK} else (FLOW_OVER_STOCK,)
    if found == SUM:
        return ("sum",)
    if found == LAST:
        return ("last",) if used == {Rollup.STOCK} else ("time_average",)
    if found == LENGTH_DEPENDENT and _is_flow_over_stock(formula, rollups):
        return (FLOW_OVER_STOCK,)
    return ()


def _is_flow_over_stock(formula: Formula, rollups: Mapping[str, Rollup]) -> bool:
    """Say whether a count of the period and an end-of-day stock are held against each other."""
    return {Rollup.STOCK, Rollup.ADDITIVE} <= {rollups[code] for code in formula.measures}
