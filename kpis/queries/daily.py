"""One target series day by day: what each day came to, what was missing, and what its weekday lets expect."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.calc.aggregation import PeriodFigure, aggregate, tally
from kpis.calc.decomposition import Part
from kpis.calc.facts import KpiRule, PeriodKind
from kpis.calc.formula import parse
from kpis.calc.imputation import is_weighted
from kpis.calc.periods import Period
from kpis.calc.rounding import round_value
from kpis.calc.surveillance import R_LIMIT, WINDOW, Baseline, Day, Shape, learn
from kpis.queries.definitions import Definition
from kpis.queries.figures import Figures
from kpis.queries.pooled import PeriodFacts
from kpis.queries.relief import Relief
from kpis.queries.series import Series, World
from kpis.queries.spans import ONE_DAY, QueueSpan
from kpis.queries.watching import days_of, holidays_of, scale_of, shape_of, unusual_of


@dataclass(frozen=True, slots=True)
class DayPoint:
    """One day: ``value`` as reported and ``adjusted`` without what approved external factors take out, both rounded.

    ``low`` and ``high`` are the limits within which its weekday's past lets it stay; ``expected`` and ``reported``
    count its queue-days, ``of_total`` those of the reported ones that are known as part of their month's total only.
    """

    date: date
    value: Decimal | None
    adjusted: Decimal | None
    volume: Decimal
    expected: int
    reported: int
    low: Decimal | None = None
    high: Decimal | None = None
    of_total: int = 0

    @property
    def is_missing(self) -> bool:
        return self.reported < self.expected

    @property
    def is_outside(self) -> bool:
        """Say whether it lies beyond its limits."""
        if self.value is None or self.low is None or self.high is None:
            return False
        return not self.low <= self.value <= self.high


@dataclass(frozen=True, slots=True)
class Course:
    """The days of a period in order, the baseline they are held against, and the days nobody expects to be usual."""

    points: list[DayPoint]
    baseline: Baseline | None
    unusual: frozenset[date]
    holidays: frozenset[date]
    scale: Decimal

    @property
    def weekdays(self) -> list[Decimal] | None:
        """The usual value of Monday to Sunday; null without a baseline."""
        if self.baseline is None:
            return None
        return [_decimal(value, self.scale).quantize(Decimal("0.1")) for value in self.baseline.by_weekday]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read for some series: a period with the twelve weeks before it."""

    whole: Period
    figures: Figures
    relief: Relief
    measures: Collection[str]


def load(world: World, series: Sequence[Series], period: Period) -> Loaded:
    """Read the figures and the relief of these series for a period and its past, in two queries."""
    whole = Period(PeriodKind.DAY, period.start - WINDOW, period.end)
    wanted = [(one, whole) for one in series]
    return Loaded(whole, world.load_figures(wanted), world.load_relief(wanted), world.measures_of(wanted))


