"""Everything the recalculation of some contracts needs, read in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, make_dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import CharField, DateField, F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast

from kpis.calc.facts import MissingDays, PeriodKind, TargetRule
from kpis.calc.periods import Period, periods_between
from kpis.models import TargetSeries
from kpis.queries.definitions import Definitions, load_definitions, target_rule
from kpis.queries.figures import Figures, load_figures
from kpis.queries.pooled import IsOfOthers
from kpis.queries.relief import Relief, load_relief
from kpis.queries.spans import QueueSpan, load_spans
from vendors.choices import MeasureOwner
from vendors.clock import local_date
from vendors.models import ContractQueue, ContractTerms, MeasureProvision
from vendors.querysets import one_of

OF_A_TARGET = (
    *(field.name for field in fields(TargetRule) if field.name != "mode"), "attainment_mode",
    "id", "series_id", "weight", "parameters",
)  # fmt: skip
TargetRow: Any = make_dataclass("TargetRow", OF_A_TARGET, slots=True)
OF_A_SERIES = ("id", "contract_id", "queue_id", "kpi_id", "period", "contract__ends_on")
_TARGETS = tuple(f"targets__{name}" for name in OF_A_TARGET)
DEFAULT_ZONE = "Asia/Seoul"


_periods_between = lru_cache(maxsize=1024)(periods_between)


@dataclass(frozen=True, slots=True)
class TargetVersion:
    """One stored target version: its rule, and the record of :data:`OF_A_TARGET` it was made of."""

    id: int
    rule: TargetRule
    row: Any


@dataclass(frozen=True, slots=True)
class Series:
    """One target series with its versions in order."""

    id: int
    contract: int | None
    queue: int | None
    kpi: int
    kind: PeriodKind
    versions: tuple[TargetVersion, ...]
    ends_on: date | None

    def in_force(self, period: Period) -> list[TargetVersion]:
        """Return the versions that hold on at least one day of the period."""
        return [
            version
            for version in self.versions
            if version.row.valid_from < period.end
            and (version.row.valid_until is None or version.row.valid_until > period.start)
        ]

    def periods(self, spans: Iterable[tuple[date, date]], today: date) -> list[Period]:
        """Return the periods that have begun, that a version covers and that touch one of the inclusive spans."""
        if not self.versions:
            return []
        first = self.versions[0].row.valid_from
        last = min(today, self.ends_on or today)
        found = {
            period.start: period
            for start, end in spans
            if max(start, first) <= min(end, last)
            for period in _periods_between(self.kind, max(start, first), min(end, last))
        }
        return [period for _start, period in sorted(found.items()) if self.in_force(period)]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contract says of unreported days, on a day."""

    missing_day_policy: MissingDays = MissingDays.EXCLUDE
    grace_days: int = 0


class World:
    """Series, definitions, calendars and terms of some contracts (null: the programme)."""

    def __init__(self, contracts: Collection[int | None], *, now: datetime) -> None:
        self._now = now
        self.contracts = tuple(contracts)
        self.series = _load_series(contracts)
        self.definitions: Definitions = load_definitions(series.kpi for series in self.series)
        self._spans = _load_spans_by_contract(contracts, now)
        self._terms: dict[int | None, list[_Said]] = defaultdict(list)
        self._of_others: dict[int | None, list[_Said]] = defaultdict(list)
        for row in _said_of_unreported_days(_named(contracts)):
            (self._of_others if row.measure else self._terms)[row.contract].append(row)
        self._todays = {contract: self._local_today(contract) for contract in contracts}

    def spans_of(self, series: Series) -> list[QueueSpan]:
        """Return the queues a series is about: one, all of its contract, or all there are."""
        rows = self._spans[series.contract]
        return rows if series.queue is None else [span for span in rows if span.queue == series.queue]

    def today_of(self, contract: int | None) -> date:
        """Return the local date of the contract's westernmost centre: a period is over once it is over everywhere."""
        return self._todays[contract]

    def terms_on(self, contract: int | None, day: date) -> Terms:
        """Return the terms in force on ``day``; the programme leaves unreported days out."""
        rows = [row for row in self._terms.get(contract, []) if (row.valid_from or date.min) <= day]
        if not rows:
            return Terms()
        return Terms(MissingDays(rows[-1].policy), rows[-1].grace_days)

    def of_others(self, contract: int | None, measures: Iterable[str]) -> IsOfOthers | None:
        """Return what says whether others provide a measure on a day; null where the vendor provides all of them."""
        named = set(measures)
        rows = [
            (row.measure, row.valid_from or date.min, row.valid_until or date.max)
            for row in self._of_others.get(contract, ())
            if row.measure in named
        ]
        if not rows:
            return None
        return lambda code, day: any(code == measure and first <= day < end for measure, first, end in rows)

    def load_figures(self, wanted: Iterable[tuple[Series, Period]]) -> Figures:
        """Read the queue-days of every wanted series and period."""
        queues: set[int] = set()
        ranges: set[tuple[date, date]] = set()
        wanted = list(wanted)
        for series, period in wanted:
            queues.update(span.queue for span in self.spans_of(series))
            ranges.add((period.start, period.end))
        return load_figures(queues, ranges, self.measures_of(wanted))

    def load_relief(self, wanted: Iterable[tuple[Series, Period]]) -> Relief:
        """Read what approved external factors take out in every wanted series and period, in one query."""
        queues: set[int] = set()
        ranges: set[tuple[date, date]] = set()
        for series, period in wanted:
            if series.contract is not None:
                queues.update(span.queue for span in self.spans_of(series))
                ranges.add((period.start, period.end))
        return load_relief(queues, ranges)

    def measures_of(self, wanted: Iterable[tuple[Series, Period]]) -> set[str]:
        """Return what the formulas of these series and periods name."""
        measures: set[str] = set()
        for series, period in wanted:
            measures |= self.definitions.on(series.kpi, period.start).measures
        return measures

    def _local_today(self, contract: int | None) -> date:
        todays = [span.today for span in self._spans[contract]]
        return min(todays, default=local_date(self._now, DEFAULT_ZONE))


