"""How large the effect of an external factor was, and which days look like one that nobody registered."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings

from kpis.calc import expectation
from kpis.calc.expectation import Effect, Expectation, Odd
from kpis.calc.facts import PeriodKind
from kpis.calc.imputation import is_weighted
from kpis.calc.periods import Period
from kpis.calc.surveillance import WINDOW, Shape
from kpis.choices import OVER_FACTORS
from kpis.models import ExternalFactor, FactorQueue, Kpi
from kpis.queries.daily import DailyReader, load
from kpis.queries.series import Series, World
from kpis.queries.spans import ONE_DAY, QueueSpan
from vendors.actors import Capability
from vendors.clock import local_date, local_days
from vendors.models import Contract, ContractQueue

if TYPE_CHECKING:
    from vendors.actors import Actor

AROUND = timedelta(days=14)
"""So many days before and after a factor are drawn."""
WATCHED = 14
CONFIDENCE = 1.96
MOST_KPIS = 3


@dataclass(frozen=True, slots=True)
class KpiEffect:
    """What a KPI came to on the days of a factor, against what their weekdays let expect, in its own unit."""

    kpi: Kpi
    unit: str
    actual: Decimal
    expected: Decimal
    half_width: Decimal

    @property
    def change(self) -> Decimal:
        return self.actual - self.expected

    @property
    def is_sure(self) -> bool:
        return abs(self.change) > self.half_width


@dataclass(frozen=True, slots=True)
class DayVolume:
    """One day around a factor: what came, what was to be expected, and whether it is one of the factor's."""

    date: date
    volume: Decimal | None
    expected: Decimal
    low: Decimal
    high: Decimal
    is_affected: bool


