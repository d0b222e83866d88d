"""Quiet hours, free days, digests and working hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpo.calc.timing import Hours, after_working_hours, is_free, next_allowed, next_digest

SEOUL = ZoneInfo("Asia/Seoul")
HOLIDAYS = frozenset({date(2026, 3, 2)})
"""A Monday after a weekend."""
ALWAYS = Hours(time(0), time(0), on_free_days=True)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of March 2026, whose first day is a Sunday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        (at(3, 10), Hours(), at(3, 10)),
        (at(3, 7, 59), Hours(), at(3, 8)),
        (at(3, 21), Hours(), at(4, 8)),
        (at(3, 12, 30), Hours(time(12), time(13)), at(3, 13)),
        (at(3, 13), Hours(time(12), time(13)), at(3, 13)),
        (at(6, 22), Hours(), at(9, 8)),
        (at(1, 10), Hours(), at(3, 8)),
        (at(1, 10), Hours(on_free_days=True), at(1, 10)),
        (at(1, 3), ALWAYS, at(1, 3)),
    ],
)
def test_a_message_waits_for_the_end_of_quiet_hours_and_free_days(
    moment: datetime, hours: Hours, expected: datetime
) -> None:
    assert next_allowed(moment, hours, HOLIDAYS) == expected


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        (at(3, 8), Hours(), at(3, 8, 30)),
        (at(3, 8, 30), Hours(), at(4, 8, 30)),
        (at(6, 9), Hours(), at(9, 8, 30)),
        (at(1, 6), Hours(), at(3, 8, 30)),
        (at(1, 6), Hours(on_free_days=True), at(1, 8, 30)),
    ],
)
def test_a_digest_goes_out_on_the_next_working_morning(moment: datetime, hours: Hours, expected: datetime) -> None:
    assert next_digest(moment, time(8, 30), hours, HOLIDAYS) == expected


@pytest.mark.parametrize(
    ("moment", "count", "expected"),
    [
        (at(3, 10), 4, at(3, 14)),
        (at(3, 16), 4, at(4, 11)),
        (at(3, 22), 4, at(4, 13)),
        (at(6, 17), 4, at(9, 12)),
        (at(1, 12), 9, at(3, 18)),
        (at(3, 9), 18, at(4, 18)),
    ],
)
def test_working_hours_are_counted_from_nine_to_six_on_working_days(
    moment: datetime, count: int, expected: datetime
) -> None:
    assert after_working_hours(moment, count, HOLIDAYS) == expected


@given(st.integers(0, 60 * 24 * 14), st.times(), st.times(), st.booleans())
def test_the_next_allowed_moment_is_allowed_and_never_earlier(
    minutes: int, start: time, end: time, is_free_wanted: bool
) -> None:
    moment = at(1, 0) + timedelta(minutes=minutes)
    hours = Hours(start, end, is_free_wanted)

    found = next_allowed(moment, hours, HOLIDAYS)

    assert found >= moment
    assert next_allowed(found, hours, HOLIDAYS) == found
    assert is_free_wanted or not is_free(found.date(), HOLIDAYS)
