"""The months around a day."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from vendors.calc.months import month_after, month_before


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_a_day_lies_between_the_months_around_its_own(day: date) -> None:
    first, following = day.replace(day=1), month_after(day)

    assert month_before(day) < first <= day < following
    assert month_before(following) == first == month_after(month_before(day))
    assert {following.day, month_before(day).day} == {1}
