"""What an unreported open day counts as, so that nobody gains by leaving the worst day blank (design §4.3).

Each missing day is added with the median volume of that queue's same weekday, at the target's minimum level
or at nothing achieved: V' = (V·D + Σ m·dᵢ) / (D + Σ dᵢ). The result is never better than without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext

from kpis.calc.aggregation import Imputation, PeriodFigure, measures_of, tally
from kpis.calc.comparison import is_worse
from kpis.calc.coverage import Expected
from kpis.calc.daytable import Column, DayTable, as_table
from kpis.calc.facts import Direction, KpiRule, MissingDays, QueueDay, Rollup, TargetRule
from kpis.calc.formula import Formula, parse
from kpis.calc.periods import Period
from kpis.calc.rounding import EXACT, QUOTIENT

_LOW_IS_GOOD = (Direction.LOWER, Direction.ZERO)
Volumes = Mapping[int, list[tuple[date, Decimal]]]


def impute(
    figure: PeriodFigure,
    rule: KpiRule,
    days: DayTable | Iterable[QueueDay],
    expected: Expected,
    period: Period,
    *,
    policy: MissingDays,
    target: TargetRule,
    before: date,
) -> PeriodFigure:
    """Count the open days before ``before`` that were not reported, by the contract's policy.

    ``figure`` is what :func:`aggregate` answered for the same ``days``, ``expected`` and ``period``; ``before``
    is today less the grace days. Stocks, calendar figures and percentiles are left alone and flagged
    ``not_imputed``, as is a figure without any volume to go by.
    """
    value = figure.value
    if policy is MissingDays.EXCLUDE or value is None or rule.direction is Direction.INFO:
        return figure
    missing = _missing(rule, days, expected, period, before)
    if not missing:
        return figure
    flags = [*figure.flags]
    levels = _levels(policy, rule, target, flags)
    volumes = _added_volumes(rule, days, period, missing) if is_weighted(rule) else None
    if not levels or (volumes is None and not is_sum(rule)) or (volumes is not None and not sum(volumes)):
        return replace(figure, flags=(*flags, "not_imputed"))
    added = sum(volumes or (), Decimal(0))
    outcomes = [
        (with_missing(value, figure.volume, level, added, len(missing), figure.days_expected, rule), level)
        for level in levels
    ]
    outcome, level = _worst(outcomes, target, rule.direction)
    clamped = not is_worse(outcome, value, target, rule.direction)
    imputation = Imputation(policy, level, len(missing), added, value, clamped)
    return replace(figure, value=value if clamped else outcome, flags=(*flags, "imputed"), imputation=imputation)


def is_weighted(rule: KpiRule) -> bool:
    """Say whether the KPI is a quotient of additive measures, which missing days can be added to by volume."""
    return _is_additive(rule) and parse(rule.formula).denominator is not None


def is_sum(rule: KpiRule) -> bool:
    """Say whether the KPI is a plain sum of additive measures, nothing divided by a measure."""
    formula = parse(rule.formula)
    return _is_additive(rule) and formula.evaluate(dict.fromkeys(formula.measures, 0)) is not None


def with_missing(
    value: Decimal, volume: Decimal, level: Decimal, added: Decimal, days: int, days_expected: int, rule: KpiRule
) -> Decimal:
    """Return the figure with ``days`` missing days of ``added`` volume in all counted at ``level``.

    A sum has no volume: each missing day adds one day's share of the level.
    """
    with localcontext(EXACT):
        if is_sum(rule):
            return QUOTIENT.divide(value * days_expected + level * days, Decimal(days_expected))
        return QUOTIENT.divide(value * volume + level * added, volume + added)


def _is_additive(rule: KpiRule) -> bool:
    return all(kind is Rollup.ADDITIVE or not codes for kind, codes in measures_of(rule).items())


def _missing(
    rule: KpiRule, days: DayTable | Iterable[QueueDay], expected: Expected, period: Period, before: date
) -> list[tuple[int, date]]:
    sums = tally(rule, days, period)
    totals = {(queue, first.year, first.month) for queue, first in sums.months}
    return [
        (queue, day)
        for queue, open_days in expected.items()
        for day in sorted(open_days - sums.days.get(queue, frozenset()))
        if day in period and day < before and (queue, day.year, day.month) not in totals
    ]


def _levels(policy: MissingDays, rule: KpiRule, target: TargetRule, flags: list[str]) -> list[Decimal]:
    """Return the candidate levels of a missing day; a band has two, of which the worse one counts."""
    if policy is MissingDays.MINIMUM:
        sides = (target.minimum, target.minimum_upper if rule.direction is Direction.BAND else None)
        levels = [level for level in sides if level is not None]
        if levels:
            return levels
        flags.append("no_minimum_level")
    lowest = min(Decimal(0), rule.bounds[0]) if rule.bounds[0] is not None else Decimal(0)
    if rule.direction is Direction.HIGHER:
        return [lowest]
    highest = _worst_high(rule, target)
    return [lowest, highest] if rule.direction is Direction.BAND else [highest]


def _worst_high(rule: KpiRule, target: TargetRule) -> Decimal:
    """Nothing achieved where low is good: the upper bound, else twice the worst level. A sum's bound is no level."""
    if rule.bounds[1] is not None and not is_sum(rule):
        return rule.bounds[1]
    levels = (target.target, target.target_upper, target.minimum, target.minimum_upper)
    return 2 * max(level for level in levels if level is not None)


def _worst(
    outcomes: list[tuple[Decimal, Decimal]], target: TargetRule, direction: Direction
) -> tuple[Decimal, Decimal]:
    worst = outcomes[0]
    for outcome in outcomes[1:]:
        if is_worse(outcome[0], worst[0], target, direction):
            worst = outcome
    return worst


def _added_volumes(
    rule: KpiRule, days: DayTable | Iterable[QueueDay], period: Period, missing: list[tuple[int, date]]
) -> list[Decimal]:
    """Return each missing day's volume: the queue's median of that weekday, of any day, or that of all queues."""
    denominator = parse(rule.formula).denominator
    volumes = _daily_volumes(rule, as_table(days), period, denominator) if denominator else {}
    everyone = [volume for rows in volumes.values() for _, volume in rows]
    added = []
    for queue, day in missing:
        own = volumes.get(queue, [])
        same_weekday = [volume for other, volume in own if other.weekday() == day.weekday()]
        added.append(median(same_weekday or [volume for _, volume in own] or everyone))
    return added


def _daily_volumes(rule: KpiRule, table: DayTable, period: Period, denominator: Formula) -> Volumes:
    table = table.within(period.start, period.end, with_months=False)
    needed = [table.column(code) for code in parse(rule.formula).measures]
    columns: dict[str, Column] = {code: table.column(code) for code in denominator.measures}
    volumes: dict[int, list[tuple[date, Decimal]]] = {}
    figures = denominator.evaluate_columns(columns)  # type: ignore[arg-type]
    for queue, day, volume, *values in zip(table.queues, table.dates, figures, *needed, strict=True):
        if volume is not None and None not in values:
            volumes.setdefault(queue, []).append((day, volume))
    return volumes


def median(values: list[Decimal]) -> Decimal:
    """Return the middle value, the mean of the two middle ones, or 0 of none; exact."""
    if not values:
        return Decimal(0)
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
