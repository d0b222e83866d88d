"""The last thirteen months of every KPI of a card, as they are known now; months of history are told apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import prefetch_related_objects

from bpo.models import Scorecard
from kpis.calc import formula, judge
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period, periods_between
from kpis.models import Attainment
from kpis.queries.definitions import Definitions, load_definitions
from kpis.queries.figures import load_figures
from kpis.queries.pooled import PeriodFacts
from kpis.queries.spans import QueueSpan, load_spans
from vendors.models import ContractQueue

MONTHS = 13
MONTH_TOTALS = "month_rows"


@dataclass(frozen=True, slots=True)
class Point:
    """One month: null where nothing was reported; ``is_month_total`` where only the month's sums are known."""

    start: date
    value: Decimal | None
    is_month_total: bool = False


@dataclass(frozen=True, slots=True)
class _About:
    """What a line is about: a KPI of one queue, or of all queues of the contract."""

    series: int
    kpi: int
    queue: int | None


Points = dict[tuple[int, date], Point]


def trends(card: Scorecard, *, now: datetime) -> dict[int, list[Point]]:
    """Return thirteen months up to the card's own, by line; KPIs have them, what people judge has not.

    Months with a target are as computed; earlier ones come from the figures. A constant number of queries.
    """
    prefetch_related_objects([card], "lines__series")
    rows = ((line.pk, line.series) for line in card.lines.all())
    lines = {line: _About(series.pk, series.kpi_id, series.queue_id) for line, series in rows if series}
    months = _months(card.start)
    points = _computed({about.series for about in lines.values()}, months)
    points |= _earlier(card, set(lines.values()), months, points, now)
    return {
        line: [points.get((about.series, month.start), Point(month.start, None)) for month in months]
        for line, about in lines.items()
    }


def _months(last: date) -> list[Period]:
    first = date(last.year - 1, last.month, 1)
    return periods_between(PeriodKind.MONTH, first, last)[-MONTHS:]


def _computed(series: Collection[int], months: list[Period]) -> Points:
    rows = Attainment.objects.filter(series__in=series, start__gte=months[0].start, start__lte=months[-1].start)
    found = rows.order_by().values_list("series_id", "start", "value", "flags")
    return {(row, start): Point(start, value, MONTH_TOTALS in flags) for row, start, value, flags in found}


def _earlier(
    card: Scorecard,
    lines: Collection[_About],
    months: list[Period],
    known: Mapping[tuple[int, date], Point],
    now: datetime,
) -> Points:
    """Return the months no target covers, from the figures themselves."""
    wanted = [month for month in months if any((about.series, month.start) not in known for about in lines)]
    if not wanted:
        return {}
    spans = load_spans(ContractQueue.objects.filter(contract=card.contract_id), now=now)
    definitions = load_definitions({about.kpi for about in lines})
    measures = {code for about in lines for month in wanted for code in definitions.on(about.kpi, month.start).measures}
    figures = load_figures({span.queue for span in spans}, {(month.start, month.end) for month in wanted}, measures)
    found: Points = {}
    for month in wanted:
        facts = {queue: PeriodFacts(_of(spans, queue), figures, month) for queue in {about.queue for about in lines}}
        for about in lines:
            if (about.series, month.start) not in known:
                found[about.series, month.start] = _point(about, facts[about.queue], definitions)
    return found


def _of(spans: Iterable[QueueSpan], queue: int | None) -> list[QueueSpan]:
    return [span for span in spans if queue in (None, span.queue)]


def _point(about: _About, facts: PeriodFacts, definitions: Definitions) -> Point:
    period = facts.period
    definition = definitions.on(about.kpi, period.start)
    days, expected = facts.of_kpi(definition.channel, formula.parse(definition.rule.formula).measures)
    judgement = judge.judge(definition.rule, [], days, expected, period, today=period.end)
    return Point(period.start, judgement.assessment.value, MONTH_TOTALS in judgement.figure.flags)
