"""The page of one KPI of a contract in a month: its days, its weekdays, its queues, and the same KPI elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bpo.queries.formula_words import formula_in_words
from kpis.calc.decomposition import ZERO, change, steps
from kpis.calc.facts import Direction, PeriodKind
from kpis.calc.imputation import is_weighted
from kpis.calc.periods import Period, period_of
from kpis.calc.rounding import round_value
from kpis.choices import APPROVED_FACTORS
from kpis.models import ExternalFactor, TargetSeries
from kpis.queries.daily import Course, DailyReader, DayPoint, split_by
from kpis.queries.effects import days_of
from kpis.queries.judging import judged
from kpis.queries.outlook import KpiOutlook, outlook_of
from kpis.queries.pooled import PeriodFacts
from kpis.queries.series import Series, TargetVersion, World
from kpis.queries.values import KpiValue, KpiValues
from vendors.actors import Capability
from vendors.choices import Channel
from vendors.models import Contract, ContractQueue, Queue, Vendor

if TYPE_CHECKING:
    from vendors.actors import Actor


@dataclass(frozen=True, slots=True)
class Share:
    """The KPI of one queue or one vendor in the month."""

    label: str
    value: Decimal | None
    volume: Decimal
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    """One step of the way from the target to the actual figure, from one value to the next."""

    kind: str
    start: Decimal
    end: Decimal
    label: str = ""

    @property
    def size(self) -> Decimal:
        return self.end - self.start


@dataclass(slots=True)
class KpiPage:
    """Everything the page shows. ``target`` and ``minimum`` are those the month is held against."""

    series: TargetSeries
    period: Period
    unit: str
    decimals: int
    direction: Direction
    formula: str
    course: Course
    value: Decimal | None
    adjusted: Decimal | None
    status: str
    target: Decimal | None
    minimum: Decimal | None
    factors: list[ExternalFactor]
    outlook: KpiOutlook | None = None
    queues: Sequence[Share] = ()
    channels: Sequence[Share] = ()
    vendors: Sequence[Share] = ()
    way: Sequence[Leg] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    formula_in_words: str = ""
    """The formula with the names of its measures."""
    target_upper: Decimal | None = None
    """Where the target is a range, its upper end, and the minimum's."""
    minimum_upper: Decimal | None = None

    @property
    def is_changed(self) -> bool:
        return self.adjusted is not None and self.adjusted != self.value

    @property
    def missing(self) -> list[date]:
        return [point.date for point in self.course.points if point.is_missing]

    @property
    def is_of_totals(self) -> bool:
        """Whether some of the month is known as its total only."""
        return any(point.of_total for point in self.course.points)

    def factors_on(self, day: date) -> list[ExternalFactor]:
        return [one for one in self.factors if day in days_of(one)]

    @property
    def rows(self) -> list[tuple[DayPoint, list[ExternalFactor]]]:
        """Return the days with the events that touch them."""
        return [(point, self.factors_on(point.date)) for point in self.course.points]


def series_for(actor: Actor, kpi: str, contract: str, queue: str) -> TargetSeries | None:
    """Return the monthly target series that exists for ``actor``; of the whole contract where no queue is named."""
    visible = TargetSeries.objects.visible_to(actor.limited_to(Capability.READ_RESULTS))
    found = visible.filter(kpi__code=kpi, contract__code=contract, period=PeriodKind.MONTH.value)
    found = found.filter(queue__code=queue) if queue else found.filter(queue__isnull=True)
    one: TargetSeries | None = found.select_related("kpi", "contract__vendor", "queue").first()
    return one


def kpi_page(series: TargetSeries, month: date | None, actor: Actor, *, now: datetime) -> KpiPage | None:
    """Return the page of a series in a month (null: the current one); null where no target covers it."""
    world = World([series.contract_id], now=now)
    facts: Series = next(one for one in world.series if one.id == series.pk)
    period = period_of(PeriodKind.MONTH, month or world.today_of(series.contract_id))
    versions = facts.in_force(period)
    if not versions:
        return None
    reader = DailyReader(world, facts, period)
    page = _page(series, facts, reader, versions[-1])
    page.outlook = _outlook(series, reader)
    page.factors = _factors(actor, facts, reader, period)
    if series.queue_id is None:
        page.queues = _queues(reader, page.decimals)
        page.channels = _channels(reader, page.decimals)
    page.way = _way(page, reader)
    page.vendors = _vendors(series, reader, page.decimals, actor, now)
    return page


