"""What settles too late for its month's card, and is carried to the next month's (다음 달 반영).

A contract whose closing calendar names the day a card is final cannot wait for figures that settle after it: such a
line is on the card without a figure, and the next month's card has it with the settled one. Decided by the calendar
alone, never by when somebody looks, so that a final card stays what it was when the figure settles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from vendors.calc.closing import settles_too_late
from vendors.calc.months import month_after, month_before
from vendors.models import Contract, ContractTerms
from vendors.queries.closing import closing_calendars
from vendors.querysets import one_of


class Carrying:
    """The calendars of some contracts' months and of the months before; no query where none names a final day."""

    def __init__(self, terms: Iterable[ContractTerms], months: Mapping[int, Iterable[date]]) -> None:
        self.contracts = {row.contract_id for row in terms if row.closing.get("final")}
        wanted = {
            contract: sorted({day for start in starts for day in (start, month_before(start))})
            for contract, starts in months.items()
            if contract in self.contracts
        }
        self._calendars = closing_calendars(wanted)

    def is_carried(self, contract: Contract, start: date, settle_days: int) -> bool:
        """Say whether the month's figure of a KPI that takes ``settle_days`` counts on the next month's card.

        In the last month of a contract there is no next card: its figures are waited for.
        """
        calendar = self._calendars.get((contract.pk, start))
        if calendar is None or not settle_days:
            return False
        if contract.ends_on is not None and contract.ends_on < month_after(start):
            return False
        return settles_too_late(calendar.rules, start, settle_days, calendar.holidays)


def contracts_that_carry(contracts: Iterable[int]) -> set[int]:
    """Return those of the contracts whose terms name the day a card is final, at any time."""
    rows = ContractTerms.objects.filter(contract_id__in=one_of(set(contracts))).exclude(closing={})
    return {contract for contract, closing in rows.values_list("contract_id", "closing") if closing.get("final")}
