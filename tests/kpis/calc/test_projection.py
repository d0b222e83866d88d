"""Where an open period is heading: the worked figures of mathematics §4.7, and what holds for all."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.facts import Direction
from kpis.calc.projection import Course, budget, chance, lost_on
from kpis.calc.run_rate import Outcome

PERCENT = (Decimal(0), Decimal(100))
FIRST = date(2026, 11, 16)


def course(
    hits: str,
    volume: int,
    remaining: int,
    target: str,
    direction: Direction = Direction.HIGHER,
    bounds: tuple[Decimal | None, Decimal | None] = PERCENT,
) -> Course:
    """Return a period of a percentage with ``hits`` out of ``volume`` so far."""
    value = 100 * Decimal(hits) / volume
    return Course(value, Decimal(volume), Decimal(remaining), Decimal(target), direction, bounds)


SERVICE_LEVEL = course("15180", 19_500, 10_500, "80")
"""Month to date 77.846 %, 80 % wanted, 10,500 calls still expected."""
BURNING = course("14800", 20_000, 20_000, "80")
"""40,000 planned at 80 %; after 20,000 calls 5,200 were missed."""


def test_the_rest_needs_84_percent_and_more_where_fewer_calls_come() -> None:
    needed = [SERVICE_LEVEL.needed_if(Decimal(calls)) for calls in (8_000, 10_500, 13_000)]

    assert [round(found.rate, 2) for found in needed if found] == [Decimal("85.25"), Decimal("84"), Decimal("83.23")]
    assert SERVICE_LEVEL.needed == needed[1]


def test_the_month_can_still_end_between_50_6_and_85_6() -> None:
    low, high = SERVICE_LEVEL.attainable()

    assert low is not None
    assert high is not None
    assert (round(low, 1), round(high, 1)) == (Decimal("50.6"), Decimal("85.6"))


def test_without_an_upper_bound_there_is_no_end_to_what_it_can_reach() -> None:
    handling = course("2", 1, 1, "240", Direction.LOWER, (Decimal(0), None))

    assert handling.attainable() == (Decimal(100), None)
    assert handling.worst is None


def test_at_80_percent_the_month_ends_at_78_6() -> None:
    assert round(SERVICE_LEVEL.ends_at(Decimal(80)), 9) == Decimal("78.6")


@pytest.mark.parametrize(("rate", "expected"), [("80", "0.0000"), ("83", "0.1587"), ("84", "0.5000")])
def test_the_chance_follows_the_distance_to_what_is_needed(rate: str, expected: str) -> None:
    found = chance(Decimal(rate), Decimal(84), Decimal(3), 9, Direction.HIGHER)

    assert found == Decimal(expected)


def test_the_chance_is_turned_round_where_low_is_good() -> None:
    assert chance(Decimal(5), Decimal(4), Decimal(3), 9, Direction.LOWER) == Decimal("0.1587")
    assert chance(Decimal(4), Decimal(4), Decimal(0), 9, Direction.LOWER) == 1
    assert chance(Decimal(5), Decimal(4), Decimal(0), 9, Direction.LOWER) == 0


def test_there_is_no_chance_where_no_day_is_left_or_neither_side_is_better() -> None:
    assert chance(Decimal(5), Decimal(4), Decimal(3), 0, Direction.LOWER) is None
    assert chance(Decimal(5), Decimal(4), Decimal(3), 9, Direction.BAND) is None


def test_8000_misses_are_allowed_and_burn_at_1_30() -> None:
    found = budget(BURNING, scale=Decimal(100))

    assert found is not None
    assert (found.allowed, found.used, found.left, found.burn) == (8_000, 5_200, 2_800, Decimal("1.30"))
    assert BURNING.needed is not None
    assert BURNING.needed.rate == Decimal(86)


def test_ten_more_leavers_are_allowed() -> None:
    """Attrition of 30 % a year, 100 heads, 210 of 365 days used, 20 leavers: 10 more, 23.55 % for the rest."""
    scale = Decimal(36_500)
    so_far = scale * 20 / 21_000
    attrition = Course(so_far, Decimal(21_000), Decimal(15_500), Decimal(30), Direction.LOWER, (Decimal(0), None))

    found = budget(attrition, scale=scale)

    assert found is not None
    assert round(found.left, 9) == 10
    assert attrition.needed is not None
    assert round(attrition.needed.rate, 2) == Decimal("23.55")


def test_a_target_that_allows_no_miss_has_no_burn() -> None:
    found = budget(course("99", 100, 100, "100"), scale=Decimal(100))

    assert found is not None
    assert (found.allowed, found.used, found.burn) == (0, 1, None)


def test_a_kpi_without_a_best_value_has_no_budget() -> None:
    without = course("1", 1, 1, "80", bounds=(Decimal(0), None))

    assert budget(without, scale=Decimal(100)) is None
    assert lost_on(without, Decimal(0), [(FIRST, Decimal(1))]) is None


def test_at_this_pace_the_target_is_out_of_reach_when_8000_calls_are_missed() -> None:
    """2,800 misses are left and 26 % are missed: gone after 10,769 more calls, on the eleventh day of 1,000."""
    coming = [(FIRST + timedelta(days=number), Decimal(1_000)) for number in range(20)]

    assert lost_on(BURNING, Decimal(74), coming) == FIRST + timedelta(days=10)
    assert lost_on(BURNING, Decimal(86), coming) is None
    assert lost_on(BURNING, Decimal(100), coming) is None


def test_what_is_lost_already_is_lost_with_the_next_day() -> None:
    lost = course("5000", 20_000, 1_000, "80")

    assert lost.needed is not None
    assert lost.needed.outcome is Outcome.OUT_OF_REACH
    assert lost_on(lost, Decimal(74), [(FIRST, Decimal(10))]) == FIRST


def test_what_is_clinched_is_never_lost() -> None:
    clinched = course("8100", 10_000, 105, "80")

    assert clinched.needed is not None
    assert (round(clinched.needed.rate, 2), clinched.needed.outcome) == (Decimal("-15.24"), Outcome.CLINCHED)
    assert lost_on(clinched, Decimal(0), [(FIRST, Decimal(105))]) is None


@given(
    hits=st.integers(0, 5_000),
    target=st.integers(1, 99),
    rate=st.integers(0, 100),
    days=st.lists(st.integers(1, 400), min_size=1, max_size=25),
    direction=st.sampled_from([Direction.HIGHER, Direction.LOWER]),
)
def test_the_day_it_is_lost_is_the_first_after_which_the_rest_cannot_save_it(
    hits: int, target: int, rate: int, days: list[int], direction: Direction
) -> None:
    coming = [(FIRST + timedelta(days=number), Decimal(volume)) for number, volume in enumerate(days)]
    start = course(str(hits), 5_000, sum(days), str(target), direction)

    def is_lost(number: int) -> bool:
        """Say whether not even the best of all days saves it after so many at the rate."""
        passed = sum(days[:number])
        short = target * (5_000 + sum(days)) - 100 * hits - rate * passed
        return short > 100 * sum(days[number:]) if direction is Direction.HIGHER else short < 0

    lost = lost_on(start, Decimal(rate), coming)

    assert lost == next((coming[number - 1][0] for number in range(1, len(days) + 1) if is_lost(number)), None)