class DailyReader:
    """One series day by day, of all its queues or of some (``queues``)."""

    def __init__(
        self,
        world: World,
        series: Series,
        period: Period,
        loaded: Loaded | None = None,
        queues: Collection[int] | None = None,
    ) -> None:
        loaded = loaded or load(world, [series], period)
        self.world, self.series, self.period = world, series, period
        self.definition: Definition = world.definitions.on(series.kpi, period.start)
        spans = world.spans_of(series)
        self.spans: list[QueueSpan] = [span for span in spans if queues is None or span.queue in queues]
        self._whole, self.figures, self.relief = loaded.whole, loaded.figures, loaded.relief
        self.measures = loaded.measures

    @property
    def rule(self) -> KpiRule:
        return self.definition.rule

    def course(self, decimals: int) -> Course:
        """Return the days of the period that have begun, each with its limits where there is a baseline."""
        baseline, unusual = self.usual()
        today = self.world.today_of(self.series.contract)
        days = [day for day in self.period.dates() if day <= today]
        totals = self._days_of_totals()
        points = [self._point(day, decimals, baseline, unusual, totals[day]) for day in days]
        return Course(
            points, baseline, unusual, holidays_of(self.spans, self._whole.start, self._whole.end), self.scale
        )

    def days(self) -> list[Day]:
        """Return the reported days of the period and of the twelve weeks before it, as surveillance takes them."""
        return days_of(self.definition, PeriodFacts(self.spans, self.figures, self._whole))

    def pooled(self, days: Sequence[date]) -> PeriodFigure:
        """Return what these consecutive days come to together, not rounded."""
        period = Period(PeriodKind.DAY, days[0], days[-1] + ONE_DAY)
        return self.figure_of(PeriodFacts(self.spans, self.figures, period))

    def usual(self) -> tuple[Baseline | None, frozenset[date]]:
        """Return the baseline of the days before the period, and the days that have no part in it."""
        unusual = self._unusual()
        return self._baseline(unusual), unusual

    def counted(self, period: Period, spans: Sequence[QueueSpan] | None = None) -> PeriodFacts:
        """Return the facts of a period that was read, without what approved external factors take out."""
        return self.relief.counted(spans or self.spans, self.figures, period, self.measures, self.rule)

    def value_with(self, factors: Collection[int]) -> Decimal | None:
        """Return the period's figure, not rounded, with only these factors' slices taken out."""
        relief = self.relief.of_factors(factors)
        return self.figure_of(relief.counted(self.spans, self.figures, self.period, self.measures, self.rule)).value

    def parts(self, period: Period) -> dict[str, Part]:
        """Return volume and value of each queue in a period that was read, without what approved factors take out."""
        found = {}
        for code in {span.queue_code for span in self.spans}:
            spans = [span for span in self.spans if span.queue_code == code]
            figure = self.figure_of(self.counted(period, spans))
            if figure.value is not None and figure.volume:
                found[code] = Part(figure.volume, figure.value)
        return found

    def figure_of(self, facts: PeriodFacts) -> PeriodFigure:
        """Return what these facts come to, not rounded."""
        measures = parse(self.rule.formula).measures
        return aggregate(self.rule, *facts.of_kpi(self.definition.channel, measures), facts.period)

    def _days_of_totals(self) -> Counter[date]:
        """Count, by day, the open queues of which the month's total is all there is."""
        measures = parse(self.rule.formula).measures
        facts = PeriodFacts(self.spans, self.figures, self.period)
        table, expected = facts.of_kpi(self.definition.channel, measures)
        months = tally(self.rule, table, self.period).months
        return Counter(day for queue in {queue for queue, _first in months} for day in expected.get(queue, ()))

    def _point(
        self, day: date, decimals: int, baseline: Baseline | None, unusual: Collection[date], of_total: int
    ) -> DayPoint:
        period = Period(PeriodKind.DAY, day, day + ONE_DAY)
        gross = self.figure_of(PeriodFacts(self.spans, self.figures, period))
        adjusted = self.figure_of(self.counted(period)).value if self.relief else gross.value
        low, high = self._limits(day, gross, baseline) if day not in unusual else (None, None)
        return DayPoint(
            day,
            _rounded(gross.value, decimals),
            _rounded(adjusted, decimals),
            gross.volume,
            gross.days_expected,
            gross.days_reported + of_total,
            low,
            high,
            of_total,
        )

    @property
    def scale(self) -> Decimal:
        """What a share is multiplied by to be the KPI's value: 100 for per cent, else 1."""
        return Decimal(scale_of(self.rule))

    def _baseline(self, unusual: Collection[date]) -> Baseline | None:
        if not is_weighted(self.rule):
            return None
        found = learn(self.days(), until=self.period.start, shape=shape_of(self.rule), left_out=unusual)
        # A mean that never strayed says nothing of how far it may.
        return found if found is not None and math.isfinite(found.spread) else None

    def _limits(
        self, day: date, figure: PeriodFigure, baseline: Baseline | None
    ) -> tuple[Decimal | None, Decimal | None]:
        if baseline is None or not figure.volume:
            return None, None
        p = baseline.expected(day)
        unit = (p * (1 - p)) ** 0.5 if baseline.shape is Shape.SHARE else 1.0
        reach = R_LIMIT * baseline.spread * unit / float(figure.volume) ** 0.5
        low, high = self.rule.bounds
        return (
            _within(_decimal(p - reach, self.scale), low, high),
            _within(_decimal(p + reach, self.scale), low, high),
        )

    def _unusual(self) -> frozenset[date]:
        return unusual_of(self.spans, self.relief, self._whole.start, self._whole.end)


def split_by(
    reader: DailyReader, part: Callable[[QueueSpan], str], decimals: int
) -> Sequence[tuple[str, Decimal | None, Decimal]]:
    """Return the code, adjusted value and volume of each part of a pooled series in its period.

    ``part`` says to which part a queue belongs: its own code, its channel.
    """
    groups: dict[str, list[QueueSpan]] = defaultdict(list)
    for span in reader.spans:
        groups[part(span)].append(span)
    found = []
    for code, spans in sorted(groups.items()):
        figure = reader.figure_of(reader.counted(reader.period, spans))
        found.append((code, _rounded(figure.value, decimals), figure.volume))
    return found


def _rounded(value: Decimal | None, decimals: int) -> Decimal | None:
    return None if value is None else round_value(value, decimals)


def _decimal(value: float, scale: Decimal) -> Decimal:
    return (Decimal(repr(value)) * scale).quantize(Decimal("0.01"))


def _within(value: Decimal, low: Decimal | None, high: Decimal | None) -> Decimal:
    value = value if low is None else max(value, low)
    return value if high is None else min(value, high)
