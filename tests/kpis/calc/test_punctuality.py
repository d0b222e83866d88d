"""The client's own doings: minutes of outage as a union, notice in days, in time or late or unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.punctuality import Punctuality, covered, median, minutes_of, notice_days, punctuality

START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return START + hours * HOUR


@pytest.mark.parametrize(
    ("intervals", "hours"),
    [
        ([], 0),
        ([(1, 3)], 2),
        ([(1, 3), (2, 4)], 3),
        ([(1, 5), (2, 3)], 4),
        ([(1, 2), (2, 3)], 2),
        ([(-5, 1)], 1),
        ([(743, 800)], 1),
        ([(-5, -1), (800, 900)], 0),
    ],
)
def test_every_moment_counts_once_and_only_within_the_period(intervals: list[tuple[int, int]], hours: int) -> None:
    assert covered([(at(first), at(last)) for first, last in intervals], START, END) == hours * HOUR


POINTS = st.integers(min_value=-50, max_value=800)


@given(st.lists(st.tuples(POINTS, POINTS)))
def test_the_union_is_that_of_its_hours(pairs: list[tuple[int, int]]) -> None:
    hours = {hour for first, last in pairs for hour in range(max(first, 0), min(last, 744))}

    assert covered([(at(first), at(last)) for first, last in pairs if first < last], START, END) == len(hours) * HOUR


def test_minutes_have_one_decimal() -> None:
    assert minutes_of(timedelta(hours=2, seconds=9)) == Decimal("120.2")
    assert minutes_of(timedelta(0)) == Decimal("0.0")


@pytest.mark.parametrize(("hours", "days"), [(24 * 7, "7.0"), (24 * 7 - 1, "6.9"), (-5, "0"), (0, "0")])
def test_notice_is_cut_and_never_below_zero(hours: int, days: str) -> None:
    assert notice_days(START - hours * HOUR, START) == Decimal(days)
    assert notice_days(None, START) is None


def test_the_median_of_an_even_number_lies_between() -> None:
    assert median([Decimal(3), Decimal(1), Decimal(2)]) == 2
    assert median([Decimal(4), Decimal(1), Decimal(2), Decimal(3)]) == Decimal("2.5")
    assert median([]) is None


def test_unknown_is_not_late() -> None:
    found = punctuality([True, True, False, None])

    assert found == Punctuality(2, 1, 1)
    assert found.share == Decimal("66.67")
    assert punctuality([None]).share is None
