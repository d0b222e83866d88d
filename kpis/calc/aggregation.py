"""Pooled figures: the formula of the sums, for any period and any group of queues (design §4.1-4.4).

Two halves that may be used apart: :func:`tally` makes partial sums of some queue-days, :func:`merge` joins
them in any order, :func:`figure_of` turns them into the period's figure. :func:`aggregate` is both at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal, localcontext

from kpis.calc.coverage import Coverage, Expected, Months, Reported, coverage_of
from kpis.calc.daytable import DayTable, as_table
from kpis.calc.facts import Edges, KpiRule, MissingDays, Number, PeriodKind, QueueDay, Rollup, Value
from kpis.calc.formula import parse
from kpis.calc.percentiles import earlier, of_last_edges, percentile
from kpis.calc.periods import Period
from kpis.calc.rounding import EXACT
from vendors.calc.months import month_after

_SHORT = (PeriodKind.DAY, PeriodKind.WEEK)


@dataclass(frozen=True, slots=True)
class Imputation:
    """How unreported days were counted in: at what level, how many, with how much volume."""

    policy: MissingDays
    level: Decimal
    days: int
    added_volume: Decimal
    value_before: Decimal
    clamped: bool = False
    """True where the level would have made the figure better, so that it was left as it was."""


@dataclass(frozen=True, slots=True)
class PeriodFigure:
    """What a KPI comes to in one period, not rounded and not yet held against a target.

    ``volume`` is the formula's denominator without its constants, or the queue-days counted where it has
    none. ``n`` is what the minimum volume counts. ``missing`` names the first unreported open queue-days.
    ``edges`` are those of the buckets in ``sums``, for a percentile.
    """

    value: Decimal | None
    volume: Decimal
    n: Decimal
    sums: Mapping[str, Number | tuple[int, ...]]
    days_expected: int
    days_reported: int
    missing: tuple[tuple[int, date], ...]
    missing_count: int
    has_reported: bool
    month_rows: bool
    flags: tuple[str, ...] = ()
    imputation: Imputation | None = None
    edges: Edges | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Partial sums of one KPI over some queue-days of one period; tallies of disjoint queue-days can be merged."""

    sums: Mapping[str, Number | tuple[int, ...]] = field(default_factory=dict)
    stocks: Mapping[int, tuple[date, Mapping[str, Number]]] = field(default_factory=dict)
    """By queue: the last complete day, and what stood there that evening."""
    days: Reported = field(default_factory=dict)
    """Complete days by queue."""
    months: Months = frozenset()
    """Complete month totals as (queue, first of the month)."""
    n: Number | None = None
    edges: Edges | None = None
    """What the buckets of a histogram mean."""
    is_mixed: bool = False
    """Whether days were left out because their buckets have earlier edges."""


def measures_of(rule: KpiRule) -> dict[Rollup, tuple[str, ...]]:
    """Return the measures the KPI's formula names, grouped by roll-up; one without a roll-up is additive."""
    groups = rule.derived.get("measures")
    if groups is None:
        found: dict[Rollup, list[str]] = {kind: [] for kind in Rollup}
        for code in parse(rule.formula).measures:
            found[Rollup(rule.rollups.get(code, Rollup.ADDITIVE))].append(code)
        groups = rule.derived["measures"] = {kind: tuple(codes) for kind, codes in found.items()}
    return groups


def aggregate(rule: KpiRule, days: DayTable | Iterable[QueueDay], expected: Expected, period: Period) -> PeriodFigure:
    """Return the pooled figure of a KPI for a period and the queues in ``expected``.

    ``expected`` gives every queue's open days up to the as-of day; what lies outside the period is ignored,
    in ``days`` too. A queue-day counts only when every measure of the formula is reported (calendar measures
    are supplied here); month totals count in months and longer periods.
    """
    table = _table_of(days, period)
    rows = _complete(rule, table)
    sums = _tally(rule, table, rows)
    if rows is None and not sums.is_mixed:
        return _figure(rule, sums, table.covered(expected, period.start, period.end))
    return figure_of(rule, sums, expected, period)


def tally(rule: KpiRule, days: DayTable | Iterable[QueueDay], period: Period) -> Tally:
    """Sum up the complete queue-days of the period, exactly; see :func:`aggregate`."""
    table = _table_of(days, period)
    return _tally(rule, table, _complete(rule, table))