def _load_series(contracts: Collection[int | None]) -> list[Series]:
    """Return the series, also those without a target, in one query."""
    rows = _of_contracts(contracts).order_by("id", "targets__valid_from")
    found: dict[int, Series] = {}
    versions: dict[int, list[TargetVersion]] = defaultdict(list)
    # Plain records: a thousand of them are read in a fraction of the time that models take.
    for pk, contract, queue, kpi, period, ends_on, *target in rows.values_list(*OF_A_SERIES, *_TARGETS):
        if pk not in found:
            found[pk] = Series(pk, contract, queue, kpi, PeriodKind(period), (), ends_on)
        row = TargetRow(*target)
        if row.id is not None:
            versions[pk].append(TargetVersion(row.id, target_rule(row), row))
    return [replace(series, versions=tuple(versions[pk])) for pk, series in found.items()]


def _named(contracts: Collection[int | None]) -> list[int]:
    return [contract for contract in contracts if contract is not None]


def _of_contracts(contracts: Collection[int | None]) -> QuerySet[TargetSeries]:
    named = TargetSeries.objects.filter(contract_id__in=one_of(_named(contracts)))
    if None in contracts:
        named = named | TargetSeries.objects.filter(contract__isnull=True)
    return named


def _load_spans_by_contract(contracts: Collection[int | None], now: datetime) -> dict[int | None, list[QueueSpan]]:
    links = ContractQueue.objects.all()
    if None not in contracts:
        links = links.filter(contract_id__in=one_of(_named(contracts)))
    spans: dict[int | None, list[QueueSpan]] = defaultdict(list)
    for span in load_spans(links, now=now):
        spans[span.contract].append(span)
        spans[None].append(span)
    return spans


class _Said(NamedTuple):
    """A policy of a contract for unreported days, or a measure (then named) that somebody else provides."""

    contract: int
    valid_from: date | None
    valid_until: date | None
    measure: str
    policy: str
    grace_days: int


def _said_of_unreported_days(contracts: list[int]) -> list[_Said]:
    """Return the terms of these contracts, and what others provide, in one query, the earliest first."""
    named, nothing = {"contract_id__in": one_of(contracts)}, Value("", CharField())
    for_ever = Cast(Value(None), DateField())
    policy, grace_days = Cast("missing_day_policy", CharField()), F("missing_day_grace_days")
    terms = ContractTerms.objects.filter(**named).order_by()
    others = MeasureProvision.objects.filter(**named).exclude(owner=MeasureOwner.VENDOR).order_by()
    both = terms.values_list("contract_id", "valid_from", for_ever, nothing, policy, grace_days).union(
        others.values_list("contract_id", "valid_from", "valid_until", "measure", nothing, Value(0, IntegerField())),
        all=True,
    )
    return sorted(map(_Said._make, both), key=lambda row: row.valid_from or date.min)
