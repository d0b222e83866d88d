"""A KPI before and after: windows of whole weeks, the same mix of days, and what is sure."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from kpis.calc.before_after import Days, Verdict, Windows, compared, windows
from kpis.calc.facts import Direction

MONDAY = date(2026, 3, 2)


def days(first: date, values: list[str], volume: int = 100, weekend: int | None = None) -> Days:
    """Return consecutive days with these values; the weekend may have another volume."""
    found = {}
    for number, value in enumerate(values):
        day = first + timedelta(days=number)
        of_day = weekend if weekend is not None and day.isoweekday() >= 6 else volume
        found[day] = (Decimal(of_day), Decimal(value))
    return found


def test_it_takes_as_many_whole_weeks_on_either_side_at_most_four() -> None:
    after = date(2026, 4, 1)

    assert windows(MONDAY, after, after + timedelta(days=6)) is None
    assert windows(MONDAY, after, after - timedelta(days=40)) is None
    assert windows(MONDAY, after, date(2026, 4, 16)) == Windows(
        (date(2026, 2, 16), MONDAY), (after, date(2026, 4, 15)), 2
    )
    assert windows(MONDAY, after, date(2027, 1, 1)) == Windows(
        (date(2026, 2, 2), MONDAY), (after, date(2026, 4, 29)), 4
    )


def test_it_says_a_change_that_is_larger_than_what_days_stray() -> None:
    before = days(MONDAY, ["250", "254"] * 7)
    after = days(MONDAY + timedelta(days=28), ["244", "248"] * 7)

    found = compared(before, after, 1)

    assert found is not None
    assert (found.before, found.after, found.change) == (Decimal("252.0"), Decimal("246.0"), Decimal("-6.0"))
    # Ten weekdays and four days of weekends a side, each 2 from its mean: 1.96·√2·√(∑ w²·4/(n − 1)).
    assert found.half_width == Decimal("1.6")
    assert (found.volume, found.days, found.is_sure) == ((Decimal(1400), Decimal(1400)), (14, 14), True)


@pytest.mark.parametrize(
    ("direction", "rising", "falling"),
    [
        (Direction.HIGHER, Verdict.BETTER, Verdict.WORSE),
        (Direction.LOWER, Verdict.WORSE, Verdict.BETTER),
        (Direction.ZERO, Verdict.WORSE, Verdict.BETTER),
        (Direction.BAND, Verdict.CHANGED, Verdict.CHANGED),
        (Direction.INFO, Verdict.CHANGED, Verdict.CHANGED),
    ],
)
def test_it_calls_it_better_or_worse_by_the_direction(direction: Direction, rising: Verdict, falling: Verdict) -> None:
    low, high = days(MONDAY, ["70", "71"] * 7), days(MONDAY, ["80", "81"] * 7)
    up, down = compared(low, high, 2), compared(high, low, 2)
    same = compared(low, low, 2)

    assert up is not None
    assert down is not None
    assert same is not None
    assert (up.verdict(direction), down.verdict(direction)) == (rising, falling)
    assert same.verdict(direction) is Verdict.UNSURE


def test_a_busier_weekend_changes_nothing_where_each_kind_of_day_stays() -> None:
    week = ["80"] * 5 + ["60"] * 2
    calm = days(MONDAY, week * 2, volume=100, weekend=50)
    busy = days(MONDAY, week * 2, volume=100, weekend=400)

    found = compared(calm, busy, 2)

    # As it is: 76.67 and 67.69, a fall of 9 that only the mix makes.
    assert found is not None
    assert found.change == 0


def test_a_kind_of_day_that_one_side_lacks_is_compared_on_neither() -> None:
    week = days(MONDAY, ["80"] * 5 + ["10"] * 2)
    weekdays = days(MONDAY + timedelta(days=28), ["82"] * 5)

    found = compared(week, weekdays, 2)

    assert found is not None
    assert (found.before, found.after, found.days) == (Decimal("80.00"), Decimal("82.00"), (5, 5))


def test_too_few_days_of_a_kind_give_no_interval_and_nothing_is_sure() -> None:
    found = compared(days(MONDAY, ["80"] * 7), days(MONDAY + timedelta(days=7), ["90"] * 7), 2)

    assert found is not None
    assert (found.change, found.half_width, found.is_sure) == (Decimal("10.00"), None, False)


@pytest.mark.parametrize(
    "after", [{}, {MONDAY: (Decimal(0), Decimal(5))}, {date(2026, 3, 7): (Decimal(5), Decimal(5))}]
)
def test_without_days_of_the_same_kind_there_is_nothing_to_compare(after: Days) -> None:
    assert compared(days(MONDAY, ["80"] * 5), after, 2) is None
