from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period, is_over, is_settled, period_of, periods_between

days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
kinds = st.sampled_from(PeriodKind)


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        ("day", date(2026, 3, 4), date(2026, 3, 5)),
        ("week", date(2026, 3, 2), date(2026, 3, 9)),
        ("month", date(2026, 3, 1), date(2026, 4, 1)),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1)),
        ("year", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_it_finds_the_period_of_a_day(kind, start, end):
    assert period_of(PeriodKind(kind), date(2026, 3, 4)) == Period(PeriodKind(kind), start, end)


def test_it_begins_weeks_on_monday_across_the_year():
    week = period_of(PeriodKind.WEEK, date(2027, 1, 1))

    assert (week.start, week.last) == (date(2026, 12, 28), date(2027, 1, 3))


def test_it_has_its_days_and_neighbours():
    february = period_of(PeriodKind.MONTH, date(2026, 2, 3))

    assert [day.day for day in february.dates()] == list(range(1, 29))
    assert (february.previous().start, february.next().start) == (date(2026, 1, 1), date(2026, 3, 1))


def test_it_knows_leap_days():
    assert period_of(PeriodKind.MONTH, date(2028, 2, 3)).length == 29


def test_it_lists_every_period_that_holds_a_day_of_the_range():
    months = periods_between(PeriodKind.MONTH, date(2025, 11, 30), date(2026, 2, 1))

    assert [month.start for month in months] == [
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]
    assert periods_between(PeriodKind.MONTH, date(2026, 2, 2), date(2026, 2, 1)) == []


@given(kinds, days)
def test_it_tiles_the_calendar_without_gap_or_overlap(kind, day):
    period = period_of(kind, day)

    assert day in period
    assert list(period.dates())[-1] == period.last
    assert period.next().start == period.end
    assert period.next().previous() == period
    assert period.previous().end == period.start


def test_it_settles_a_period_only_after_its_days():
    march = period_of(PeriodKind.MONTH, date(2026, 3, 1))

    assert not is_over(march, march.last)
    assert is_over(march, march.end)
    assert not is_settled(march, march.end + timedelta(days=6), 7)
    assert is_settled(march, march.end + timedelta(days=7), 7)
