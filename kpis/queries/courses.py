"""Open periods under way: what is still to come of each, and at what pace its queues have run lately."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from kpis.calc.daytable import QueueRows
from kpis.calc.facts import Direction, KpiRule, PeriodKind
from kpis.calc.formula import parse
from kpis.calc.imputation import is_weighted
from kpis.calc.periods import Period
from kpis.calc.projection import Course
from kpis.queries.definitions import Definition
from kpis.queries.figures import Figures
from kpis.queries.paces import DaySums, Pace, Window
from kpis.queries.pooled import PeriodFacts
from kpis.queries.series import Series, World
from kpis.queries.spans import ONE_DAY, QueueSpan

RECENT = timedelta(days=28)
"""The pace is that of four of each weekday."""
ONE_SIDED = (Direction.HIGHER, Direction.LOWER)


@dataclass(frozen=True, slots=True)
class OpenPeriod:
    """One series in a period that is not over: its figure so far, not rounded, and what it is held against."""

    series: Series
    period: Period
    value: Decimal
    volume: Decimal
    target: Decimal


@dataclass(frozen=True)
class Ahead:
    """A period's course, and what its rest will bring if its queues run on as they did for four weeks.

    ``rate`` is the pace matched by weekday, null where too few days say; ``coming`` are the days to come with the
    volume to expect of each, ``queue_days`` how many queue-days they are.
    """

    course: Course
    rate: Decimal | None
    coming: tuple[tuple[date, Decimal], ...]
    queue_days: int
    pace: Pace

    @cached_property
    def deviation(self) -> Decimal | None:
        """How far single days stray from the pace of their weekday; worked out only where it is asked for."""
        return self.pace.deviation()


def ahead(world: World, figures: Figures, periods: Sequence[OpenPeriod]) -> dict[tuple[int, date], Ahead]:
    """Return what is ahead of these periods, by series and start; those without a rate of the rest are left out.

    ``figures`` are what was read before; what they lack of the last four weeks is read once, whatever the number of
    periods.
    """
    definitions = {_key(one): world.definitions.on(*_key(one)) for one in periods}
    with_a_rate = {key: found for key, found in definitions.items() if _has_a_rate(found.rule)}
    wanted = [one for one in periods if _key(one) in with_a_rate]
    if not wanted:
        return {}
    reader = _Reader(world, _recent_figures(world, figures, wanted, with_a_rate.values()), with_a_rate)
    return {(one.series.id, one.period.start): reader.read(one) for one in wanted}


def _key(one: OpenPeriod) -> tuple[int, date]:
    """Return the KPI and the day that say by which definition a period is judged."""
    return one.series.kpi, one.period.start


def _has_a_rate(rule: KpiRule) -> bool:
    return rule.direction in ONE_SIDED and is_weighted(rule)


def _recent_figures(
    world: World, figures: Figures, wanted: Sequence[OpenPeriod], definitions: Iterable[Definition]
) -> Figures:
    queues = {span.queue for one in wanted for span in world.spans_of(one.series)}
    ranges = [_recent(today) for today in {world.today_of(one.series.contract) for one in wanted}]
    measures = {code for found in definitions for code in parse(found.rule.formula).measures}
    return figures.covering(min(first for first, _end in ranges), max(end for _first, end in ranges), queues, measures)


def _recent(today: date) -> tuple[date, date]:
    """Return the days that say something about the pace; what is reported of today is no longer to come."""
    return today - RECENT, today + ONE_DAY


class _Reader:
    """The last four weeks of some queues, and the calendars of what is to come; both are shared by their KPIs."""

    def __init__(self, world: World, figures: Figures, definitions: Mapping[tuple[int, date], Definition]) -> None:
        self.world, self.figures, self.definitions = world, figures, definitions
        self._facts: dict[tuple[int | None, int | None], PeriodFacts] = {}
        self._coming: dict[Any, list[tuple[date, int]]] = {}
        self._sums: dict[tuple[int | None, int | None, tuple[int, ...]], DaySums] = {}

    def read(self, one: OpenPeriod) -> Ahead:
        definition = self.definitions[_key(one)]
        start, end = _recent(self.world.today_of(one.series.contract))
        rule, formula = definition.rule, parse(definition.rule.formula)
        facts = self._recent_facts(one.series, start, end)
        parts, counting = facts.parts_of_kpi(definition.channel, formula.measures)
        window = Window(start, (end - start).days)
        pace = Pace(formula, self._sums_of(one.series, counting, parts, window), window)
        open_days = self._open_days(one, counting, parts)
        coming = tuple((day, pace.volume_of(day, queues)) for day, queues in open_days)
        remaining = sum((volume for _day, volume in coming), Decimal(0))
        course = Course(one.value, one.volume, remaining, one.target, rule.direction, rule.bounds)
        return Ahead(course, pace.rate_of(coming), coming, sum(queues for _day, queues in open_days), pace)

    def _sums_of(self, series: Series, counting: Sequence[int], parts: Sequence[QueueRows], window: Window) -> DaySums:
        key = (series.contract, series.queue, tuple(counting))
        if key not in self._sums:
            self._sums[key] = DaySums(parts, window)
        return self._sums[key]

    def _recent_facts(self, series: Series, start: date, end: date) -> PeriodFacts:
        key = (series.contract, series.queue)
        if key not in self._facts:
            spans = self.world.spans_of(series)
            self._facts[key] = PeriodFacts(spans, self.figures, Period(PeriodKind.DAY, start, end))
        return self._facts[key]

    def _open_days(
        self, one: OpenPeriod, counting: Collection[int], parts: Sequence[QueueRows]
    ) -> list[tuple[date, int]]:
        """Return the days of the period still to come, with the number of queues that are open."""
        key = (one.series.contract, one.series.queue, tuple(counting), one.period.end)
        if key not in self._coming:
            spans = [span for span in self.world.spans_of(one.series) if span.queue in counting]
            todays = {span.today for span in spans}
            reported = {(part.queue, day) for part in parts for day in part.dates[-1:] if day in todays}
            found: dict[date, int] = defaultdict(int)
            for span in spans:
                for day in _days_to_come(span, one.period):
                    if (span.queue, day) not in reported:
                        found[day] += 1
            self._coming[key] = sorted(found.items())
        return self._coming[key]


def _days_to_come(span: QueueSpan, period: Period) -> list[date]:
    start, end = max(period.start, span.start, span.today), min(period.end, span.end)
    days = (start + timedelta(days=number) for number in range(max(0, (end - start).days)))
    return [day for day in days if span.is_open(day) and day not in span.excused]
