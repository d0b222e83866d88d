"""The days of reports: business days after the end of what they are about."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpo.models import ReportSubscription
from bpo.queries.report_schedule import due_at, due_period, next_due
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import period_of
from tests.bpo.pages_sample import SEOUL

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("period", "business_day", "start", "due"),
    [
        ("month", 7, date(2026, 10, 1), datetime(2026, 11, 10, 8, 30, tzinfo=SEOUL)),
        ("week", 1, date(2026, 11, 2), datetime(2026, 11, 9, 8, 30, tzinfo=SEOUL)),
        ("year", 10, date(2025, 1, 1), datetime(2026, 1, 15, 8, 30, tzinfo=SEOUL)),
    ],
)
def test_it_is_due_on_its_business_day(period: str, business_day: int, start: date, due: datetime) -> None:
    since = datetime(2026, 1, 1, tzinfo=SEOUL)
    subscription = ReportSubscription(period=period, business_day=business_day, since=since)
    holidays = {date(2026, 1, 1)}

    about = period_of(PeriodKind(period), start)

    assert due_at(subscription, about, holidays) == due
    assert due_period(subscription, due, holidays) == about
    assert due_period(subscription, due - MINUTE, holidays) != about
    assert next_due(subscription, due - MINUTE, holidays) == (about, due)
    assert next_due(subscription, due, holidays)[0] == about.next()


@given(
    day=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    number=st.integers(1, 15),
    period=st.sampled_from(["week", "month", "year"]),
)
def test_the_next_one_is_always_later_and_then_due(day: datetime, number: int, period: str) -> None:
    now = day.replace(tzinfo=SEOUL)
    subscription = ReportSubscription(
        period=period, business_day=number, since=datetime(2019, 1, 1, tzinfo=SEOUL), at=time(8)
    )

    about, due = next_due(subscription, now, ())

    assert due > now
    assert due_period(subscription, due, ()) == about
