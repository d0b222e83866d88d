"""Queues whose history is month totals: a day is compared, coarsely, with the mean of a day open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from kpis.services.submissions import submit
from tests.cast import Cast
from tests.checks import queries_of
from tests.conftest import NOW
from tests.kpis.feed_measures import make_measures
from tests.kpis.test_suspicions import DAY, MONDAYS, row, warned
from tests.make import make_figures, make_measure
from vendors.actors import SYSTEM
from vendors.models import Holiday, Queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def queue(cast: Cast) -> Queue:
    """A queue of Mondays to Fridays with three months behind it: 1,000, 1,100 and 1,200 calls a day open."""
    make_measures()
    Queue.objects.filter(pk=cast.queue.pk).update(open_weekdays=[1, 2, 3, 4, 5])
    # Weekdays in August, September and October 2026: 21, 22 and 22.
    for month, offered in ((8, 21_000), (9, 24_200), (10, 26_400)):
        make_figures(cast.queue, date(2026, month, 1), is_month=True, offered=offered, talk_s="100.5", wait_hist=[1, 2])
    return cast.queue


def test_a_day_far_off_the_mean_is_stored_and_told_to_be_coarse(queue: Queue) -> None:
    result = submit(actor=SYSTEM, now=NOW, rows=[row(offered=11_000)])

    (warning,) = result.warnings
    assert (warning.field, warning.code) == ("offered", "suspicious_value")
    detail = str(warning.detail)
    assert all(text in detail for text in ("11,000", "month totals (3)", "1,000–1,200", "coarse", "send the day again"))
    assert (warning.found, warning.expected) == ("11000", "1000..1200")


def test_it_says_so_in_korean(queue: Queue) -> None:
    with translation.override("ko"):
        (warning,) = submit(actor=SYSTEM, now=NOW, rows=[row(offered=11_000)], dry_run=True).warnings
    assert all(text in str(warning.detail) for text in ("11,000", "월 집계(3개월)", "1,000–1,200", "대략적인"))


@pytest.mark.parametrize("offered", [250, 1_000, 1_150, 3_000, 6_000])
def test_what_a_weekday_may_bring_is_not_warned_of(queue: Queue, offered: int) -> None:
    assert warned(row(offered=offered)) == []


@pytest.mark.parametrize("offered", [150, 6_100, 100_000])
def test_what_no_weekday_brings_is(queue: Queue, offered: int) -> None:
    assert warned(row(offered=offered)) == [(0, "offered", "suspicious_value")]


def test_days_are_the_better_yardstick_where_there_are_enough(queue: Queue) -> None:
    for week, offered in enumerate(MONDAYS[:5], start=1):
        make_figures(queue, DAY - timedelta(weeks=week), offered=offered * 10)
    assert warned(row(offered=10_000)) == [(0, "offered", "suspicious_value")]

    make_figures(queue, DAY - timedelta(weeks=6), offered=9_400)
    assert warned(row(offered=10_000)) == []


def test_only_days_that_were_open_count(queue: Queue) -> None:
    """With all of October's weekdays but one off, its mean is its total."""
    Queue.objects.filter(pk=queue.pk).update(observes_holidays=True)
    for number in range(2, 32):
        Holiday.objects.create(country="KR", date=date(2026, 10, number), name="Closed")

    assert warned(row(offered=30_000)) == []


def test_only_the_twelve_months_before_and_sums_are_looked_at(cast: Cast) -> None:
    make_measures()
    make_measure("backlog", rollup="stock")
    make_figures(cast.queue, date(2025, 10, 1), is_month=True, offered=1)
    make_figures(cast.queue, date(2026, 10, 1), is_month=True, backlog=31)

    assert warned(row(offered=50_000, backlog=50_001)) == []


def test_totals_of_the_same_body_are_taken(cast: Cast) -> None:
    make_measures()
    month: dict[str, Any] = {"queue": cast.queue.code, "month": "2026-10", "measures": {"offered": 310}}

    assert warned(month, row(offered=900)) == [(1, "offered", "suspicious_value")]


def test_small_means_keep_a_decimal(cast: Cast) -> None:
    make_measures()
    make_figures(cast.queue, date(2026, 10, 1), is_month=True, offered=14)

    (warning,) = submit(actor=SYSTEM, now=NOW, rows=[row(offered=90)]).warnings

    assert (warning.expected, "brought 0.5 on" in str(warning.detail)) == ("0.5..0.5", True)


def test_it_costs_no_query_more(queue: Queue) -> None:
    def queries() -> int:
        return len(queries_of(lambda: submit(actor=SYSTEM, now=NOW, rows=[row(offered=1_000)], dry_run=True)))

    with_months = queries()
    queue.daily_metrics.all().delete()
    assert queries() == with_months
