"""The closing calendar as a contract's terms: what may be written, by whom, and what both sides read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.cast import Cast
from tests.checks import assert_problem
from tests.make import make_actor, make_contract, make_queue
from vendors import clock
from vendors.models import ContractTerms, Holiday
from vendors.queries.closing import RulesByDate, closing_calendar
from vendors.services.contracts import change_contract

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
CONTRACT = "/api/v1/contracts/hanbit-2026/"


def test_a_contract_without_a_calendar_names_no_dates(cast: Cast, api: Callable[[Any], Any]) -> None:
    answer = api(cast.member).get(CONTRACT).json()

    assert answer["closing"] == {}
    assert [row["start"] for row in answer["calendar"]] == ["2026-10-01", "2026-11-01"]
    assert {value for row in answer["calendar"] for name, value in row.items() if name.endswith("_on")} == {None}


def test_the_proposal_is_applied_in_one_step_and_both_sides_read_the_dates(
    cast: Cast, api: Callable[[Any], Any]
) -> None:
    made = api(cast.manager).patch(CONTRACT, {"closing": "korean_default"}, format="json")
    assert made.status_code == 200, made.content

    for reader in (cast.manager, cast.member, cast.executive):
        _october, november = api(reader).get(CONTRACT).json()["calendar"]
        assert november == {
            "start": "2026-11-01",
            "daily_cutoff": "10:00",
            "feed_closed_on": "2026-12-02",
            "shared_on": "2026-12-03",
            "objections_end_on": "2026-12-08",
            "final_on": "2026-12-09",
            "invoice_by": "2026-12-10",
            "misses_the_invoice": False,
        }


def test_the_rules_of_a_month_are_those_of_its_first_day(cast: Cast) -> None:
    change_contract(
        cast.contract,
        {"closing": {"feed_closed": 4}},
        valid_from=date(2026, 11, 15),
        actor=make_actor(),
        now=clock.now(),
    )

    rules = RulesByDate([cast.contract.pk])
    assert rules.on(cast.contract.pk, date(2026, 11, 1)).feed_closed is None
    assert rules.on(cast.contract.pk, date(2026, 12, 1)).feed_closed == 4


def test_the_days_are_those_of_the_centres_calendar_as_people_edited_it() -> None:
    contract = make_contract(closing={"feed_closed": 2})
    queue = make_queue(contract)
    Holiday.objects.create(country="KR", date=date(2026, 12, 1), name="Temporary holiday")
    assert closing_calendar(contract.pk, date(2026, 11, 1)).dates.feed_closed_on == date(2026, 12, 3)

    Holiday.objects.create(country="KR", centre=queue.centre, date=date(2026, 12, 1), name="Open", is_open=True)
    assert closing_calendar(contract.pk, date(2026, 11, 1)).dates.feed_closed_on == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("closing", "code", "field"),
    [
        ("martian_default", "invalid_choice", "closing"),
        ([], "not_object", "closing"),
        (7, "not_object", "closing"),
        ({"closes": 2}, "unknown_field", "closing.closes"),
        ({"daily_cutoff": "25:00"}, "bad_time", "closing.daily_cutoff"),
        ({"daily_cutoff": 10}, "bad_time", "closing.daily_cutoff"),
        ({"feed_closed": 0}, "number_range", "closing.feed_closed"),
        ({"feed_closed": 21}, "number_range", "closing.feed_closed"),
        ({"feed_closed": True}, "number_range", "closing.feed_closed"),
        ({"feed_closed": "2"}, "number_range", "closing.feed_closed"),
        ({"invoice_day": 31}, "number_range", "closing.invoice_day"),
        ({"backfill_days": -1}, "number_range", "closing.backfill_days"),
        ({"feed_closed": 3, "shared": 2}, "order", "closing.shared"),
        ({"free_correction_days": 9, "correction_days": 3}, "order", "closing.correction_days"),
        ({"share_automatically": "yes"}, "not_a_boolean", "closing.share_automatically"),
        ({"share_automatically": True}, "required", "closing.share_automatically"),
    ],
)
def test_it_refuses_what_is_no_calendar(
    cast: Cast, api: Callable[[Any], Any], closing: Any, code: str, field: str
) -> None:
    answer = api(cast.manager).patch(CONTRACT, {"closing": closing}, format="json")

    assert_problem(answer, 400, code, field=field)
    assert ContractTerms.objects.get(contract=cast.contract).closing == {}


def test_zero_days_are_a_limit_and_empty_fields_are_off(cast: Cast, api: Callable[[Any], Any]) -> None:
    closing = {"backfill_days": 0, "feed_closed": None, "daily_cutoff": "", "share_automatically": False}
    assert api(cast.manager).patch(CONTRACT, {"closing": closing}, format="json").status_code == 200

    assert ContractTerms.objects.get(contract=cast.contract).closing == {"backfill_days": 0}
