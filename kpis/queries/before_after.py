"""KPIs before and after something changed, from the counts: of an improvement, and for the check of an action plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q

from kpis.calc.aggregation import aggregate
from kpis.calc.before_after import MOST_WEEKS, WEEK, Change, Verdict, Windows, compared, windows
from kpis.calc.facts import PeriodKind
from kpis.calc.formula import parse
from kpis.calc.imputation import is_weighted
from kpis.calc.periods import Period
from kpis.choices import APPROVED_FACTORS, OVER_FACTORS
from kpis.models import ExternalFactor, FactorQueue, Kpi
from kpis.queries.definitions import Definition, load_definitions
from kpis.queries.effects import days_of
from kpis.queries.figures import Figures, load_figures
from kpis.queries.pooled import PeriodFacts
from kpis.queries.relief import Relief, load_relief
from kpis.queries.spans import ONE_DAY, QueueSpan, load_spans
from kpis.queries.watching import unusual_of
from vendors.actors import Capability
from vendors.models import Contract, ContractQueue
from vendors.querysets import one_of

if TYPE_CHECKING:
    from vendors.actors import Actor

KPIS_OF_AN_IMPROVEMENT = ("aht", "acw_avg", "fcr")
"""What a release of the agents' system or a new FAQ is meant to move (those of the catalogue)."""
Windowed = tuple[Definition, Windows]


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """A KPI of a contract before and after, in its own unit."""

    kpi: Kpi
    definition: Definition
    windows: Windows
    change: Change

    @property
    def verdict(self) -> Verdict:
        return self.change.verdict(self.definition.rule.direction)


def before_after(
    contracts: Collection[int],
    kpis: Iterable[Kpi],
    begins: date,
    after: date,
    *,
    queues: Collection[int] | None = None,
    now: datetime,
) -> dict[int, list[BeforeAfter]]:
    """Return, by contract, each KPI on the weeks before ``begins`` and on those from ``after`` on.

    A constant number of queries. Holidays, the days after long ones and days of external factors are left out on both
    sides (what a vendor registers alone counts once it is approved); what has not settled yet is not read. A KPI that
    no day can be weighed of (no quotient of counts), that nothing was reported of, or of which less than a week is
    over, is left out.
    """
    found = {kpi.pk: kpi for kpi in kpis}
    spans = _spans(contracts, queues, now)
    if not found or not spans:
        return {}
    definitions = load_definitions(found)
    rules = [definitions.on(pk, after) for pk in found]
    today = min(span.today for rows in spans.values() for span in rows)
    wanted = [
        (one, two)
        for one in rules
        if is_weighted(one.rule)
        and (two := windows(begins, after, today - timedelta(days=one.rule.settle_days))) is not None
    ]
    reader = _Reader(spans, wanted, begins, after)
    return {contract: reader.read(contract, found) for contract in spans}


def improvement_of(factor: ExternalFactor, actor: Actor, *, now: datetime) -> list[tuple[Contract, list[BeforeAfter]]]:
    """Return what AHT, after-call work and FCR were before an improvement and after it, by contract.

    Of the contracts whose results ``actor`` reads, and of the queues the factor names.
    """
    queues = set(factor.queues.values_list("pk", flat=True))
    visible = Contract.objects.visible_to(actor.limited_to(Capability.READ_RESULTS))
    links = ContractQueue.objects.filter(queue__in=queues).values("contract")
    contracts = {row.pk: row for row in visible.filter(pk__in=links).select_related("vendor").order_by("code")}
    kpis = sorted(
        Kpi.objects.filter(code__in=KPIS_OF_AN_IMPROVEMENT), key=lambda kpi: KPIS_OF_AN_IMPROVEMENT.index(kpi.code)
    )
    touched = days_of(factor)
    found = before_after(contracts, kpis, touched[0], touched[-1] + ONE_DAY, queues=queues, now=now)
    return [(row, found[pk]) for pk, row in contracts.items() if found.get(pk)]


def _spans(contracts: Collection[int], queues: Collection[int] | None, now: datetime) -> dict[int, list[QueueSpan]]:
    links = ContractQueue.objects.filter(contract__in=contracts)
    if queues is not None:
        links = links.filter(queue__in=queues)
    found: dict[int, list[QueueSpan]] = defaultdict(list)
    for span in load_spans(links, now=now):
        found[span.contract].append(span)
    return found


def _event_days(queues: Collection[int], start: date, end: date) -> dict[int, set[date]]:
    """Return, by queue, the days in ``[start, end)`` that external factors touch; one query."""
    links = FactorQueue.objects.filter(
        queue__in=one_of(queues), factor__starts_at__date__lt=end, factor__ends_at__date__gte=start
    )
    links = links.exclude(factor__status__in=OVER_FACTORS)
    links = links.filter(Q(factor__is_from_vendor=False) | Q(factor__status__in=APPROVED_FACTORS))
    found: dict[int, set[date]] = defaultdict(set)
    for link in links.select_related("factor"):
        found[link.queue_id].update(day for day in days_of(link.factor) if start <= day < end)
    return found


class _Reader:
    """The days of some queues on both sides of a change, read once for every KPI."""

    def __init__(self, spans: Mapping[int, list[QueueSpan]], wanted: list[Windowed], begins: date, after: date) -> None:
        self.spans, self.wanted = spans, wanted
        self.figures, self.relief = Figures(()), Relief()
        self.events: dict[int, set[date]] = {}
        if wanted:
            queues = {span.queue for rows in spans.values() for span in rows}
            ranges = [(begins - MOST_WEEKS * WEEK, begins), (after, after + MOST_WEEKS * WEEK)]
            measures = {code for one, _windows in wanted for code in one.measures}
            self.figures, self.relief = load_figures(queues, ranges, measures), load_relief(queues, ranges)
            self.events = _event_days(queues, ranges[0][0], ranges[1][1])

    def read(self, contract: int, kpis: Mapping[int, Kpi]) -> list[BeforeAfter]:
        found = []
        for one, two in self.wanted:
            change = compared(
                self._days(contract, one, *two.before), self._days(contract, one, *two.after), one.rule.decimals
            )
            if change is not None:
                found.append(BeforeAfter(kpis[one.kpi], one, two, change))
        return found

    def _days(self, contract: int, one: Definition, start: date, end: date) -> dict[date, tuple[Decimal, Decimal]]:
        """Return volume and value of the usual days of ``[start, end)`` that were reported."""
        spans = self.spans[contract]
        unusual = unusual_of(spans, self.relief, start, end)
        unusual |= {day for span in spans for day in self.events.get(span.queue, ())}
        found = {}
        for number in range((end - start).days):
            day = start + timedelta(days=number)
            figure = self._figure(spans, one, day) if day not in unusual else None
            if figure is not None:
                found[day] = figure
        return found

    def _figure(self, spans: list[QueueSpan], one: Definition, day: date) -> tuple[Decimal, Decimal] | None:
        period = Period(PeriodKind.DAY, day, day + ONE_DAY)
        facts = PeriodFacts(spans, self.figures, period)
        figure = aggregate(one.rule, *facts.of_kpi(one.channel, parse(one.rule.formula).measures), period)
        return None if figure.value is None else (figure.volume, figure.value)
