"""How large the effect of an external factor was, and which days look like one that nobody registered."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
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
from kpis.models import ExternalFactor, Kpi
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
    """The effect on one contract: on its volume, and on the KPIs it moved most."""

    contract: Contract
    kpi: Kpi
    volume: Effect
    days: list[DayVolume] = field(default_factory=list)
    kpis: list[KpiEffect] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A day of a contract that nothing registered explains."""

    contract: Contract
    kpi: Kpi
    queues: tuple[str, ...]
    odd: Odd


def effects_of(factor: ExternalFactor, actor: Actor, *, now: datetime) -> list[ContractEffect]:
    """Return the effect on each contract whose results ``actor`` reads; none where too little is known."""
    queues = set(factor.queues.values_list("pk", flat=True))
    contracts = _contracts(actor, queues)
    if not contracts:
        return []
    world = World(list(contracts), now=now)
    affected = days_of(factor)
    period = Period(PeriodKind.DAY, affected[0], affected[-1] + AROUND + ONE_DAY)
    mains = _series_by_contract(world, period)
    kpis = Kpi.objects.in_bulk({one.kpi for rows in mains.values() for one in rows})
    loaded = load(world, [one for rows in mains.values() for one in rows], period)
    others = _other_days(queues, factor, period)
    found = []
    for contract, rows in mains.items():
        readers = [DailyReader(world, one, period, loaded, queues) for one in rows]
        effect = _effect(contracts[contract], kpis, readers, affected, others)
        if effect:
            found.append(effect)
    return found


def _contracts(actor: Actor, queues: Collection[int]) -> dict[int, Contract]:
    visible = Contract.objects.visible_to(actor.limited_to(Capability.READ_RESULTS))
    links = ContractQueue.objects.filter(queue__in=queues).values("contract")
    return {row.pk: row for row in visible.filter(pk__in=links).select_related("vendor").order_by("code")}


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


def _other_days(queues: Collection[int], factor: ExternalFactor, period: Period) -> frozenset[date]:
    """Return the days other registered factors touch at these queues."""
    rows = ExternalFactor.objects.filter(queues__in=queues, starts_at__date__lt=period.end).exclude(
        status__in=OVER_FACTORS
    )
    rows = rows.exclude(pk=factor.pk).exclude(origin=factor.pk)
    if factor.origin_id:
        rows = rows.exclude(pk=factor.origin_id)
    near = rows.filter(ends_at__date__gte=period.start - WINDOW)
    return frozenset(day for row in near for day in days_of(row))


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
    found.kpis = moved[:MOST_KPIS]
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
