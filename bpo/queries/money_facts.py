"""What a settlement needs beside its card: month totals of billed measures, and the months before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.db.models.fields.json import KT

from bpo.calc.settlement import LineFact, MoneyRules, MonthFacts, Outcome
from bpo.calc.settlement.facts import chain_of
from bpo.choices import OF_A_KPI, OPEN_STATUSES, ScorecardStatus
from bpo.models import ScorecardLine
from kpis.calc.facts import Direction
from kpis.models import DailyMetric
from kpis.queries.daily_values import values_as_of_each
from vendors.calc.months import month_after
from vendors.models import ContractQueue

LOOKED_BACK = 12
"""Months a chain of defaults is followed back."""
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
    return completed_many({contract: want}, start)[contract]


def completed_many(wants: Mapping[int, Want], start: date) -> dict[int, MonthFacts]:
    """Return the months with the volumes that are billed and the defaults before them, by contract.

    No query where no fee is by volume and no repeat can hold; else at most five, for any number of contracts.
    """
    volumes = _volumes({contract: want for contract, want in wants.items() if want.rules.measures}, start)
    chains = _chains(wants, start)
    return {
        contract: replace(want.month, volumes=volumes.get(contract, {}), chains=chains.get(contract, {}))
        for contract, want in wants.items()
    }


class _Links:
    """Which queue-days of the month belong to which contract."""

    def __init__(self, contracts: Collection[int], start: date, end: date) -> None:
        rows = ContractQueue.objects.filter(contract__in=contracts).overlapping(start, end)
        names = ("contract_id", "queue_id", "queue__code", "valid_from", "valid_until")
        self._spans = [
            (contract, queue, code, max(first, start), min(last or end, end))
            for contract, queue, code, first, last in rows.values_list(*names)
        ]

    def days(self, contracts: Collection[int]) -> Q:
        found = Q(pk__in=())
        for contract, queue, _code, first, last in self._spans:
            if contract in contracts:
                found |= Q(queue=queue, date__gte=first, date__lt=last)
        return found

    def contract(self, code: str, day: date) -> int:
        spans = (span for span in self._spans if span[2] == code and span[3] <= day < span[4])
        return next(spans)[0]


def _volumes(wants: Mapping[int, Want], start: date) -> dict[int, dict[str, Decimal]]:
    """Return the month totals of the measures that are billed; one that nobody reported is not there."""
    if not wants:
        return {}
    links = _Links(wants, start, month_after(start))
    moments = {contract: want.as_of for contract, want in wants.items() if want.as_of is not None}
    found: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for contract, measure, value in (*_living(links, wants.keys() - moments), *_frozen(links, moments)):
        if measure in wants[contract].rules.measures and value is not None and not isinstance(value, list):
            found[contract][measure] = found[contract].get(measure, Decimal(0)) + Decimal(value)
    return found


def _living(links: _Links, contracts: Collection[int]) -> Iterable[tuple[int, str, Any]]:
    if not contracts:
        return
    rows = DailyMetric.objects.filter(links.days(contracts)).values_list("queue__code", "date", "measures")
    for code, day, document in rows:
        contract = links.contract(code, day)
        for measure, value in document.items():
            yield contract, measure, value


def _frozen(links: _Links, moments: Mapping[int, datetime]) -> Iterable[tuple[int, str, Any]]:
    if not moments:
        return
    days = DailyMetric.objects.filter(links.days(moments))
    for one in values_as_of_each(days, lambda code, day: moments[links.contract(code, day)]):
        yield links.contract(one.queue, one.date), one.measure, one.value


def _chains(wants: Mapping[int, Want], start: date) -> dict[int, dict[Place, int]]:
    """Return, of what is a default now, how many months before it were defaults in a row.

    A month's final card goes before a later draft of it.
    """
    places = {contract: found for contract, want in wants.items() if (found := _repeatable(want))}
    if not places:
        return {}
    months = _months(places, start, {kpi for found in places.values() for kpi, _queue in found})
    before = [_before(start, number) for number in range(1, LOOKED_BACK + 1)]

    def outcomes(contract: int, place: Place) -> Iterable[Outcome | None]:
        return (_outcome(months.get((contract, month)), place) for month in before)

    return {
        contract: {place: chain_of(outcomes(contract, place)) for place in found} for contract, found in places.items()
    }


def _repeatable(want: Want) -> list[Place]:
    """Return what is a default now, where a repeat is agreed."""
    if not want.rules.repeat_from:
        return []
    places = [(one.kpi, one.queue) for one in want.rules.allocations]
    return [place for place in places if _outcome(want.month, place) is Outcome.DEFAULT]


def _outcome(month: MonthFacts | None, place: Place) -> Outcome | None:
    line = month.line(*place) if month else None
    return line.outcome(is_over=month.is_over) if month and line else None


def _before(start: date, number: int) -> date:
    index = start.year * 12 + start.month - 1 - number
    return date(index // 12, index % 12 + 1, 1)


def _months(contracts: Collection[int], start: date, kpis: Collection[str]) -> Mapping[tuple[int, date], MonthFacts]:
    rows = ScorecardLine.objects.filter(
        scorecard__contract__in=contracts, scorecard__start__lt=start,
        scorecard__start__gte=_before(start, LOOKED_BACK), series__kpi__code__in=kpis,
    ).exclude(scorecard__status=ScorecardStatus.SUPERSEDED)  # fmt: skip
    head = ("scorecard__contract", "scorecard__start", "scorecard__status", "scorecard__version")
    found: dict[tuple[int, date], dict[tuple[bool, int], list[LineFact]]] = defaultdict(lambda: defaultdict(list))
    for contract, month, status, version, *line in line_rows(rows, *head):
        found[contract, month][status not in OPEN_STATUSES, version].append(fact_of(line))
    return {key: MonthFacts(None, "", lines=versions[max(versions)]) for key, versions in found.items()}


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
