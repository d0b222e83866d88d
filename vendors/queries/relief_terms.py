"""The relief of external factors that contracts agree to, by date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db.models import F

from vendors.calc.relief import ReliefRules
from vendors.models import ContractTerms
from vendors.querysets import one_of

NO_TERMS = ReliefRules()


class ReliefByDate:
    """The relief rules of some contracts, by the day they hold from; one query."""

    def __init__(self, contracts: Collection[int]) -> None:
        rows = ContractTerms.objects.filter(contract_id__in=one_of(contracts))
        self._rows: dict[int, list[tuple[date, ReliefRules]]] = defaultdict(list)
        dated = rows.order_by(F("valid_from").asc(nulls_first=True))
        for contract, first, document in dated.values_list("contract_id", "valid_from", "relief"):
            self._rows[contract].append((first or date.min, ReliefRules.of(document) if document else NO_TERMS))

    def of_month(self, contract: int, day: date) -> ReliefRules:
        """Return the rules of the month ``day`` lies in: those in force on its first day."""
        start = day.replace(day=1)
        found = [rules for first, rules in self._rows.get(contract, ()) if first <= start]
        return found[-1] if found else NO_TERMS