def _table_of(days: DayTable | Iterable[QueueDay], period: Period) -> DayTable:
    return as_table(days).within(period.start, period.end, with_months=period.kind not in _SHORT)


def _tally(rule: KpiRule, table: DayTable, rows: list[int] | None) -> Tally:
    groups = measures_of(rule)
    edges, is_mixed = None, False
    if rule.edges:
        edges, rows, is_mixed = of_last_edges(rule.edges, table.dates, rows)
    with localcontext(EXACT):
        sums: dict[str, Number | tuple[int, ...]] = {code: _sum(table, code, rows) for code in groups[Rollup.ADDITIVE]}
        for code in groups[Rollup.HISTOGRAM]:
            sums[code] = _bucket_sums(_picked(table, code, rows))
        return Tally(
            sums=sums,
            stocks=_last_stocks(table, groups[Rollup.STOCK], rows),
            days=table.days_by_queue(rows),
            months=table.months(rows),
            n=_count_of_minimum(rule, table, groups, rows),
            edges=edges,
            is_mixed=is_mixed,
        )


def _sum(table: DayTable, code: str, rows: list[int] | None) -> Number:
    return sum(_picked(table, code, rows)) if rows is not None else table.total(code) or 0  # type: ignore[arg-type]


def merge(one: Tally, other: Tally) -> Tally:
    """Join the partial sums of two disjoint sets of queue-days; the order never matters.

    Buckets of different edges are not joined: those of the later edges are kept, and the whole is marked as mixed.
    """
    if one.edges and other.edges and one.edges != other.edges:
        return replace(one if other.edges == earlier(one.edges, other.edges) else other, is_mixed=True)
    with localcontext(EXACT):
        return Tally(
            sums={code: _added(one.sums.get(code), other.sums.get(code)) for code in {**one.sums, **other.sums}},
            stocks=_later_stocks(one.stocks, other.stocks),
            days={q: one.days.get(q, frozenset()) | other.days.get(q, frozenset()) for q in {**one.days, **other.days}},
            months=one.months | other.months,
            n=other.n if one.n is None else one.n + (other.n or 0),
            edges=one.edges or other.edges,
            is_mixed=one.is_mixed or other.is_mixed,
        )


def figure_of(rule: KpiRule, sums: Tally, expected: Expected, period: Period) -> PeriodFigure:
    """Turn partial sums that cover the period into its figure."""
    return _figure(rule, sums, coverage_of(sums.days, sums.months, expected, period.start, period.end))


def _figure(rule: KpiRule, sums: Tally, covered: Coverage) -> PeriodFigure:
    flags = ["month_rows"] if sums.months else []
    if measures_of(rule)[Rollup.STOCK] and any(
        days and queue not in sums.stocks for queue, days in covered.open_days.items()
    ):
        flags.append("incomplete_stock")
    if sums.is_mixed:
        flags.append("mixed_edges")
    values = _values(rule, sums, covered.reported)
    counted = covered.counted
    value, volume = _evaluated(rule, values, counted, flags, sums.edges) if counted else (None, Decimal(0))
    return PeriodFigure(
        value=value,
        volume=volume,
        n=volume if sums.n is None else Decimal(sums.n),
        sums=values,
        days_expected=covered.days_expected,
        days_reported=covered.days_expected - covered.missing_count,
        missing=covered.missing,
        missing_count=covered.missing_count,
        has_reported=counted > 0,
        month_rows=bool(sums.months),
        flags=tuple(flags),
        edges=sums.edges,
    )


def formula_value(
    rule: KpiRule, values: Mapping[str, Number | tuple[int, ...]], edges: Edges | None
) -> tuple[Decimal | None, bool]:
    """Evaluate the KPI over its sums: the value, None on division by zero, and whether it is beyond the last edge.

    ``edges`` are those of a percentile's buckets.
    """
    formula = parse(rule.formula)
    if rule.aggregation.startswith("percentile:"):
        share = Decimal(rule.aggregation.partition(":")[2])
        return percentile(values[formula.measures[0]], edges.bounds, share)  # type: ignore[arg-type, union-attr]
    with localcontext(EXACT):
        return formula.evaluate(values), False  # type: ignore[arg-type]


