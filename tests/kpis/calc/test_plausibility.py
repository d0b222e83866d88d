"""What stands out: worked cases, properties, and how often ordinary real days are called implausible."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import holidays
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.calc.plausibility import Usual, far_off, far_off_means

DATA = Path(__file__).parents[4] / "shared" / "data"
MONDAYS = [1043, 983, 889, 866, 990, 940, 998, 1009]
Series = dict[date, int]


@pytest.mark.parametrize("value", [0, 100, 400, 2400, 9400])
def test_a_tenth_or_ten_times_the_usual_stands_out(value: int) -> None:
    assert far_off(value, MONDAYS) == Usual(866, Decimal("986.5"), 1043)


@pytest.mark.parametrize("value", [866, 986, 1043, 500, 1_200, 1_900])
def test_a_busy_or_a_quiet_day_does_not(value: int) -> None:
    assert far_off(value, MONDAYS) is None


def test_nothing_is_said_with_less_than_six_days() -> None:
    assert far_off(10_000, MONDAYS[:5]) is None
    assert far_off(10_000, MONDAYS[:6]) is not None


def test_small_counts_may_jump() -> None:
    """Of two calls a day usually, eleven are chance; six times the root of the median is what counting explains."""
    assert far_off(10, [2, 2, 2, 2, 2, 2, 2, 2]) is None
    assert far_off(40, [2, 2, 2, 2, 2, 2, 2, 2]) is not None


def test_what_usually_swings_may_swing() -> None:
    waits = [73_360, 43_796, 60_379, 821, 58_493, 106_380, 135_234, 13_422]
    assert far_off(400, waits) is None
    assert far_off(300_000, waits) is None


def test_decimals_are_compared_exactly() -> None:
    history = [Decimal("10.5")] * 8
    assert far_off(Decimal("10.6"), history) is None
    assert far_off(Decimal("105.0"), history) == Usual(Decimal("10.5"), Decimal("10.5"), Decimal("10.5"))


@pytest.mark.parametrize(("value", "is_far"), [(15, True), (25, False), (600, False), (700, True), (0, True)])
def test_means_of_months_are_a_coarse_yardstick(value: int, is_far: bool) -> None:
    means = [Decimal(110), Decimal(100), Decimal(120)]
    usual = Usual(Decimal(100), Decimal(110), Decimal(120))

    assert far_off_means(value, means) == (usual if is_far else None)


def test_without_means_or_beyond_what_counting_explains_nothing_is_said() -> None:
    assert far_off_means(10_000, []) is None
    assert far_off_means(6, [Decimal("0.5")]) is None
    assert far_off_means(7, [Decimal("0.5")]) is not None


counts = st.integers(0, 10**12)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(counts, max_size=8), counts)
def test_it_never_fails_and_never_blames_what_was_there_before(history: list[int], value: int) -> None:
    found = far_off(value, history)
    if found:
        assert not found.low <= value <= found.high
        assert found.low <= found.middle <= found.high
    assert not any(far_off(one, history) for one in history)


@given(st.lists(counts, min_size=6, max_size=8), counts)
def test_the_order_of_the_days_does_not_matter(history: list[int], value: int) -> None:
    assert far_off(value, history) == far_off(value, history[::-1])


# Real figures ----------------------------------------------------------------------------------------


@cache
def lines(name: str, **options: str) -> list[dict[str, str]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not here: the real figures are not part of the product")
    with path.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text, **options))


@cache
def vancouver(column: str) -> Series:
    return {date.fromisoformat(row["Date"]): int(row[column]) for row in lines("vancouver_311.csv", delimiter=";")}


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
    for row in lines("nhs111_daily/nhs111_daily.csv"):
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
