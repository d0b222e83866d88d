"""What a settlement needs beside its card: month totals of billed measures, and the months before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.db.models.fields.json import KT

from bpo.calc.settlement import LineFact, MoneyRules, MonthFacts, Outcome
from bpo.calc.settlement.facts import chain_of
from bpo.choices import OF_A_KPI, OPEN_STATUSES, ScorecardStatus
from bpo.models import ScorecardLine
from bpo.queries.card_facts import month_end
from kpis.calc.facts import Direction
from kpis.models import DailyMetric
from kpis.queries.daily_values import values_as_of
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


def month_volumes(
    contract: int, start: date, measures: Collection[str], *, as_of: datetime | None
) -> dict[str, Decimal]:
    """Return the month totals of measures from the ledger; one that nobody reported is not there.

    They are those known at ``as_of`` (when a card was frozen); null: as they stand. No query for no measures.
    """
    if not measures:
        return {}
    end = month_end(start)
    links = ContractQueue.objects.filter(contract=contract).overlapping(start, end)
    days = Q(pk__in=())
    for queue, first, last in links.values_list("queue_id", "valid_from", "valid_until"):
        days |= Q(queue=queue, date__gte=max(first, start), date__lt=min(last or end, end))
    found: dict[str, Decimal] = {}
    for measure, value in _values(DailyMetric.objects.filter(days), as_of):
        if measure in measures and value is not None and not isinstance(value, list):
            found[measure] = found.get(measure, Decimal(0)) + Decimal(value)
    return found


def _values(days: Any, as_of: datetime | None) -> Iterable[tuple[str, Any]]:
    if as_of is not None:
        return ((one.measure, one.value) for one in values_as_of(days, as_of))
    return (pair for document in days.values_list("measures", flat=True) for pair in document.items())


def chains_before(contract: int, start: date, rules: MoneyRules, now: MonthFacts) -> dict[tuple[str, str | None], int]:
    """Return, of what is a default now, how many months before it were defaults in a row.

    One query, and none where no repeat is agreed or nothing is a default. A final card goes before a later draft.
    """
    places = [(one.kpi, one.queue) for one in rules.allocations]
    places = [place for place in places if rules.repeat_from and _outcome(now, place) is Outcome.DEFAULT]
    if not places:
        return {}
    months = _months(contract, start, {kpi for kpi, _queue in places})
    before = [_before(start, number) for number in range(1, LOOKED_BACK + 1)]
    return {
        place: chain_of(_outcome(months[month], place) if month in months else None for month in before)
        for place in places
    }


def _outcome(month: MonthFacts, place: tuple[str, str | None]) -> Outcome | None:
    line = month.line(*place)
    return line.outcome(is_over=month.is_over) if line else None


def _before(start: date, number: int) -> date:
    index = start.year * 12 + start.month - 1 - number
    return date(index // 12, index % 12 + 1, 1)


def _months(contract: int, start: date, kpis: Collection[str]) -> Mapping[date, MonthFacts]:
    rows = ScorecardLine.objects.filter(
        scorecard__contract=contract, scorecard__start__lt=start, scorecard__start__gte=_before(start, LOOKED_BACK),
        kind__in=OF_A_KPI, series__kpi__code__in=kpis,
    ).exclude(scorecard__status=ScorecardStatus.SUPERSEDED).order_by("kind")  # fmt: skip
    names = ("value", "adjusted_value", "minimum", "status", "flags")
    about = ("scorecard__start", "scorecard__status", "scorecard__version", "series__kpi__code", "series__queue__code")
    found: dict[date, dict[tuple[bool, int], list[LineFact]]] = defaultdict(lambda: defaultdict(list))
    read = rows.annotate(way=KT("explanation__label__direction")).values_list(*about, *names, "way")
    for month, status, version, kpi, queue, value, adjusted, minimum, judged, flags, way in read:
        fact = line_fact(
            kpi, queue, value=value, adjusted=adjusted, minimum=minimum, direction=way, status=judged, flags=flags
        )
        found[month][status not in OPEN_STATUSES, version].append(fact)
    return {month: MonthFacts(None, "", lines=versions[max(versions)]) for month, versions in found.items()}
