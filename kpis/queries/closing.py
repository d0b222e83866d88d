"""How months stand: closed, or open for figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from kpis.models import MonthClose
from vendors.querysets import one_of

Month = tuple[int, date]
"""A contract's id and the first day of a month."""


def last_acts(contracts: Collection[int], starts: Collection[date]) -> dict[Month, MonthClose]:
    """Return the act that says how each month stands; months nobody closed are missing. One query."""
    rows = MonthClose.objects.filter(contract_id__in=one_of(contracts), start__in=starts).order_by("number")
    return {(row.contract_id, row.start): row for row in rows}


def closed_months(months: Iterable[Month]) -> set[Month]:
    """Return those of the months that are closed now, in one query."""
    wanted = set(months)
    if not wanted:
        return set()
    acts = last_acts({contract for contract, _start in wanted}, {start for _contract, start in wanted})
    return {month for month, act in acts.items() if act.is_closed and month in wanted}
