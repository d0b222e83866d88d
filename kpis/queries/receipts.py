"""What a receipt says beside what was stored: how the months it reported for stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kpis.calc.facts import QueueDay
from kpis.models import DailyMetric, Submission
from kpis.queries.outlook import KpiOutlook, outlooks
from vendors.models import Contract, ContractQueue

Spans = Mapping[int, tuple[date, date]]
"""By contract id, the first and the last day that was reported."""
MOST_CONTRACTS = 20
"""Contracts whose months one receipt shows."""


@dataclass(frozen=True, slots=True)
class ContractOutlook:
    """How one contract stands on its latest day and in that month."""

    contract: Contract
    day: date
    kpis: Sequence[KpiOutlook]
    is_month: bool = False
    """Whether the month came as its total: then ``day`` is only the first of it."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for the API."""
        return {"contract": self.contract.code, "date": self.day, "kpis": [row.as_dict() for row in self.kpis]}


def contract_outlooks(spans: Spans, now: datetime, changed: Collection[QueueDay] = ()) -> list[ContractOutlook]:
    """Return the outlook of each contract on the last of its days; ``spans`` are ``{contract id: (first, last)}``.

    ``changed`` are queue-days that are not stored yet, as they would be.
    """
    contracts = Contract.objects.in_bulk(list(spans)[:MOST_CONTRACTS])
    days = {pk: spans[pk][1] for pk in contracts}
    found = outlooks(days, now=now, changed=changed)
    totals = month_totals(days, changed)
    shown = [
        ContractOutlook(contract, days[pk], found[pk], pk in totals) for pk, contract in contracts.items() if found[pk]
    ]
    return sorted(shown, key=lambda one: one.contract.name)


def month_totals(days: Mapping[int, date], changed: Collection[QueueDay] = ()) -> frozenset[int]:
    """Return the contracts of which the month of their day in ``days`` is known as a total; two queries.

    ``changed`` are queue-days that are not stored yet.
    """
    links = ContractQueue.objects.filter(contract__in=days).order_by().values_list("queue_id", "contract_id")
    of_queue: dict[int, set[int]] = defaultdict(set)
    for queue, contract in links:
        of_queue[queue].add(contract)
    months = {day.replace(day=1) for day in days.values()}
    stored = DailyMetric.objects.filter(queue__in=of_queue, date__in=months, is_month=True).order_by()
    totals = set(stored.values_list("queue_id", "date")) | {(row.queue, row.date) for row in changed if row.is_month}
    return frozenset(
        contract
        for queue, month in totals
        for contract in of_queue.get(queue, ())
        if days[contract].replace(day=1) == month
    )


def spans_of(submission: Submission) -> dict[int, tuple[date, date]]:
    """Return the first and last day of each contract the submission reported for."""
    spans = submission.result.get("spans", {})
    return {int(pk): (date.fromisoformat(first), date.fromisoformat(last)) for pk, (first, last) in spans.items()}
