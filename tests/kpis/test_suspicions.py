"""Figures that are possible and unlikely: stored, and the sender is told what was found, what is usual, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation
from rest_framework.test import APIClient

from kpis.models import DailyMetric
from kpis.services.feed import suspicions
from kpis.services.submissions import submit
from tests.cast import Cast
from tests.checks import queries_of
from tests.conftest import NOW
from tests.kpis.feed_measures import make_measures
from tests.make import make_figures, make_measure, make_queue
from vendors.actors import SYSTEM
from vendors.errors import Unprocessable
from vendors.models import Holiday, Queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

DAY = date(2026, 11, 16)
"""A Monday."""
MONDAYS = (1043, 983, 889, 866, 990, 940, 998, 1009)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def queue(cast: Cast) -> Queue:
    """A queue with eight Mondays behind it."""
    make_measures()
    for week, offered in enumerate(MONDAYS, start=1):
        make_figures(cast.queue, DAY - timedelta(weeks=week), offered=offered, answered=offered - 20)
    return cast.queue


def row(day: date = DAY, queue: str = "hanbit-order-voice", **measures: Any) -> dict[str, Any]:
    return {"queue": queue, "date": day.isoformat(), "measures": measures}


def warned(*rows: Any, **options: Any) -> list[tuple[int | None, str | None, str]]:
    result = submit(**{"actor": SYSTEM, "now": NOW, **options}, rows=rows)
    assert options.get("dry_run") or result.rows == len(rows)
    return [(warning.row, warning.field, warning.code) for warning in result.warnings]


# Far off this weekday's history ----------------------------------------------------------------------


def test_a_usual_day_is_not_warned_of(queue: Queue) -> None:
    assert warned(row(offered=1_100, answered=1_050)) == []


def test_ten_times_the_usual_is_stored_and_named(queue: Queue) -> None:
    result = submit(actor=SYSTEM, now=NOW, rows=[row(offered=10_430, answered=1_020)])

    (warning,) = result.warnings
    assert (warning.row, warning.field, warning.code) == (0, "offered", "suspicious_value")
    found, usual, cure = "10,430", ("8 days", "Monday", "866 to 1,043", "986"), "send the day again"
    assert all(text in str(warning.detail) for text in (found, *usual, cure))
    assert DailyMetric.objects.get(queue=queue, date=DAY).measures["offered"] == 10_430


def test_it_says_so_in_korean(queue: Queue) -> None:
    with translation.override("ko"):
        (warning,) = submit(actor=SYSTEM, now=NOW, rows=[row(offered=10_430)], dry_run=True).warnings
    assert all(text in str(warning.detail) for text in ("10,430", "월요일", "866", "1,043", "다시"))


def test_another_weekday_has_no_say(queue: Queue) -> None:
    assert warned(row(DAY + timedelta(days=1), offered=10_430)) == []


def test_a_new_queue_is_not_compared(queue: Queue) -> None:
    fresh = make_queue(queue.contract_links.get().contract, "fresh")
    for week in range(1, 6):
        make_figures(fresh, DAY - timedelta(weeks=week), offered=10)
    assert warned(row(queue="fresh", offered=9_999)) == []


def test_days_of_one_body_are_compared_with_each_other(cast: Cast) -> None:
    make_measures()
    weeks = [row(DAY - timedelta(weeks=week), offered=offered) for week, offered in enumerate(MONDAYS)]
    weeks[0]["measures"]["offered"] = 99_000

    assert warned(*weeks) == [(0, "offered", "suspicious_value")]


def test_dry_run_and_partial_warn_as_well(queue: Queue) -> None:
    assert warned(row(offered=99), dry_run=True) == [(0, "offered", "suspicious_value")]
    rows = [row(offered=99), row(queue="nowhere", offered=1)]
    result = submit(actor=SYSTEM, now=NOW, rows=rows, partial=True)
    assert [warning.code for warning in result.warnings] == ["suspicious_value"]
    assert result.status == "partly_accepted"


def test_month_totals_and_withdrawn_values_are_not_compared(queue: Queue) -> None:
    month = {"queue": queue.code, "month": "2026-08", "measures": {"offered": 99_999}}
    assert warned(month) == []
    assert warned(row(offered=None)) == []


# Zeros, repeats, round numbers, wholes ---------------------------------------------------------------


def test_nothing_but_zeros_on_an_open_day(queue: Queue) -> None:
    assert warned(row(offered=0, answered=0)) == [(0, "measures", "zero_on_open_day")]


@pytest.mark.parametrize("why", ["weekday", "holiday", "habit"])
def test_zeros_are_fine_on_a_closed_day_and_where_they_are_usual(cast: Cast, why: str) -> None:
    make_measures()
    if why == "weekday":
        Queue.objects.filter(pk=cast.queue.pk).update(open_weekdays=[2, 3, 4, 5, 6, 7])
    if why == "holiday":
        Queue.objects.filter(pk=cast.queue.pk).update(observes_holidays=True)
        Holiday.objects.create(country="KR", date=DAY, name="A day off")
    if why == "habit":
        make_figures(cast.queue, DAY - timedelta(weeks=1), offered=0, answered=0)
    assert warned(row(offered=0, answered=0)) == []


def test_the_figures_of_the_day_before(cast: Cast) -> None:
    make_measures()
    make_figures(cast.queue, DAY, offered=812, answered=799, abandoned=11, talk_s="200.5")
    again = {"offered": 812, "answered": 799, "abandoned": 11}

    assert warned(row(DAY + timedelta(days=1), **again)) == [(0, "measures", "same_as_day_before")]
    assert warned(row(DAY + timedelta(days=1), **{**again, "abandoned": 12})) == []
    assert warned(row(DAY + timedelta(days=1), offered=812, answered=799)) == []


def test_a_small_queue_may_repeat_itself(cast: Cast) -> None:
    make_measures()
    make_figures(cast.queue, DAY, offered=3, answered=2, abandoned=1)
    assert warned(row(DAY + timedelta(days=1), offered=3, answered=2, abandoned=1)) == []


def test_round_hundreds_for_three_days(cast: Cast) -> None:
    make_measures()
    days = [row(DAY + timedelta(days=number), offered=offered) for number, offered in enumerate((900, 1_100, 1_000))]

    assert warned(*days) == [(2, "offered", "round_numbers")]
    assert warned(row(DAY + timedelta(days=3), offered=1_001)) == []


def test_the_whole_for_three_days(cast: Cast) -> None:
    make_measures()
    days = [row(DAY + timedelta(days=n), offered=90 + n, answered=90 + n) for n in range(3)]

    assert warned(*days) == [(2, "answered", "always_the_whole")]
    assert warned(row(DAY + timedelta(days=3), offered=95, answered=94)) == []


# What it costs ---------------------------------------------------------------------------------------


def test_it_makes_one_query_whatever_the_body(queue: Queue) -> None:
    def queries(days: int) -> int:
        rows = [row(DAY - timedelta(days=day), offered=1_050 + day) for day in range(days)]
        sent = queries_of(lambda: submit(actor=SYSTEM, now=NOW, rows=rows, dry_run=True))
        return len(sent)

    assert queries(2) == queries(7) == queries(60)


def test_it_compares_the_newest_days_of_a_large_body(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspicions, "MOST_VALUES", 3)
    early, late = DAY - timedelta(days=7), DAY
    make_figures(queue, early - timedelta(weeks=8), offered=1_000)

    rows = [row(early, offered=90_000, answered=1), row(late, offered=99_000, answered=1)]

    assert {place for place, _field, _code in warned(*rows)} == {1}


def test_every_warning_has_its_code_place_and_three_texts_in_both_languages(
    api: Callable[[Any], APIClient], cast: Cast
) -> None:
    """The API gives what the service notes, in the caller's language; codes are never translated."""
    make_measures()
    make_measure("other")
    for week, offered in enumerate(MONDAYS, start=1):
        make_figures(cast.queue, DAY - timedelta(weeks=week), offered=offered)
    rows = [row(offered=9, abandoned=0)]
    answers = {}
    for language in ("en", "ko"):
        client = api(cast.ingest_key)
        answers[language] = client.post(
            "/api/v1/submissions/?dry_run=true", {"rows": rows}, headers={"accept-language": language}
        ).json()["warnings"]

    assert [(one["row"], one["field"], one["code"]) for one in answers["ko"]] == [(0, "offered", "suspicious_value")]
    assert answers["en"][0]["code"] == answers["ko"][0]["code"]
    assert answers["en"][0]["detail"] != answers["ko"][0]["detail"]


@pytest.mark.parametrize(("options", "looks"), [({}, 0), ({"dry_run": True}, 0), ({"partial": True}, 1)])
def test_it_does_not_look_at_the_rows_of_a_body_that_is_refused(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], looks: int
) -> None:
    warn, looked = suspicions.warn, []
    monkeypatch.setattr(suspicions, "warn", lambda *given: looked.append(given) or warn(*given))

    with suppress(Unprocessable):
        submit(actor=SYSTEM, now=NOW, rows=[row(offered=9_000), row(queue="nobodys", offered=1)], **options)

    assert len(looked) == looks
