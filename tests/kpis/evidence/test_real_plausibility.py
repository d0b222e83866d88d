"""How often ordinary real days are called implausible, and how often a slip of a digit is."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import holidays
import pytest

from kpis.calc.plausibility import far_off
from tests.shared_data import shared_file

Series = dict[date, int]


@cache
def _lines(name: str, **options: str) -> list[dict[str, str]]:
    with shared_file(f"data/{name}").open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text, **options))


@cache
def vancouver(column: str) -> Series:
    return {date.fromisoformat(row["Date"]): int(row[column]) for row in _lines("vancouver_311.csv", delimiter=";")}


def weekdays_before(series: Series, day: date) -> list[int]:
    earlier = (day - timedelta(weeks=week) for week in range(1, 9))
    return [series[one] for one in earlier if one in series]


def compared(series: Series) -> set[date]:
    return {day for day in series if len(weekdays_before(series, day)) >= 6}


def odd(series: Series, times: Decimal = Decimal(1)) -> set[date]:
    return {day for day, value in series.items() if far_off(int(value * times), weekdays_before(series, day))}


def rate(days: Iterable[date], of: Iterable[date]) -> float:
    return len(set(days)) / len(set(of))


def test_ordinary_days_of_fifteen_years_of_vancouvers_311_are_seldom_called_implausible() -> None:
    """Calls offered: 59 of 5,543 days (1.1 %), of which most are public holidays; 0.4 % of the other days."""
    offered = vancouver("CallsOffered")
    closed = holidays.country_holidays("CA", subdiv="BC", years=range(2009, 2025))
    days, found = compared(offered), odd(offered)

    assert rate(found, days) < 0.012
    assert rate((day for day in found if day not in closed), days) < 0.006


@pytest.mark.parametrize("column", ["CallsHandled", "CallsAbandoned"])
def test_the_other_counts_too(column: str) -> None:
    series = vancouver(column)
    assert rate(odd(series), compared(series)) < 0.012


def test_a_digit_too_many_or_too_few_is_found_nearly_always() -> None:
    offered = vancouver("CallsOffered")
    assert rate(odd(offered, Decimal(10)), compared(offered)) > 0.98
    assert rate(odd(offered, Decimal("0.1")), compared(offered)) > 0.85


def of_contracts(column: str) -> Iterator[Series]:
    contracts: dict[str, Series] = {}
    for row in _lines("nhs111_daily/nhs111_daily.csv"):
        if row[column]:
            contracts.setdefault(row["contract_code"], {})[date.fromisoformat(row["date"])] = int(row[column])
    return iter(contracts.values())


def test_of_fourteen_nhs_contracts_only_what_was_not_reported_stands_out() -> None:
    """98 of 1,274 contract-days say 0 for a day that was not reported: all but one stand out, and no other day does."""
    found = days = zeros = seen = 0
    for series in of_contracts("calls_received"):
        reported = {day: value for day, value in series.items() if value}
        days += len(compared(series))
        found += len(odd(reported))
        of_nobody = (series.keys() - reported.keys()) & compared(series)
        zeros, seen = zeros + len(of_nobody), seen + len(of_nobody & odd(series))
    assert days == 1_274
    assert (zeros, found) == (98, 0)
    assert seen >= 95
