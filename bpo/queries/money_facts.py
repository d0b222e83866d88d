"""What a settlement needs beside its card: month totals of billed measures, and the months before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.db.models.fields.json import KT

from bpo.calc.settlement import LineFact, MoneyRules, MonthFacts, Outcome
from bpo.calc.settlement.facts import chain_of
from bpo.choices import OF_A_KPI, OPEN_STATUSES, ScorecardStatus
from bpo.models import ScorecardLine
from kpis.calc.facts import Direction
from kpis.models import DailyMetric
from kpis.queries.daily_values import values_as_of_each
from kpis.services.feed.facts import Link, contract_on
from vendors.calc.months import month_after, month_before
from vendors.models import ContractQueue
from vendors.querysets import one_of

LOOKED_BACK = 12
"""Months a chain of defaults is followed back."""
NEVER = datetime.min.replace(tzinfo=UTC)
LOWER = frozenset({Direction.LOWER, Direction.ZERO})
EXCUSED = "client_caused"


def line_fact(
    kpi: str,
    queue: str | None,
    *,
    value: Any,
    adjusted: Any,
    minimum: Any,
    direction: str | None,
    status: str,
    flags: Collection[str],
) -> LineFact:
    """Return a line of a card as the scheme by KPI reads it: judged by its value after relief."""
    counted = adjusted if adjusted is not None else value
    is_lower = direction in LOWER if direction in (*LOWER, Direction.HIGHER) else None
    return LineFact(kpi, queue, _decimal(counted), _decimal(minimum), is_lower, status, EXCUSED in flags)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


Place = tuple[str, str | None]
Key = tuple[int, date]
"""A contract's month, by its first day."""


@dataclass(frozen=True, slots=True)
class Want:
    """A contract's month that lacks what the ledger and the months before it add.

    What a fee by volume bills is as it was known at ``as_of``, when the card was frozen; null: as it stands.
    """

    month: MonthFacts
    rules: MoneyRules
    as_of: datetime | None = None


def completed(want: Want, contract: int, start: date) -> MonthFacts:
    """Return one contract's month with volumes and chains (:func:`completed_many`)."""
    return completed_many([((contract, start), want)])[0]


def completed_many(wants: Sequence[tuple[Key, Want]]) -> list[MonthFacts]:
    """Return the months, in order, with the volumes that are billed and the defaults before them.

    No query where no fee is by volume and no repeat can hold; else at most five, for any number of contracts and
    months. Those of one contract's month are all as of the same moment.
    """
    volumes, chains = _volumes(wants), _chains(wants)
    return [
        replace(want.month, volumes=_of_measures(volumes.get(key, {}), want.rules.measures), chains=found)
        for (key, want), found in zip(wants, chains, strict=True)
    ]


def _of_measures(volumes: Mapping[str, Decimal], measures: Collection[str]) -> dict[str, Decimal]:
    return {measure: volume for measure, volume in volumes.items() if measure in measures}


class _Links:
    """Which queue-days belong to which of the contract-months."""

    def __init__(self, keys: Collection[Key]) -> None:
        self._keys = keys
        self.first, self.end = min(start for _pk, start in keys), month_after(max(start for _pk, start in keys))
        rows = ContractQueue.objects.filter(contract__in=one_of({contract for contract, _start in keys}))
        names = ("queue_id", "queue__code", "contract_id", "valid_from", "valid_until")
        self._spans: dict[str, list[Link]] = defaultdict(list)
        self._queues = set()
        for queue, code, *link in rows.overlapping(self.first, self.end).values_list(*names):
            self._spans[code].append((link[0], link[1], link[2]))
            self._queues.add(queue)

    @property
    def days(self) -> QuerySet[DailyMetric]:
        """The days of all queues in question; of some of them no month is asked (:meth:`key`)."""
        return DailyMetric.objects.filter(queue__in=one_of(self._queues), date__gte=self.first, date__lt=self.end)

    def key(self, code: str, day: date) -> Key | None:
        """Return the contract-month of a queue-day; null where none is asked."""
        contract = contract_on(self._spans[code], day)
        key = (contract, day.replace(day=1)) if contract is not None else None
        return key if key in self._keys else None


def _volumes(wants: Sequence[tuple[Key, Want]]) -> dict[Key, dict[str, Decimal]]:
    """Return the month totals of what was reported; what nobody reported is not there."""
    billed = {key: want.as_of for key, want in wants if want.rules.measures}
    found: dict[Key, dict[str, Decimal]] = defaultdict(dict)
    living, moments = [key for key in billed if billed[key] is None], {key: at for key, at in billed.items() if at}
    for key, measure, value in (*_living(living), *_frozen(moments)):
        if value is not None and not isinstance(value, list):
            found[key][measure] = found[key].get(measure, Decimal(0)) + Decimal(value)
    return found


