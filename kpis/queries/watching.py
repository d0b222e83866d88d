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
from kpis.calc.imputation import is_sum, is_weighted
from kpis.calc.periods import Period
from kpis.calc.surveillance import Day, Shape, unusual_days
from kpis.queries.definitions import Definition
from kpis.queries.figures import Figures
from kpis.queries.paces import DaySums, Window
from kpis.queries.pooled import PeriodFacts
from kpis.queries.relief import Relief, load_relief
from kpis.queries.series import Series, World
from kpis.queries.spans import ONE_DAY, QueueSpan

PERCENT = Decimal(100)
EVENTS = "count"
Key = tuple[int | None, int | None, date, date]


def shape_of(rule: KpiRule) -> Shape:
    """Say whether a KPI is a share of its volume (0 to 100 %), a mean, or a count of events."""
    if parse(rule.formula).denominator is None:
        return Shape.COUNT
    return Shape.SHARE if rule.bounds == (0, PERCENT) else Shape.MEAN


def scale_of(rule: KpiRule) -> float:
    """Return what a share is multiplied by to be the KPI's value."""
    return 100.0 if shape_of(rule) is Shape.SHARE else 1.0


def watched_series(world: World) -> list[Series]:
    """Return the series whose days can be watched: a quotient or a count, once for each contract, queue and KPI.

    Of plain sums those count that tolerate nothing or little, such as complaints; not money, which is no number of
    events. Where a KPI has targets of several periods, the monthly one stands for it.
    """
    found: dict[tuple[int, int | None, int], Series] = {}
    for series in sorted(world.series, key=lambda row: (row.kind is not PeriodKind.MONTH, row.id)):
        if series.contract is not None and series.versions:
            definition = world.definitions.on(series.kpi, world.today_of(series.contract))
            rule = definition.rule
            if rule.direction is not Direction.INFO and (is_weighted(rule) or _counts_events(definition)):
                found.setdefault((series.contract, series.queue, series.kpi), series)
    return sorted(found.values(), key=lambda row: row.id)


def _counts_events(definition: Definition) -> bool:
    return definition.unit == EVENTS and is_sum(definition.rule)


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
            self._figures = figures.covering(start, end, queues, measures)
            self._relief = load_relief(queues, [(start, end)])

    def definition(self, one: Stretch) -> Definition:
        """Return the arithmetic its days are computed with: that of its last day."""
        return self._world.definitions.on(one.series.kpi, one.end - ONE_DAY)

    def days(self, one: Stretch) -> list[Day]:
        """Return the days of which something was reported and that had volume, in order."""
        definition = self.definition(one)
        parts, counting = self._facts_of(one).parts_of_kpi(definition.channel, parse(definition.rule.formula).measures)
        key = (*self._key(one), *counting)
        if key not in self._sums:
            self._sums[key] = DaySums(parts, Window(one.start, (one.end - one.start).days))
        return _days(self._sums[key], definition.rule, one.start)

    def unusual(self, one: Stretch) -> frozenset[date]:
        """Return holidays, the days after long ones, and days of approved external factors."""
        key = self._key(one)
        if key not in self._unusual:
            self._unusual[key] = unusual_of(self._world.spans_of(one.series), self._relief, one.start, one.end)
        return self._unusual[key]

    def _key(self, one: Stretch) -> Key:
        return one.series.contract, one.series.queue, one.start, one.end

    def _facts_of(self, one: Stretch) -> PeriodFacts:
        key = self._key(one)
        if key not in self._facts:
            period = Period(PeriodKind.DAY, one.start, one.end)
            self._facts[key] = PeriodFacts(self._world.spans_of(one.series), self._figures, period)
        return self._facts[key]


def days_of(definition: Definition, facts: PeriodFacts) -> list[Day]:
    """Return the days of a period of which something was reported and that had volume, in order."""
    period, rule = facts.period, definition.rule
    parts, _counting = facts.parts_of_kpi(definition.channel, parse(rule.formula).measures)
    return _days(DaySums(parts, Window(period.start, period.length)), rule, period.start)


def _days(days: DaySums, rule: KpiRule, start: date) -> list[Day]:
    formula = parse(rule.formula)
    sums, counts = days.of(formula.measures)
    values = approximate(formula, sums, len(counts))
    volumes = approximate(formula.denominator, sums, len(counts)) if formula.denominator else [1.0] * len(counts)
    scale = scale_of(rule)
    dates = _dates(start, start + len(counts) * ONE_DAY)
    return [
        Day(day, value / scale * volume, volume)
        for day, value, volume, count in zip(dates, values, volumes, counts, strict=True)
        if count and volume > 0
    ]


def holidays_of(spans: Iterable[QueueSpan], start: date, end: date) -> frozenset[date]:
    """Return the closed days of these queues' calendars in ``[start, end)`` and the week before it."""
    closed = {day for days in {span.closed for span in spans} for day in days}
    return frozenset(day for day in closed if start - 7 * ONE_DAY <= day < end)


def unusual_of(spans: Sequence[QueueSpan], relief: Relief, start: date, end: date) -> frozenset[date]:
    """Return holidays, the days after long ones, and days on which something is taken out of these queues."""
    return unusual_days(holidays_of(spans, start, end)) | relief.dates_of({span.queue for span in spans})


@lru_cache(maxsize=64)
def _dates(start: date, end: date) -> tuple[date, ...]:
    return tuple(start + place * ONE_DAY for place in range((end - start).days))


def touched(months: Iterable[date], start: date, end: date) -> bool:
    """Say whether one of these months, named by their first days, may hold a day of ``[start, end)``."""
    return any(start.replace(day=1) <= month < end for month in months)
