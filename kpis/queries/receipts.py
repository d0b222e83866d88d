"""What a receipt says beside what was stored: how the months it reported for stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kpis.calc.facts import QueueDay
from kpis.models import Submission
from kpis.queries.outlook import KpiOutlook, outlooks
from vendors.models import Contract

Spans = Mapping[int, tuple[date, date]]
"""By contract id, the first and the last day that was reported."""
MOST_CONTRACTS = 5
"""Contracts whose months one receipt shows."""


@dataclass(frozen=True, slots=True)
class ContractOutlook:
    """How one contract stands on its latest day and in that month."""

    contract: Contract
    day: date
    kpis: Sequence[KpiOutlook]

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
    shown = [ContractOutlook(contract, days[pk], found[pk]) for pk, contract in contracts.items() if found[pk]]
    return sorted(shown, key=lambda one: one.contract.name)


def spans_of(submission: Submission) -> dict[int, tuple[date, date]]:
    """Return the first and last day of each contract the submission reported for."""
    spans = submission.result.get("spans", {})
    return {int(pk): (date.fromisoformat(first), date.fromisoformat(last)) for pk, (first, last) in spans.items()}
