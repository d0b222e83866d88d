"""How a contract's month stands, and what its rest needs: with rows that are not stored yet, or as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from statistics import median
from typing import Any

from kpis.calc.aggregation import PeriodFigure, aggregate
from kpis.calc.comparison import level_status
from kpis.calc.coverage import Expected
from kpis.calc.daytable import DayTable, QueueRows
from kpis.calc.facts import Direction, KpiRule, PeriodKind, QueueDay, Status, TargetRule, Value
from kpis.calc.formula import parse
from kpis.calc.imputation import is_weighted
from kpis.calc.judge import Judgement
from kpis.calc.periods import Period, period_of
from kpis.calc.rounding import round_value
from kpis.calc.run_rate import Outcome, RunRate, run_rate
from kpis.models import Kpi, Target
from kpis.queries.figures import Figures, load_figures
from kpis.queries.judging import judged
from kpis.queries.pooled import PeriodFacts
from kpis.queries.relief import Relief
from kpis.queries.series import Series, World
from kpis.queries.spans import QueueSpan
from vendors.models import Queue

HISTORY = timedelta(days=35)
"""What is looked back at for the volume of a weekday: five of each."""


@dataclass(frozen=True, slots=True)
class KpiOutlook:
    """One target of a contract: the latest day, the month so far, and what the rest needs."""

    kpi: Kpi
    queue: Queue | None
    unit: str
    decimals: int
    parameters: Mapping[str, Any]
    direction: Direction
    day: date
    day_value: Decimal | None
    month_value: Decimal | None
    volume: Decimal
    days_expected: int
    days_reported: int
    status: Status
    target: Decimal
    minimum: Decimal | None
    target_upper: Decimal | None = None
    """Where the target is a range, its upper end."""
    rate: Decimal | None = None
    """What the rest needs at least (lower is better: at most), rounded to the careful side."""
    outcome: Outcome | None = None
    remaining_days: int = 0
    remaining_volume: Decimal = Decimal(0)

    def as_dict(self) -> dict[str, Any]:
        """Return it for the API: decimals as strings."""
        return {
            "kpi": self.kpi.code,
            "queue": self.queue.code if self.queue else None,
            "date": self.day,
            "day_value": _text(self.day_value),
            "month_value": _text(self.month_value),
            "target": f"{self.target.normalize():f}",
            "status": self.status,
            "days_expected": self.days_expected,
            "days_reported": self.days_reported,
            "needed": _text(self.rate),
            "outcome": self.outcome,
            "remaining_days": self.remaining_days,
            "remaining_volume": f"{self.remaining_volume.normalize():f}",
        }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def outlooks(
    days: Mapping[int, date], *, now: datetime, changed: Collection[QueueDay] = ()
) -> dict[int, list[KpiOutlook]]:
    """Return, by contract, how the month of its day in ``days`` stands for each monthly target that has begun.

    ``changed`` are queue-days as they would be stored, laid over what is. A constant number of queries, whatever
    the number of contracts and targets.
    """
    if not days:
        return {}
    world = World(list(days), now=now)
    wanted = [
        (series, month)
        for series in world.series
        if series.kind is PeriodKind.MONTH and series.in_force(month := period_of(PeriodKind.MONTH, _day(series, days)))
    ]
    figures = _figures(world, wanted, changed)
    kpis = Kpi.objects.in_bulk({series.kpi for series, _month in wanted})
    named = Queue.objects.in_bulk({series.queue for series, _month in wanted if series.queue})
    found: dict[int, list[KpiOutlook]] = {contract: [] for contract in days}
    relief, measures = world.load_relief(wanted), world.measures_of(wanted)
    for series, month in wanted:
        reader = _Reader(world, series, figures, month, _day(series, days), relief=relief, measures=measures)
        found[series.contract or 0].append(reader.read(kpis[series.kpi], named.get(series.queue or 0)))
    return found


def outlook_of(
    world: World,
    series: Series,
    month: Period,
    day: date,
    *,
    figures: Figures,
    relief: Relief,
    measures: Collection[str],
    kpi: Kpi,
    queue: Queue | None,
) -> KpiOutlook:
    """Return how a month stands on ``day`` for one target, from what was read of it; no query.

    ``figures`` reach back :data:`HISTORY` before the month.
    """
    return _Reader(world, series, figures, month, day, relief=relief, measures=measures).read(kpi, queue)


def _day(series: Series, days: Mapping[int, date]) -> date:
    return days[series.contract or 0]


def _figures(world: World, wanted: Sequence[tuple[Series, Period]], changed: Collection[QueueDay]) -> Figures:
    queues = {span.queue for series, _month in wanted for span in world.spans_of(series)}
    measures = world.measures_of(wanted)
    ranges = {(month.start - HISTORY, month.end) for _series, month in wanted}
    return load_figures(queues, ranges, measures).with_days(changed, measures)


def _days(rows: QueueRows | None) -> Iterator[tuple[date, dict[str, Value | None]]]:
    """Yield what one queue reported, day by day."""
    if rows is not None:
        for place, day in enumerate(rows.dates):
            yield day, {code: column[place] for code, column in rows.columns.items()}


class _Reader:
    """One series in one month."""

    def __init__(
        self,
        world: World,
        series: Series,
        figures: Figures,
        month: Period,
        day: date,
        *,
        relief: Relief,
        measures: Collection[str],
    ) -> None:
        self.world, self.series, self.figures, self.month, self.day = world, series, figures, month, day
        self.spans = world.spans_of(series)
        self.definition = world.definitions.on(series.kpi, month.start)
        # As the attainment counts: without what approved external factors take out.
        relief = relief if series.contract is not None else Relief()
        self.facts = relief.counted(self.spans, figures, month, measures, self.definition.rule)
        self.versions = series.in_force(month)

    @property
    def rule(self) -> KpiRule:
        return self.definition.rule

    def read(self, kpi: Kpi, queue: Queue | None) -> KpiOutlook:
        so_far = judged(self.world, self.series, self.facts).judgement
        effective = so_far.assessment.effective or self.versions[-1].rule
        row: Target = self.versions[-1].row
        days, volume = self._rest()
        rest = self._needed(so_far.figure, effective, volume)
        return KpiOutlook(
            kpi=kpi,
            queue=queue,
            unit=self.definition.unit,
            decimals=row.decimals,
            parameters=row.parameters,
            direction=self.rule.direction,
            day=self.day,
            day_value=_rounded(self._reported(self.day), row),
            month_value=so_far.assessment.value,
            volume=so_far.figure.volume,
            days_expected=so_far.figure.days_expected,
            days_reported=so_far.figure.days_reported,
            status=_standing(so_far),
            target=effective.target,
            minimum=effective.minimum,
            target_upper=effective.target_upper,
            rate=_careful(rest.rate, row.decimals, self.rule.direction) if rest else None,
            outcome=rest.outcome if rest else None,
            remaining_days=days,
            remaining_volume=volume,
        )

    def _reported(self, day: date) -> Decimal | None:
        """Return what a single day came to as it was reported: nothing is put in the place of a blank here."""
        period = period_of(PeriodKind.DAY, day)
        facts = PeriodFacts(self.spans, self.figures, period)
        return aggregate(self.rule, *self._of_kpi(facts), period).value

    def _of_kpi(self, facts: PeriodFacts) -> tuple[DayTable, Expected]:
        return facts.of_kpi(self.definition.channel, parse(self.rule.formula).measures)

    def _needed(self, figure: PeriodFigure, target: TargetRule, remaining: Decimal) -> RunRate | None:
        if figure.value is None or not figure.volume or not is_weighted(self.rule):
            return None
        return run_rate(
            figure.value,
            figure.volume,
            target.target,
            remaining,
            direction=self.rule.direction,
            bounds=self.rule.bounds,
        )

    def _rest(self) -> tuple[int, Decimal]:
        """Return the open queue-days still to come, and the volume to expect of them: the weekday's median."""
        _days, counting = self._of_kpi(self.facts)
        days, volume = 0, Decimal(0)
        for span in self.spans:
            if span.queue in counting:
                coming = self._coming(span)
                days += len(coming)
                volume += self._expected_volume(span, coming)
        return days, volume

    def _coming(self, span: QueueSpan) -> list[date]:
        """Return the open days of the month from today on that are neither excused nor reported yet."""
        start, end = max(self.month.start, span.start, span.today), min(self.month.end, span.end)
        reported = {day for day, _values in _days(self.figures.between(span.queue, start, end))}
        return [
            day
            for day in (start + timedelta(days=number) for number in range(max(0, (end - start).days)))
            if span.is_open(day) and day not in span.excused and day not in reported
        ]

    def _expected_volume(self, span: QueueSpan, days: Sequence[date]) -> Decimal:
        denominator = parse(self.rule.formula).denominator
        if denominator is None or not days:
            return Decimal(0)
        by_weekday: dict[int, list[Decimal]] = defaultdict(list)
        for day, values in _days(self.figures.between(span.queue, self.month.start - HISTORY, self.month.end)):
            volume = denominator.evaluate(values)  # type: ignore[arg-type]
            if volume is not None:
                by_weekday[day.isoweekday()].append(volume)
        every = [volume for volumes in by_weekday.values() for volume in volumes]
        if not every:
            return Decimal(0)
        return sum((Decimal(median(by_weekday.get(day.isoweekday()) or every)) for day in days), Decimal(0))


def _standing(so_far: Judgement) -> Status:
    """Return how the month stands against its levels, where it is open too: that is what people ask on the way."""
    found = so_far.assessment
    if found.status is Status.PROVISIONAL and found.value is not None and found.effective is not None:
        return level_status(found.value, found.effective, so_far.rule.direction)
    return found.status or Status.MET


def _rounded(value: Decimal | None, row: Target) -> Decimal | None:
    return None if value is None else round_value(value, row.decimals)


def _careful(rate: Decimal, decimals: int, direction: Direction) -> Decimal:
    """Round a needed rate so that whoever keeps it reaches the target: up where high is good, else down."""
    way = ROUND_CEILING if direction is Direction.HIGHER else ROUND_FLOOR
    return rate.quantize(Decimal(1).scaleb(-decimals), rounding=way)
