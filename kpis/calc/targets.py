"""Targets that change inside a period: each version weighs by what happened while it held (design §4.7).

T̄ = Σ T_m·D_m / Σ D_m by the denominator; sums weigh by days, and so does a change inside a month that is known by
its total alone; stocks and percentiles take the last version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext

from kpis.calc.aggregation import aggregate, measures_of
from kpis.calc.coverage import Expected
from kpis.calc.daytable import DayTable, as_table
from kpis.calc.facts import KpiRule, QueueDay, Rollup, TargetRule
from kpis.calc.formula import parse
from kpis.calc.periods import Period
from kpis.calc.rounding import EXACT, QUOTIENT

LEVELS = ("target", "target_upper", "minimum", "minimum_upper", "stretch")


@dataclass(frozen=True, slots=True)
class TargetSlice:
    """One target version on the days ``[start, end)`` of a period, and the weight it has there."""

    rule: TargetRule
    start: date
    end: date
    weight: Decimal


def slices_of(
    rule: KpiRule,
    targets: Sequence[TargetRule],
    days: DayTable | Iterable[QueueDay],
    expected: Expected,
    period: Period,
) -> tuple[TargetSlice, ...]:
    """Cut the period at the dates its target changes and weigh every version; the days before any are left out."""
    spans = []
    for target in sorted(targets, key=lambda one: one.valid_from or date.min):
        start = max(period.start, target.valid_from or period.start)
        end = min(period.end, target.valid_until or period.end)
        if start < end:
            spans.append((target, start, end))
    if len(spans) == 1:
        return (TargetSlice(spans[0][0], spans[0][1], spans[0][2], Decimal(1)),)
    if takes_last(rule):
        last = len(spans) - 1
        return tuple(TargetSlice(*span, Decimal(int(i == last))) for i, span in enumerate(spans))
    table = as_table(days)
    slices = [_weighed(rule, span, table, expected, period) for span in spans]
    if slices and (not any(one.weight for one in slices) or _cuts_a_total(slices, table)):
        # Nothing has happened yet, or nobody knows when: what counts is how long each version holds.
        slices = [replace(one, weight=Decimal((one.end - one.start).days)) for one in slices]
    return tuple(slices)


def _weighed(
    rule: KpiRule, span: tuple[TargetRule, date, date], table: DayTable, expected: Expected, period: Period
) -> TargetSlice:
    target, start, end = span
    if parse(rule.formula).denominator is None:
        return TargetSlice(target, start, end, Decimal((end - start).days))
    figure = aggregate(rule, table, expected, Period(period.kind, start, end))
    return TargetSlice(target, start, end, max(figure.volume, Decimal(0)))


def _cuts_a_total(slices: Sequence[TargetSlice], table: DayTable) -> bool:
    """Say whether a version begins inside a month of which only the total is known."""
    totals = {table.dates[i] for i in table.month_rows}
    return any(one.start.day != 1 and one.start.replace(day=1) in totals for one in slices)


def takes_last(rule: KpiRule) -> bool:
    """Say whether the KPI is held against the last version alone: stocks and percentiles cannot be weighed."""
    groups = measures_of(rule)
    return bool(groups[Rollup.STOCK] or groups[Rollup.HISTOGRAM])


def blend(slices: Sequence[TargetSlice]) -> TargetRule | None:
    """Return the period's effective target: levels weighed and not rounded, everything else of the last version.

    A level that some version lacks is weighed over those that have it. None where there is no version.
    """
    counting = [one for one in slices if one.weight > 0]
    if not counting:
        return None
    if len(counting) == 1:
        return counting[0].rule
    levels = {name: _mean([(getattr(one.rule, name), one.weight) for one in counting]) for name in LEVELS}
    return replace(counting[-1].rule, **levels)  # type: ignore[arg-type]


def _mean(pairs: list[tuple[Decimal | None, Decimal]]) -> Decimal | None:
    known = [(level, weight) for level, weight in pairs if level is not None]
    if not known:
        return None
    if len({level for level, _ in known}) == 1:
        return known[0][0]
    with localcontext(EXACT):
        weighted = sum((level * weight for level, weight in known), Decimal(0))
        total = sum((weight for _, weight in known), Decimal(0))
    return QUOTIENT.divide(weighted, total)
