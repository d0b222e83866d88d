"""The days of many KPIs at once, as their surveillance takes them, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from kpis.calc.approximate import approximate
from kpis.calc.facts import Direction, KpiRule, PeriodKind
from kpis.calc.formula import parse
from kpis.calc.imputation import is_weighted
from kpis.calc.periods import Period
from kpis.calc.surveillance import Day, Shape, unusual_days
from kpis.queries.definitions import Definition
from kpis.queries.figures import Figures
from kpis.queries.paces import DaySums, Window
from kpis.queries.pooled import PeriodFacts
from kpis.queries.relief import Relief, load_relief
from kpis.queries.series import Series, World
from kpis.queries.spans import ONE_DAY

PERCENT = Decimal(100)
Key = tuple[int | None, int | None, date, date]


def shape_of(rule: KpiRule) -> Shape:
    """Say whether a KPI is a share of its volume (0 to 100 %) or a mean."""
    return Shape.SHARE if rule.bounds == (0, PERCENT) else Shape.MEAN


def scale_of(rule: KpiRule) -> float:
    """Return what a share is multiplied by to be the KPI's value."""
    return 100.0 if shape_of(rule) is Shape.SHARE else 1.0


def watched_series(world: World) -> list[Series]:
    """Return the series whose days can be watched: a quotient of counts, once for each contract, queue and KPI.

    Where a KPI has targets of several periods, the monthly one stands for it.
    """
    found: dict[tuple[int, int | None, int], Series] = {}
    for series in sorted(world.series, key=lambda row: (row.kind is not PeriodKind.MONTH, row.id)):
        if series.contract is not None and series.versions:
            rule = world.definitions.on(series.kpi, world.today_of(series.contract)).rule
            if rule.direction is not Direction.INFO and is_weighted(rule):
                found.setdefault((series.contract, series.queue, series.kpi), series)
    return sorted(found.values(), key=lambda row: row.id)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A series and the half-open days to be read of it."""

    series: Series
    start: date
    end: date


class DayReader:
    """Reads stretches of days from figures, of which those that are missing are read once."""

    def __init__(self, world: World, figures: Figures, stretches: Sequence[Stretch]) -> None:
        self._world = world
        self._facts: dict[Key, PeriodFacts] = {}
        self._unusual: dict[Key, frozenset[date]] = {}
        self._sums: dict[tuple[Any, ...], DaySums] = {}
        self._figures, self._relief = figures, Relief()
        if stretches:
            queues = {span.queue for one in stretches for span in world.spans_of(one.series)}
            start, end = min(one.start for one in stretches), max(one.end for one in stretches)
            measures = {code for one in stretches for code in parse(self.definition(one).rule.formula).measures}
            self._figures = figures.since(start, end, queues, measures)
            self._relief = load_relief(queues, [(start, end)])

    def definition(self, one: Stretch) -> Definition:
        """Return the arithmetic its days are computed with: that of its last day."""
        return self._world.definitions.on(one.series.kpi, one.end - ONE_DAY)

    def days(self, one: Stretch) -> list[Day]:
        """Return the days of which something was reported and that had volume, in order."""
        definition = self.definition(one)
        formula = parse(definition.rule.formula)
        parts, counting = self._facts_of(one).parts_of_kpi(definition.channel, formula.measures)
        key = (*self._key(one), *counting)
        if key not in self._sums:
            self._sums[key] = DaySums(parts, Window(one.start, (one.end - one.start).days))
        sums, counts = self._sums[key].of(formula.measures)
        values = approximate(formula, sums, len(counts))
        volumes = approximate(formula.denominator, sums, len(counts)) if formula.denominator else []
        scale = scale_of(definition.rule)
        return [
            Day(day, value / scale * volume, volume)
            for day, value, volume, count in zip(_dates(one.start, one.end), values, volumes, counts, strict=True)
            if count and volume > 0
        ]

    def unusual(self, one: Stretch) -> frozenset[date]:
        """Return holidays, the days after long ones, and days of approved external factors."""
        key = self._key(one)
        if key not in self._unusual:
            spans = self._world.spans_of(one.series)
            holidays = {day for closed in {span.closed for span in spans} for day in closed}
            around = {day for day in holidays if one.start - 7 * ONE_DAY <= day < one.end}
            self._unusual[key] = unusual_days(around) | self._relief.dates_of({span.queue for span in spans})
        return self._unusual[key]

    def _key(self, one: Stretch) -> Key:
        return one.series.contract, one.series.queue, one.start, one.end

    def _facts_of(self, one: Stretch) -> PeriodFacts:
        key = self._key(one)
        if key not in self._facts:
            period = Period(PeriodKind.DAY, one.start, one.end)
            self._facts[key] = PeriodFacts(self._world.spans_of(one.series), self._figures, period)
        return self._facts[key]


@lru_cache(maxsize=64)
def _dates(start: date, end: date) -> tuple[date, ...]:
    return tuple(start + place * ONE_DAY for place in range((end - start).days))


def touched(months: Iterable[date], start: date, end: date) -> bool:
    """Say whether one of these months, named by their first days, may hold a day of ``[start, end)``."""
    return any(start.replace(day=1) <= month < end for month in months)
