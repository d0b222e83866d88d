"""One target series day by day: what each day came to, what was missing, and what its weekday lets expect."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from kpis.calc.aggregation import PeriodFigure, aggregate
from kpis.calc.facts import KpiRule, PeriodKind
from kpis.calc.formula import parse
from kpis.calc.imputation import is_weighted
from kpis.calc.periods import Period
from kpis.calc.rounding import round_value
from kpis.calc.surveillance import R_LIMIT, WINDOW, Baseline, Day, Shape, learn, unusual_days
from kpis.queries.definitions import Definition
from kpis.queries.figures import Figures
from kpis.queries.pooled import PeriodFacts
from kpis.queries.relief import Relief
from kpis.queries.series import Series, World
from kpis.queries.spans import ONE_DAY, QueueSpan

PERCENT = Decimal(100)


@dataclass(frozen=True, slots=True)
class DayPoint:
    """One day: ``value`` as reported and ``adjusted`` without what approved external factors take out, both rounded.

    ``low`` and ``high`` are the limits within which its weekday's past lets it stay; ``expected`` and ``reported``
    count its queue-days.
    """

    date: date
    value: Decimal | None
    adjusted: Decimal | None
    volume: Decimal
    expected: int
    reported: int
    low: Decimal | None = None
    high: Decimal | None = None

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
    scale: Decimal

    @property
    def weekdays(self) -> list[Decimal] | None:
        """The usual value of Monday to Sunday; null without a baseline."""
        if self.baseline is None:
            return None
        return [_decimal(value, self.scale).quantize(Decimal("0.1")) for value in self.baseline.by_weekday]


class DailyReader:
    """Reads days of one series from figures that hold twelve weeks more than its period."""

    def __init__(self, world: World, series: Series, period: Period) -> None:
        self.world, self.series, self.period = world, series, period
        self.definition: Definition = world.definitions.on(series.kpi, period.start)
        self.spans: list[QueueSpan] = world.spans_of(series)
        self._whole = Period(PeriodKind.DAY, period.start - WINDOW, period.end)
        wanted = [(series, self._whole)]
        self.figures: Figures = world.load_figures(wanted)
        self.relief: Relief = world.load_relief(wanted)
        self.measures = world.measures_of(wanted)

    @property
    def rule(self) -> KpiRule:
        return self.definition.rule

    def course(self, decimals: int) -> Course:
        """Return the days of the period that have begun, each with its limits where there is a baseline."""
        unusual = self._unusual()
        baseline = self._baseline(unusual)
        today = self.world.today_of(self.series.contract)
        days = [day for day in self.period.dates() if day <= today]
        points = [self._point(day, decimals, baseline, unusual) for day in days]
        return Course(points, baseline, unusual, self._scale())

    def _facts(self, day: date) -> PeriodFacts:
        return PeriodFacts(self.spans, self.figures, Period(PeriodKind.DAY, day, day + ONE_DAY))

    def figure_of(self, facts: PeriodFacts) -> PeriodFigure:
        """Return what these facts come to, not rounded."""
        measures = parse(self.rule.formula).measures
        return aggregate(self.rule, *facts.of_kpi(self.definition.channel, measures), facts.period)

    def adjusted_figure(self, spans: Sequence[QueueSpan], facts: PeriodFacts) -> PeriodFigure:
        """Return what the facts of these queues come to without what approved external factors take out."""
        without = self.relief.facts_of(spans, self.figures, facts.period, self.measures) if self.relief else None
        relieved = without.of_kpi(self.rule) if without else None
        return self.figure_of(relieved.facts if relieved else facts)

    def _point(self, day: date, decimals: int, baseline: Baseline | None, unusual: Collection[date]) -> DayPoint:
        facts = self._facts(day)
        gross = self.figure_of(facts)
        adjusted = self.adjusted_figure(self.spans, facts).value
        low, high = self._limits(day, gross, baseline) if day not in unusual else (None, None)
        return DayPoint(
            day,
            _rounded(gross.value, decimals),
            _rounded(adjusted, decimals),
            gross.volume,
            gross.days_expected,
            gross.days_reported,
            low,
            high,
        )

    def _scale(self) -> Decimal:
        """Return what a share is multiplied by to be the KPI's value: 100 for per cent, else 1."""
        return PERCENT if self._shape() is Shape.SHARE else Decimal(1)

    def _shape(self) -> Shape:
        bounds = self.rule.bounds
        return Shape.SHARE if bounds[0] == 0 and bounds[1] == PERCENT else Shape.MEAN

    def _baseline(self, unusual: Collection[date]) -> Baseline | None:
        if not is_weighted(self.rule):
            return None
        before = (self.period.start - WINDOW + timedelta(days=n) for n in range(WINDOW.days))
        days = list(self._days(before))
        return learn(days, until=self.period.start, shape=self._shape(), left_out=unusual)

    def _days(self, dates: Iterator[date]) -> Iterator[Day]:
        for day in dates:
            figure = self.figure_of(self._facts(day))
            if figure.value is not None and figure.volume:
                value = figure.value / self._scale()
                yield Day(day, float(value * figure.volume), float(figure.volume))

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
            _within(_decimal(p - reach, self._scale()), low, high),
            _within(_decimal(p + reach, self._scale()), low, high),
        )

    def _unusual(self) -> frozenset[date]:
        """Return holidays, the days after long ones, and days on which an approved factor took something out."""
        closed = {day for span in self.spans for day in span.closed}
        around = {day for day in closed if self._whole.start <= day < self._whole.end}
        return unusual_days(around) | self.relief.dates


def by_queue(reader: DailyReader, decimals: int) -> Sequence[tuple[str, Decimal | None, Decimal]]:
    """Return the code, adjusted value and volume of each queue of a pooled series in its period."""
    found = []
    for code in sorted({span.queue_code for span in reader.spans}):
        spans = [span for span in reader.spans if span.queue_code == code]
        figure = reader.adjusted_figure(spans, PeriodFacts(spans, reader.figures, reader.period))
        found.append((code, _rounded(figure.value, decimals), figure.volume))
    return found


def _rounded(value: Decimal | None, decimals: int) -> Decimal | None:
    return None if value is None else round_value(value, decimals)


def _decimal(value: float, scale: Decimal) -> Decimal:
    return (Decimal(repr(value)) * scale).quantize(Decimal("0.01"))


def _within(value: Decimal, low: Decimal | None, high: Decimal | None) -> Decimal:
    value = value if low is None else max(value, low)
    return value if high is None else min(value, high)