def _evaluated(
    rule: KpiRule, values: Mapping[str, Number | tuple[int, ...]], counted: int, flags: list[str], edges: Edges | None
) -> tuple[Decimal | None, Decimal]:
    value, beyond = formula_value(rule, values, edges)
    if beyond:
        flags.append("above_last_edge")
    return value, _volume(rule, values, counted)


def _volume(rule: KpiRule, values: Mapping[str, Number | tuple[int, ...]], counted: int) -> Decimal:
    formula = parse(rule.formula)
    if rule.aggregation.startswith("percentile:"):
        return Decimal(sum(values[formula.measures[0]]))  # type: ignore[arg-type]
    if formula.denominator is None:
        return Decimal(counted)
    return formula.denominator.evaluate(values) or Decimal(0)  # type: ignore[arg-type]


def _complete(rule: KpiRule, table: DayTable) -> list[int] | None:
    """Return the rows where every measure is there (calendar ones are supplied here); None where that is all rows."""
    groups = measures_of(rule)
    gaps = [table.column(code) for code in groups[Rollup.ADDITIVE] if table.total(code) is None]
    columns = [table.column(code) for kind in (Rollup.STOCK, Rollup.HISTOGRAM) for code in groups[kind]]
    gaps += [column for column in columns if None in column]
    if not gaps:
        return None
    return [i for i, row in enumerate(zip(*gaps, strict=True)) if None not in row]


def _picked(table: DayTable, code: str, rows: list[int] | None) -> Sequence[Value | None]:
    column = table.column(code)
    return column if rows is None else [column[i] for i in rows]


def _bucket_sums(histograms: Sequence[Value | None]) -> tuple[int, ...]:
    return tuple(sum(bucket) for bucket in zip(*histograms, strict=True))


def _last_stocks(
    table: DayTable, codes: Sequence[str], rows: list[int] | None
) -> dict[int, tuple[date, dict[str, Number]]]:
    last: dict[int, tuple[date, int]] = {}
    for i in (range(len(table)) if rows is None else rows) if codes else ():
        # A month total stands at the end of its month.
        day = month_after(table.dates[i]) - timedelta(days=1) if i in table.month_rows else table.dates[i]
        if table.queues[i] not in last or day > last[table.queues[i]][0]:
            last[table.queues[i]] = (day, i)
    return {queue: (day, {code: table.column(code)[i] for code in codes}) for queue, (day, i) in last.items()}  # type: ignore[misc]


def _count_of_minimum(
    rule: KpiRule, table: DayTable, groups: Mapping[Rollup, Sequence[str]], rows: list[int] | None
) -> Number | None:
    """Sum the measure that the minimum volume counts; None leaves that to the denominator."""
    code = rule.min_measure
    if not code or code in groups[Rollup.STOCK] or code in groups[Rollup.HISTOGRAM]:
        return None
    values = [value for value in _picked(table, code, rows) if value is not None]
    return sum(values) if values else None  # type: ignore[arg-type]


def _added(one: Value | None, other: Value | None) -> Value:
    if not one or not other:
        return one or other or (one if one is not None else 0)
    if isinstance(one, tuple):
        return tuple(a + b for a, b in zip(one, other, strict=True))  # type: ignore[arg-type]
    return one + other  # type: ignore[operator]


def _later_stocks(
    one: Mapping[int, tuple[date, Mapping[str, Number]]], other: Mapping[int, tuple[date, Mapping[str, Number]]]
) -> dict[int, tuple[date, Mapping[str, Number]]]:
    joined = dict(one)
    for queue, stock in other.items():
        if queue not in joined or stock[0] > joined[queue][0]:
            joined[queue] = stock
    return joined


def _values(rule: KpiRule, sums: Tally, reported: Reported) -> dict[str, Number | tuple[int, ...]]:
    groups = measures_of(rule)
    values = dict(sums.sums)
    if groups[Rollup.STOCK]:
        with localcontext(EXACT):
            for code in groups[Rollup.STOCK]:
                values[code] = sum((stock[code] for _, stock in sums.stocks.values()), 0)
    if groups[Rollup.CALENDAR]:
        calendar_days = len(frozenset().union(*reported.values()))
        values.update(dict.fromkeys(groups[Rollup.CALENDAR], calendar_days))
    return values