def _living(keys: Collection[Key]) -> Iterable[tuple[Key, str, Any]]:
    if not keys:
        return
    links = _Links(frozenset(keys))
    for code, day, document in links.days.values_list("queue__code", "date", "measures"):
        key = links.key(code, day)
        if key is not None:
            for measure, value in document.items():
                yield key, measure, value


def _frozen(moments: Mapping[Key, datetime]) -> Iterable[tuple[Key, str, Any]]:
    if not moments:
        return
    links = _Links(moments.keys())

    def moment_of(code: str, day: date) -> datetime:
        key = links.key(code, day)
        return NEVER if key is None else moments[key]

    for one in values_as_of_each(links.days, moment_of):
        key = links.key(one.queue, one.date)
        if key is not None:
            yield key, one.measure, one.value


def _chains(wants: Sequence[tuple[Key, Want]]) -> list[dict[Place, int]]:
    """Return, of what is a default in each month, how many months before it were defaults in a row."""
    places = [_repeatable(want) for _key, want in wants]
    keys = {key for (key, _want), found in zip(wants, places, strict=True) if found}
    if not keys:
        return [{} for _want in wants]
    past = _past(keys, {kpi for found in places for kpi, _queue in found})

    def chain(key: Key, as_of: datetime | None, place: Place) -> int:
        contract, start = key
        months = (_counted(past.get((contract, month), {}), as_of) for month in _before(start))
        return chain_of(_outcome(month, place) for month in months)

    return [
        {place: chain(key, want.as_of, place) for place in found}
        for (key, want), found in zip(wants, places, strict=True)
    ]


def _repeatable(want: Want) -> list[Place]:
    """Return what is a default now, where a repeat is agreed."""
    if not want.rules.repeat_from:
        return []
    places = [(one.kpi, one.queue) for one in want.rules.allocations]
    return [place for place in places if _outcome(want.month, place) is Outcome.DEFAULT]


def _outcome(month: MonthFacts | None, place: Place) -> Outcome | None:
    line = month.line(*place) if month else None
    return line.outcome(is_over=month.is_over) if month and line else None


def _before(start: date) -> list[date]:
    """Return the months that a chain is followed back, the latest first."""
    found = [month_before(start)]
    while len(found) < LOOKED_BACK:
        found.append(month_before(found[-1]))
    return found


class _Version(NamedTuple):
    """One version of a card; ``frozen_at`` is null of an open one."""

    number: int
    status: str
    frozen_at: datetime | None


Versions = Mapping[_Version, list[LineFact]]


def _counted(versions: Versions, as_of: datetime | None) -> MonthFacts | None:
    """Return the month as a later one looks back at it.

    What was final at ``as_of``, when that one was frozen, whatever came after; where that one is open (null), the
    final version before a later draft of it.
    """
    if as_of is not None:
        known = [(one.frozen_at, one.number, one) for one in versions if one.frozen_at and one.frozen_at <= as_of]
        return MonthFacts(None, "", lines=versions[max(known)[2]]) if known else None
    current = [
        (one.status not in OPEN_STATUSES, one.number, one)
        for one in versions
        if one.status != ScorecardStatus.SUPERSEDED
    ]
    return MonthFacts(None, "", lines=versions[max(current)[2]]) if current else None


def _past(keys: Collection[Key], kpis: Collection[str]) -> Mapping[Key, Versions]:
    """Return the lines of all versions of the months before these, by contract and month; one query."""
    starts = [start for _contract, start in keys]
    rows = ScorecardLine.objects.filter(
        scorecard__contract__in=one_of({contract for contract, _start in keys}), scorecard__start__lt=max(starts),
        scorecard__start__gte=_before(min(starts))[-1], series__kpi__code__in=kpis,
    )  # fmt: skip
    names = ("contract", "start", "version", "status", "frozen__frozen_at")
    found: dict[Key, dict[_Version, list[LineFact]]] = defaultdict(lambda: defaultdict(list))
    for contract, month, version, status, frozen_at, *line in line_rows(rows, *(f"scorecard__{one}" for one in names)):
        found[contract, month][_Version(version, status, frozen_at)].append(fact_of(line))
    return found


LINE = (
    "series__kpi__code", "series__queue__code", "value", "adjusted_value", "minimum", "status", "flags", "direction",
)  # fmt: skip


def line_rows(lines: Any, *head: str) -> Iterable[tuple[Any, ...]]:
    """Return the weighed KPI lines of cards as rows of ``head`` and :data:`LINE`, what was carried to a card first."""
    rows = lines.filter(kind__in=OF_A_KPI, weight__isnull=False).order_by("kind", "position", "pk")
    found: Iterable[tuple[Any, ...]] = rows.annotate(direction=KT("explanation__label__direction")).values_list(
        *head, *LINE
    )
    return found


def fact_of(row: Sequence[Any]) -> LineFact:
    """Return a row of :data:`LINE` as a settlement reads it."""
    kpi, queue, value, adjusted, minimum, status, flags, direction = row
    return line_fact(
        kpi, queue, value=value, adjusted=adjusted, minimum=minimum, direction=direction, status=status, flags=flags
    )