def _page(series: TargetSeries, facts: Series, reader: DailyReader, version: TargetVersion) -> KpiPage:
    spans, period = reader.spans, reader.period
    gross = judged(reader.world, facts, PeriodFacts(spans, reader.figures, period))
    counts = judged(reader.world, facts, reader.counted(period))
    assessed = counts.judgement.assessment
    decimals, levels = version.row.decimals, assessed.effective or version.rule
    return KpiPage(
        series=series,
        period=period,
        unit=reader.definition.unit,
        decimals=decimals,
        direction=reader.rule.direction,
        formula=reader.rule.formula,
        formula_in_words=formula_in_words(reader.rule.formula),
        course=reader.course(decimals),
        value=gross.judgement.assessment.value,
        adjusted=assessed.value,
        status=assessed.status.value if assessed.status else "no_data",
        target=assessed.target if assessed.target is not None else version.rule.target,
        minimum=assessed.minimum if assessed.minimum is not None else version.rule.minimum,
        factors=[],
        parameters=version.row.parameters,
        target_upper=levels.target_upper,
        minimum_upper=levels.minimum_upper,
    )


def _outlook(series: TargetSeries, reader: DailyReader) -> KpiOutlook | None:
    """Return what the rest of an open month needs."""
    today = reader.world.today_of(series.contract_id)
    if today not in reader.period or series.contract_id is None:
        return None
    return outlook_of(
        reader.world, reader.series, reader.period, today, figures=reader.figures, relief=reader.relief,
        measures=reader.measures, kpi=series.kpi, queue=series.queue,
    )  # fmt: skip


def _factors(actor: Actor, facts: Series, reader: DailyReader, period: Period) -> list[ExternalFactor]:
    """Return the approved events that touch the queues in the period."""
    if not actor.may(Capability.READ_FACTORS):
        return []
    visible = ExternalFactor.objects.visible_to(actor.limited_to(Capability.READ_FACTORS))
    found = visible.filter(
        queues__in={span.queue for span in reader.spans}, status__in=APPROVED_FACTORS,
        starts_at__date__lt=period.end, ends_at__date__gte=period.start,
    )  # fmt: skip
    return list(found.distinct().order_by("starts_at", "pk"))


def _queues(reader: DailyReader, decimals: int) -> list[Share]:
    rows = split_by(reader, lambda span: span.queue_code, decimals)
    names = dict(Queue.objects.filter(code__in=[code for code, *_rest in rows]).values_list("code", "name"))
    return [Share(names[code], value, volume) for code, value, volume in rows] if len(rows) > 1 else []


def _channels(reader: DailyReader, decimals: int) -> list[Share]:
    rows = split_by(reader, lambda span: span.channel, decimals)
    return [Share(str(Channel(code).label), value, volume) for code, value, volume in rows] if len(rows) > 1 else []


def _way(page: KpiPage, reader: DailyReader) -> list[Leg]:
    """Return the way from the target to the gross figure (mathematics §4.8, §4.9); none for what has no volume.

    The mix is that of the queues, against the month before; both months without what approved factors take out.
    """
    factors = reader.relief.within(reader.period.start, reader.period.end).factors
    adjusted = reader.value_with(factors)
    if page.target is None or adjusted is None or not is_weighted(reader.rule):
        return []
    moved = change(reader.parts(reader.period.previous()), reader.parts(reader.period))
    with_factors = [(factor, reader.value_with(factors[number + 1 :])) for number, factor in enumerate(factors)]
    known = [(factor, value) for factor, value in with_factors if value is not None]
    titles = {one.pk: one.title for one in page.factors}
    legs, at = [], page.target
    for step in steps(page.target, adjusted, moved.mix if moved else ZERO, known):
        if (step.kind != "mix" or moved) and (step.kind != "factor" or step.size):
            legs.append(Leg(step.kind, at, at + step.size, titles.get(step.factor or 0, "")))
        at += step.size
    return legs


def _rounded(value: Decimal | None, decimals: int) -> Decimal | None:
    return None if value is None else round_value(value, decimals)


def _vendors(series: TargetSeries, reader: DailyReader, decimals: int, actor: Actor, now: datetime) -> list[Share]:
    """Return the KPI pooled by vendor, for readers of more than one; the page's own vendor is marked."""
    seen = actor.limited_to(Capability.READ_RESULTS)
    assert series.contract is not None
    if not seen.sees_all_vendors and len(seen.vendor_ids) < 2:
        return []
    contracts = Contract.objects.visible_to(seen).filter(target_series__kpi=series.kpi)
    links = ContractQueue.objects.visible_to(seen).filter(contract__in=contracts)
    period = reader.period
    values = KpiValues(
        series.kpi, links, kind=period.kind, start=period.start, end=period.end, group_by="vendor", now=now,
        definitions=reader.world.definitions,
    )  # fmt: skip
    rows: list[KpiValue] = list(values[:])
    names = {vendor.code: vendor.label for vendor in Vendor.objects.filter(code__in=[row.group for row in rows])}
    own = series.contract.vendor.code
    found = [
        Share(names[row.group or ""], _rounded(row.adjusted_value, decimals), row.volume, row.group == own)
        for row in rows
    ]
    return found if len(found) > 1 else []