@dataclass(slots=True)
class ContractEffect:
    """The effect on one contract: on its volume, on the KPIs it moved most (``kpis``) and on ``every`` one."""

    contract: Contract
    kpi: Kpi
    volume: Effect
    days: list[DayVolume] = field(default_factory=list)
    kpis: list[KpiEffect] = field(default_factory=list)
    every: list[KpiEffect] = field(default_factory=list)

    @property
    def more_volume(self) -> Decimal:
        """How much more came on the days of the factor than their weekdays let expect."""
        days = [day for day in self.days if day.is_affected and day.volume is not None]
        return sum((day.volume - day.expected for day in days if day.volume is not None), Decimal(0))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A day of a contract that nothing registered explains."""

    contract: Contract
    kpi: Kpi
    queues: tuple[str, ...]
    odd: Odd


def effects_of(factor: ExternalFactor, actor: Actor, *, now: datetime) -> list[ContractEffect]:
    """Return the effect on each contract whose results ``actor`` reads; none where too little is known."""
    return effects_of_many([factor], actor, now=now)[factor.pk]


def effects_of_many(
    factors: Sequence[ExternalFactor], actor: Actor, *, now: datetime
) -> dict[int, list[ContractEffect]]:
    """Return what :func:`effects_of` does of each factor, in a constant number of queries."""
    found: dict[int, list[ContractEffect]] = {factor.pk: [] for factor in factors}
    queues = _queues_of(factors)
    contracts, of_queue = _contracts(actor, {queue for rows in queues.values() for queue in rows})
    if not contracts:
        return found
    world = World(list(contracts), now=now)
    periods = {factor.pk: _period_of(factor) for factor in factors}
    whole = Period(PeriodKind.DAY, min(one.start for one in periods.values()), max(one.end for one in periods.values()))
    mains = {factor.pk: _series_by_contract(world, periods[factor.pk]) for factor in factors}
    series = {one.id: one for rows in mains.values() for of_one in rows.values() for one in of_one}
    kpis = Kpi.objects.in_bulk({one.kpi for one in series.values()})
    loaded = load(world, list(series.values()), whole)
    near = _near(queues, whole)
    for factor in factors:
        mine = queues[factor.pk]
        others = _other_days(factor, mine, near)
        for contract, rows in mains[factor.pk].items():
            if not any(contract in of_queue[queue] for queue in mine):
                continue
            readers = [DailyReader(world, one, periods[factor.pk], loaded, mine) for one in rows]
            effect = _effect(contracts[contract], kpis, readers, days_of(factor), others)
            if effect:
                found[factor.pk].append(effect)
    return found


def _queues_of(factors: Iterable[ExternalFactor]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {factor.pk: set() for factor in factors}
    for factor, queue in FactorQueue.objects.filter(factor__in=found).values_list("factor_id", "queue_id"):
        found[factor].add(queue)
    return found


def _period_of(factor: ExternalFactor) -> Period:
    affected = days_of(factor)
    return Period(PeriodKind.DAY, affected[0], affected[-1] + AROUND + ONE_DAY)


def _contracts(actor: Actor, queues: Collection[int]) -> tuple[dict[int, Contract], dict[int, set[int]]]:
    """Return the contracts of these queues whose results the actor reads, and those of each queue."""
    visible = Contract.objects.visible_to(actor.limited_to(Capability.READ_RESULTS))
    of_queue: dict[int, set[int]] = defaultdict(set)
    for queue, contract in ContractQueue.objects.filter(queue__in=queues).values_list("queue_id", "contract_id"):
        of_queue[queue].add(contract)
    wanted = {contract for contracts in of_queue.values() for contract in contracts}
    rows = visible.filter(pk__in=wanted).select_related("vendor").order_by("code")
    return {row.pk: row for row in rows}, of_queue


def days_of(factor: ExternalFactor) -> list[date]:
    """Return the days a factor touches, by the clock of the pages."""
    first, last = local_days(factor.starts_at, factor.ends_at, settings.TIME_ZONE)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _series_by_contract(world: World, period: Period) -> dict[int, list[Series]]:
    """Return the weighted pooled monthly series of each contract, the weightiest first."""
    found: dict[int, list[tuple[Decimal, Series]]] = defaultdict(list)
    for series in world.series:
        versions = series.in_force(period)
        if series.kind is not PeriodKind.MONTH or series.queue is not None or not versions:
            continue
        weight = versions[-1].row.weight
        rule = world.definitions.on(series.kpi, period.start).rule
        if series.contract is not None and weight is not None and is_weighted(rule):
            found[series.contract].append((weight, series))
    return {
        contract: [series for _weight, series in sorted(rows, key=lambda row: (-row[0], row[1].id))]
        for contract, rows in found.items()
    }


def _near(queues: Mapping[int, set[int]], whole: Period) -> list[tuple[ExternalFactor, set[int]]]:
    """Return the registered factors around a period that touch one of these queues, each with its queues."""
    every = {queue for rows in queues.values() for queue in rows}
    rows = ExternalFactor.objects.filter(
        starts_at__date__lt=whole.end, ends_at__date__gte=whole.start - WINDOW, links__queue__in=every
    ).exclude(status__in=OVER_FACTORS)
    near = {row.pk: row for row in rows}
    at = _queues_of(near.values())
    return [(row, at[pk]) for pk, row in near.items()]


def _other_days(
    factor: ExternalFactor, queues: set[int], near: Iterable[tuple[ExternalFactor, set[int]]]
) -> frozenset[date]:
    """Return the days other registered factors touch at these queues."""
    same = {factor.pk, factor.origin_id}
    others = (row for row, at in near if at & queues and row.pk not in same and row.origin_id != factor.pk)
    return frozenset(day for row in others for day in days_of(row))


def _effect(
    contract: Contract,
    kpis: dict[int, Kpi],
    readers: Sequence[DailyReader],
    affected: Sequence[date],
    others: frozenset[date],
) -> ContractEffect | None:
    main = readers[0]
    volumes = _volumes(main)
    _baseline, unusual = main.usual()
    expected = expectation.learn(volumes, affected[0], unusual | others)
    if expected is None:
        return None
    size = expectation.effect(expected, [(day, volumes.get(day, 0.0)) for day in affected])
    if size is None:
        return None
    found = ContractEffect(contract, kpis[main.series.kpi], size)
    found.days = _around(main.spans, expected, volumes, affected)
    moved = [one for reader in readers if (one := _kpi_effect(kpis, reader, affected)) is not None]
    moved.sort(key=lambda one: -abs(one.change) / max(one.half_width, Decimal("0.01")))
    found.kpis, found.every = moved[:MOST_KPIS], moved
    return found


def _volumes(reader: DailyReader) -> dict[date, float]:
    return {day.date: day.volume for day in reader.days()}


def _around(
    spans: Iterable[QueueSpan], expected: Expectation, volumes: dict[date, float], affected: Sequence[date]
) -> list[DayVolume]:
    """Return the days to draw: those on which one of the queues is open."""
    spans = list(spans)
    first, last = affected[0] - AROUND, affected[-1] + AROUND
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    reach = math.exp(CONFIDENCE * expected.spread)
    found = []
    for day in days:
        if any(span.holds(day) and span.is_open(day) for span in spans):
            usual = expected.of(day)
            low, middle, high = (Decimal(round(value)) for value in (usual / reach, usual, usual * reach))
            found.append(DayVolume(day, _whole(volumes.get(day)), middle, low, high, day in affected))
    return found


def _whole(volume: float | None) -> Decimal | None:
    return None if volume is None else Decimal(round(volume))


def _kpi_effect(kpis: dict[int, Kpi], reader: DailyReader, affected: Sequence[date]) -> KpiEffect | None:
    """Return a KPI's effect in its own unit; null without a baseline or without figures on the factor's days."""
    baseline, _unusual = reader.usual()
    figure = reader.pooled(affected)
    if baseline is None or figure.value is None or not figure.volume:
        return None
    volumes = {day: volume for day, volume in _volumes(reader).items() if day in affected}
    whole = sum(volumes.values())
    usual = sum(volume * baseline.expected(day) for day, volume in volumes.items()) / whole
    unit = math.sqrt(usual * (1 - usual)) if baseline.shape is Shape.SHARE else 1.0
    scale = float(reader.scale)
    half = CONFIDENCE * baseline.spread * unit / math.sqrt(whole) * scale
    return KpiEffect(
        kpis[reader.series.kpi],
        reader.definition.unit,
        _places(float(figure.value)),
        _places(usual * scale),
        _places(half),
    )


def _places(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.01"))


def suggestions(actor: Actor, *, now: datetime) -> list[Suggestion]:
    """Return the odd days of the last two weeks that no registered factor touches, the newest first."""
    visible = Contract.objects.visible_to(actor.limited_to(Capability.READ_FIGURES))
    contracts = {row.pk: row for row in visible.filter(ends_on__isnull=True).select_related("vendor")}
    here = local_date(now, settings.TIME_ZONE)
    contracts |= {row.pk: row for row in visible.filter(ends_on__gte=here).select_related("vendor")}
    if not contracts:
        return []
    world = World(sorted(contracts), now=now)
    today = max(world.today_of(contract) for contract in contracts)
    # What is reported of today may not be the whole of it.
    period = Period(PeriodKind.DAY, today - timedelta(days=WATCHED), today)
    mains = {contract: rows[0] for contract, rows in _series_by_contract(world, period).items()}
    kpis = Kpi.objects.in_bulk({one.kpi for one in mains.values()})
    loaded = load(world, list(mains.values()), period)
    known = _registered(mains, world, period)
    found = []
    for contract, series in mains.items():
        reader = DailyReader(world, series, period, loaded)
        left_out = reader.usual()[1] | known[contract]
        queues = tuple(sorted({span.queue_code for span in reader.spans}))
        odd = expectation.odd_days(_volumes(reader), period.dates(), left_out)
        found += [Suggestion(contracts[contract], kpis[series.kpi], queues, one) for one in odd]
    return sorted(found, key=lambda one: (one.odd.date, abs(one.odd.distance)), reverse=True)


def _registered(mains: Iterable[int], world: World, period: Period) -> dict[int, frozenset[date]]:
    """Return, by contract, the days that a registered factor touches at one of its queues; one query."""
    rows = ExternalFactor.objects.exclude(status__in=OVER_FACTORS).filter(
        ends_at__date__gte=period.start - WINDOW, starts_at__date__lt=period.end
    )
    days: dict[int, set[date]] = defaultdict(set)
    for factor in rows.prefetch_related("queues"):
        for queue in factor.queues.all():
            days[queue.pk].update(days_of(factor))
    return {contract: _days_at(world, contract, days) for contract in mains}


def _days_at(world: World, contract: int, days: Any) -> frozenset[date]:
    queues = {span.queue for one in world.series if one.contract == contract for span in world.spans_of(one)}
    return frozenset(day for queue in queues for day in days.get(queue, ()))
