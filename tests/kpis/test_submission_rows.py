"""The feed's service: which rows it takes, and what a bad one is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import translation

from kpis.models import DailyMetric
from tests.kpis.feeding import make_voice, refused, row, send
from tests.make import make_actor, make_contract, make_queue
from vendors.actors import KeyRole
from vendors.errors import Unprocessable
from vendors.models import Holiday, Queue


@pytest.fixture
def queue(db: None) -> Queue:
    return make_voice()


# Bad rows ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (True, "not_a_number"),
        ("NaN", "not_a_number"),
        ("sNaN", "not_a_number"),
        ("inf", "not_a_number"),
        ("1_000", "not_a_number"),
        ("1.000,5", "not_a_number"),
        (" 5 ", "not_a_number"),
        ("₩1000", "not_a_number"),
        ("1000원", "not_a_number"),
        ("0x1F", "not_a_number"),
        ("1e3", "not_a_number"),
        ([1], "not_a_number"),
        ({}, "not_a_number"),
        ("１２.５", "non_ascii_number"),
        ("٣", "non_ascii_number"),
        ("1,000", "thousands_separator"),
        ("95%", "percent_sign"),
        ("1.23456789", "too_precise"),
        (1.5, "not_integer"),
        (-1, "out_of_bounds"),
        ("-3", "out_of_bounds"),
        (10**12, "number_range"),
        ("1234567890123", "number_range"),
        ("9" * 2000, "number_too_long"),
        ("", "blank"),
        ("\u200b\u3164", "blank"),
    ],
)
def test_it_refuses_what_is_no_number_of_the_measure(queue: Queue, value: Any, code: str) -> None:
    assert refused(row(offered=value)) == [(0, "offered", code)]


@pytest.mark.parametrize("value", ["0.30000000000000004", 0.30000000000000004, "1.2345678"])
def test_it_refuses_more_decimals_than_it_keeps(queue: Queue, value: Any) -> None:
    assert refused(row(talk_s=value)) == [(0, "talk_s", "too_precise")]


@pytest.mark.parametrize(
    ("value", "stored"), [("-0", 0), (25559.0, 25559), ("25559.0", 25559), (10**12 - 1, 10**12 - 1)]
)
def test_it_takes_whole_numbers_however_written(queue: Queue, value: Any, stored: int) -> None:
    send(row(offered=value))

    assert DailyMetric.objects.get().measures == {"offered": stored}


@pytest.mark.parametrize(
    "day",
    ["2026-02-30", "2025-02-29", "0000-00-00", "20260101", "2026-W01-1", "2026-001", "2026-1-1", "01/02/2026",
     "2026.01.02", "2026년 1월 2일", "２０２６-01-01", "2026-01-01T00:00:00Z", 20260101, "2026-01-01 ", ["2026-01-01"]],
)  # fmt: skip
def test_it_refuses_a_date_in_any_other_notation(queue: Queue, day: Any) -> None:
    assert refused({**row(offered=1), "date": day}) == [(0, "date", "bad_date")]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("9999-12-31", "future_date"),
        ("2026-11-24", "future_date"),
        ("0001-01-01", "before_contract"),
        ("2025-12-31", "before_contract"),
    ],
)
def test_it_refuses_days_that_cannot_have_been_reported(queue: Queue, day: str, code: str) -> None:
    assert refused(row(day, offered=1)) == [(0, "date", code)]


def test_it_counts_days_by_the_centres_own_clock(queue: Queue) -> None:
    just_after_midnight_in_seoul = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)

    assert send(row("2026-11-23", offered=1), at=just_after_midnight_in_seoul).rows == 1
    queue.centre.timezone = "America/Vancouver"
    queue.centre.save()
    assert refused(row("2026-11-23", offered=1), at=just_after_midnight_in_seoul) == [(0, "date", "future_date")]


def test_it_refuses_days_after_the_contract_or_the_queue_ended(queue: Queue) -> None:
    queue.contract_links.update(valid_until=date(2026, 7, 1))
    other = make_queue(make_contract(), "closed", closed_on=date(2026, 6, 30))

    assert send(row("2026-06-30", offered=1), row("2026-06-30", queue=other.code, offered=1)).rows == 2
    assert refused(row("2026-07-01", offered=1), row("2026-07-01", queue="closed", offered=1)) == [
        (0, "date", "after_contract"),
        (1, "date", "after_contract"),
    ]


def test_it_names_every_bad_row_with_its_field(queue: Queue) -> None:
    rows = [
        "no row",
        {"date": "2026-03-02", "measures": {"offered": 1}},
        row(queue=["voice"], offered=1),
        row(ofered=1, agent_id=7, calendar_days=1),
        {**row(offered=1), "valeu": 1, "agent": "Kim"},
        {"queue": "voice", "date": "2026-03-02"},
        {"queue": "voice", "date": "2026-03-02", "measures": {}},
        row(queue="voice ", offered=1),
        {"queue": "voice", "measures": {"offered": 1}},
        {**row(offered=1), "month": "2026-03"},
        row(wait_hist=[1, 2], open_end=3),
        row(wait_hist=5),
        row(wait_hist=[1, 2, -3]),
        row(queue="voise", offered=1),
    ]

    assert refused(*rows) == [
        (0, None, "row_not_object"),
        (1, "queue", "required"),
        (2, "queue", "code_format"),
        (3, "ofered", "unknown_measure"),
        (3, "agent_id", "agent_field"),
        (3, "calendar_days", "system_measure"),
        (4, "valeu", "unknown_field"),
        (4, "agent", "agent_field"),
        (5, "measures", "required"),
        (6, "measures", "required"),
        (7, "queue", "code_format"),
        (8, "date", "required"),
        (9, "month", "date_or_month"),
        (10, "wait_hist", "bucket_count"),
        (11, "wait_hist", "not_a_list"),
        (12, "wait_hist", "out_of_bounds"),
        (13, "queue", "unknown_queue"),
    ]


def test_it_names_both_rows_of_a_duplicate(queue: Queue) -> None:
    with pytest.raises(Unprocessable) as caught:
        send(row(offered=1), row("2026-03-03", offered=1), row(answered=1))

    [error] = caught.value.errors
    assert (error.row, error.code) == (2, "duplicate_in_batch")
    assert "0" in str(error.detail)
    assert "2" in str(error.detail)


def test_it_suggests_only_queues_of_the_actors_own(queue: Queue) -> None:
    stranger = make_queue(make_contract(), "secret-voice")
    actor = make_actor(KeyRole.VENDOR_INGEST, queue.centre.vendor)

    with pytest.raises(Unprocessable) as caught:
        send(row(queue="secret-voice", offered=1), row(queue="secret-voise", offered=1), actor=actor)

    texts = [str(error.detail) for error in caught.value.errors]
    assert [error.code for error in caught.value.errors] == ["unknown_queue", "unknown_queue"]
    assert texts[0].replace("secret-voice", "X") == texts[1].replace("secret-voise", "X")
    assert stranger.code not in texts[1]


def test_it_answers_the_name_of_a_queue_with_its_code(queue: Queue) -> None:
    Queue.objects.filter(pk=queue.pk).update(name="주문 전화")

    with pytest.raises(Unprocessable) as caught:
        send(row(queue="주문 전화", offered=1))

    [error] = caught.value.errors
    assert (error.code, error.expected) == ("unknown_queue", queue.code)
    assert f"“{queue.code}”" in str(error.detail)


def test_it_lists_a_thousand_errors_and_counts_all(queue: Queue) -> None:
    with pytest.raises(Unprocessable) as caught:
        send(*[row(offered=-1) for _ in range(1_500)])

    assert len(caught.value.errors) == 1_000
    assert "1500" in str(caught.value.detail)


# Relations -----------------------------------------------------------------------------------------
def test_it_holds_relations_over_the_merged_document(queue: Queue) -> None:
    send(row(offered=100, answered=90))

    with translation.override("en"), pytest.raises(Unprocessable) as caught:
        send(row(offered=80))

    [error] = caught.value.errors
    assert (error.field, error.code) == ("offered", "numerator_gt_denominator")
    assert "Calls answered (90)" in str(error.detail)
    assert "Calls offered (80)" in str(error.detail)


@pytest.mark.parametrize(
    ("measures", "code"),
    [
        ({"offered": 10, "answered": 11}, "numerator_gt_denominator"),
        ({"offered": 0, "answered": 5}, "zero_denominator"),
        ({"checked": 2, "score_sum": "200.5"}, "relation_broken"),
    ],
)
def test_it_refuses_a_broken_relation(queue: Queue, measures: dict[str, Any], code: str) -> None:
    [(index, _field, found)] = refused(row(**measures))

    assert (index, found) == (0, code)


@pytest.mark.parametrize(
    ("given", "found", "expected"),
    [
        (row(offered="12x"), "12x", "a whole number from 0 to 999999999999"),
        (row(offered=1.5), "1.5", "a whole number from 0 to 999999999999"),
        (row(offered=10, answered=11), "11", "<= 10"),
        (row("02/03/2026", offered=1), "02/03/2026", "YYYY-MM-DD"),
        (row("2099-01-01", offered=1), "2099-01-01", "<= 2026-11-23"),
        (row(queue="voicee", offered=1), "voicee", "voice"),
        (row(ofered=1), "ofered", "offered"),
        (row(offered="9" * 70), "9" * 50 + "…", "a whole number from 0 to 999999999999"),
        (row(agent_id=7), None, None),
    ],
)
def test_it_says_for_programs_what_was_found_and_what_was_expected(
    queue: Queue, given: dict[str, Any], found: str | None, expected: str | None
) -> None:
    with translation.override("en"), pytest.raises(Unprocessable) as caught:
        send(given)

    [error] = caught.value.errors
    assert (error.found, error.expected) == (found, expected)
    known = {name: value for name, value in (("found", found), ("expected", expected)) if value is not None}
    assert error.as_dict().items() >= known.items()
    assert error.as_dict().keys() == {"row", "field", "code", "detail", *known}


def test_it_warns_where_only_a_soft_relation_is_broken(queue: Queue) -> None:
    result = send(row(offered=100, answered=90, abandoned=20))

    [warning] = result.warnings
    assert (warning.row, warning.code) == (0, "relation_broken")
    assert result.new == 3


def test_it_takes_nothing_offered_and_nothing_answered(queue: Queue) -> None:
    assert send(row(offered=0, answered=0)).new == 2


def test_it_warns_about_figures_of_a_closed_day(queue: Queue) -> None:
    Queue.objects.update(open_weekdays=[1, 2, 3, 4, 5], observes_holidays=True)
    Holiday.objects.create(name="Independence Movement Day", date=date(2026, 3, 2))

    result = send(row("2026-03-01", offered=5), row("2026-03-02", offered=5), row("2026-03-03", offered=5))

    assert [(warning.row, warning.code) for warning in result.warnings] == [(0, "holiday_value"), (1, "holiday_value")]
