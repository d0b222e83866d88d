"""The closing calendar, worked by hand: November 2026 (practice §3.5), Seollal and Chuseok with their substitutes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from vendors.calc.closing import (
    KOREAN_DEFAULT,
    ClosingDates,
    ClosingRules,
    business_day,
    closing_dates,
    due_at,
    settles_too_late,
)

KOREAN = ClosingRules.of(KOREAN_DEFAULT)


def korean_dates(year: int, month: int) -> ClosingDates:
    return closing_dates(KOREAN, date(year, month, 1), country_holidays("KR", years=[year, year + 1]))


def test_it_closes_november_2026_before_the_invoice_of_the_tenth() -> None:
    assert korean_dates(2026, 11) == ClosingDates(
        feed_closed_on=date(2026, 12, 2),
        shared_on=date(2026, 12, 3),
        objections_end_on=date(2026, 12, 8),
        final_on=date(2026, 12, 9),
        invoice_by=date(2026, 12, 10),
    )
    assert not korean_dates(2026, 11).misses_the_invoice


def test_it_steps_over_seollal_and_its_substitute_and_says_that_the_invoice_comes_first() -> None:
    # February 2027: Seollal is Sunday the 7th (6th to 8th), Tuesday the 9th stands in for it.
    found = korean_dates(2027, 1)

    assert (found.feed_closed_on, found.shared_on) == (date(2027, 2, 2), date(2027, 2, 3))
    assert (found.objections_end_on, found.final_on) == (date(2027, 2, 10), date(2027, 2, 11))
    assert found.misses_the_invoice


def test_it_steps_over_chuseok_its_substitute_and_the_two_national_days_around_it() -> None:
    # October 2025: the 3rd, Chuseok 5th to 7th, its substitute the 8th, Hangul day the 9th.
    found = korean_dates(2025, 9)

    assert (found.feed_closed_on, found.shared_on) == (date(2025, 10, 2), date(2025, 10, 10))
    assert (found.objections_end_on, found.final_on) == (date(2025, 10, 15), date(2025, 10, 16))


def test_rules_without_a_cut_off_or_windows_ask_nothing_of_a_value() -> None:
    rules = ClosingRules.of({"feed_closed": 2, "of_an_older_version": True})

    assert (rules.feed_closed, rules.daily_cutoff) == (2, None)
    assert rules.asks_nothing_of_a_value
    assert not ClosingRules.of({"backfill_days": 30}).asks_nothing_of_a_value


def test_it_names_no_date_that_the_contract_does_not_name() -> None:
    assert closing_dates(ClosingRules(), date(2026, 11, 1), ()) == ClosingDates()
    assert due_at(ClosingRules(), date(2026, 11, 1), "Asia/Seoul") is None


def test_it_puts_the_cut_off_on_the_next_day_in_the_zone_of_the_centre() -> None:
    due = due_at(KOREAN, date(2026, 11, 30), "Asia/Seoul")

    assert due == datetime(2026, 12, 1, 10, 0, tzinfo=ZoneInfo("Asia/Seoul"))
    assert KOREAN.daily_cutoff == time(10)


@pytest.mark.parametrize(("settle_days", "carried"), [(0, False), (8, False), (9, True), (14, True)])
def test_it_carries_what_settles_after_the_day_a_card_is_final(settle_days: int, carried: bool) -> None:
    # November's card is final on 9 December; a figure of 8 days is settled that day, one of 9 on the 10th.
    assert settles_too_late(KOREAN, date(2026, 11, 1), settle_days, ()) is carried


def test_it_carries_nothing_where_the_contract_names_no_day_for_the_final_card() -> None:
    assert not settles_too_late(ClosingRules(feed_closed=2), date(2026, 11, 1), 90, ())


@given(
    first=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    number=st.integers(1, 20),
    closed=st.sets(st.integers(0, 45), max_size=20),
)
def test_the_next_business_day_is_later_and_each_is_one(first: date, number: int, closed: set[int]) -> None:
    holidays = {first + timedelta(days=offset) for offset in closed}
    day, following = business_day(first, number, holidays), business_day(first, number + 1, holidays)

    assert first <= day < following
    assert day.isoweekday() <= 5
    assert day not in holidays
