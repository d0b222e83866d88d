"""``queues/`` of the REST API: defaults, links to contracts by date, tenancy."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.cast import Cast
from tests.checks import assert_constant_queries, assert_problem
from tests.make import make_contract, make_queue
from tests.vendors.test_contracts_api import changes  # noqa: F401  # a fixture
from vendors.models import Queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

QUEUES = "/api/v1/queues/"
VOICE = f"{QUEUES}hanbit-order-voice/"


@pytest.fixture
def body() -> dict[str, Any]:
    return {"code": "hanbit-chat", "centre": "hanbit-seoul", "contract": "hanbit-2026", "name": "Chat"}


def links(queue: str) -> list[tuple[str, date, date | None]]:
    rows = Queue.objects.get(code=queue).contract_links.order_by("valid_from")
    return list(rows.values_list("contract__code", "valid_from", "valid_until"))


def test_it_fills_in_every_default(cast: Cast, api: Any, body: dict[str, Any]) -> None:
    answer = api(cast.manager_key).post(QUEUES, body)

    assert answer.status_code == 201, answer.content
    assert answer.json() == body | {
        "service": "",
        "channel": "voice",
        "opened_on": "2026-01-01",
        "closed_on": None,
        "open_weekdays": [1, 2, 3, 4, 5, 6, 7],
        "observes_holidays": False,
    }
    assert links("hanbit-chat") == [("hanbit-2026", date(2026, 1, 1), None)]


def test_it_links_from_the_later_start_until_the_contract_ends(cast: Cast, api: Any, body: dict[str, Any]) -> None:
    make_contract(cast.vendor, "half-year", starts_on=date(2026, 1, 1), ends_on=date(2026, 6, 30))

    api(cast.manager).post(QUEUES, body | {"contract": "half-year", "opened_on": "2026-03-01"})

    assert links("hanbit-chat") == [("half-year", date(2026, 3, 1), date(2026, 7, 1))]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"centre": "narae-busan"}, "centre_of_other_vendor", "centre"),
        ({"contract": "nothing"}, "unknown_contract", "contract"),
        ({"contract": None}, "null", "contract"),
        ({"contract": 5}, "not_a_string", "contract"),
        ({"channel": "any"}, "invalid_choice", "channel"),
        ({"channel": "fax"}, "invalid_choice", "channel"),
        ({"open_weekdays": []}, "min_length", "open_weekdays"),
        ({"open_weekdays": [0]}, "min_value", "open_weekdays.0"),
        ({"open_weekdays": [8]}, "max_value", "open_weekdays.0"),
        ({"open_weekdays": [1, 1]}, "weekday_twice", "open_weekdays"),
        ({"open_weekdays": [True]}, "not_integer", "open_weekdays.0"),
        ({"open_weekdays": [1.5]}, "not_integer", "open_weekdays.0"),
        ({"open_weekdays": "12345"}, "not_a_list", "open_weekdays"),
        ({"closed_on": "2025-12-31"}, "date_order", "closed_on"),
        ({"observes_holidays": "on"}, "not_a_boolean", "observes_holidays"),
    ],
)
def test_it_names_what_is_wrong(
    cast: Cast, api: Any, body: dict[str, Any], wrong: dict[str, Any], code: str, field: str
) -> None:
    answer = api(cast.manager).post(QUEUES, body | wrong)

    assert_problem(answer, 400, code, field=field)
    assert Queue.objects.count() == 2


def test_it_refuses_a_queue_that_opens_after_its_contract(cast: Cast, api: Any, body: dict[str, Any]) -> None:
    make_contract(cast.vendor, "old", starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31))

    answer = api(cast.manager).post(QUEUES, body | {"contract": "old", "opened_on": "2026-01-01"})

    assert_problem(answer, 400, "after_contract", field="contract")
    assert not Queue.objects.filter(code="hanbit-chat").exists()


def test_it_answers_a_foreign_contract_like_one_that_does_not_exist(cast: Cast, api: Any, body: dict[str, Any]) -> None:
    client = api(cast.manager_of_a)

    foreign = client.post(QUEUES, body | {"contract": "narae-2026"})
    missing = client.post(QUEUES, body | {"contract": "narae-2029"})

    details = [assert_problem(answer, 400, "unknown_contract")["detail"] for answer in (foreign, missing)]
    assert details[0].replace("narae-2026", "narae-2029") == details[1]


def test_it_moves_a_queue_from_a_day(cast: Cast, api: Any, changes: Any) -> None:  # noqa: F811
    make_contract(cast.vendor, "next", starts_on=date(2026, 7, 1))
    client = api(cast.manager)

    answer = client.patch(VOICE, {"contract": "next", "valid_from": "2026-12-01"})

    assert answer.json()["contract"] == "hanbit-2026"
    assert links("hanbit-order-voice") == [
        ("hanbit-2026", date(2026, 1, 1), date(2026, 12, 1)),
        ("next", date(2026, 12, 1), None),
    ]
    assert {first_on for _contracts, first_on, _last_on in changes} == {date(2026, 1, 1), date(2026, 12, 1)}


def test_it_moves_from_today_where_no_day_is_named(cast: Cast, api: Any) -> None:
    make_contract(cast.vendor, "next", starts_on=date(2026, 7, 1))

    answer = api(cast.manager).patch(VOICE, {"contract": "next"})

    assert answer.json()["contract"] == "next"
    assert links("hanbit-order-voice")[1] == ("next", date(2026, 11, 23), None)


def test_it_changes_nothing_where_the_queue_is_there_already(cast: Cast, api: Any) -> None:
    assert api(cast.manager).patch(VOICE, {"contract": "hanbit-2026"}).status_code == 200
    assert links("hanbit-order-voice") == [("hanbit-2026", date(2026, 1, 1), None)]


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"contract": "next", "valid_from": "2026-06-30"}, "before_contract"),
        ({"contract": "narae-2026"}, "contract_of_other_vendor"),
        ({"centre": "narae-busan"}, "centre_of_other_vendor"),
        ({"valid_from": "2026-07-01"}, "nothing_from"),
        ({"code": "other"}, "immutable"),
    ],
)
def test_it_refuses_moves_that_make_no_sense(cast: Cast, api: Any, patch: dict[str, Any], code: str) -> None:
    make_contract(cast.vendor, "next", starts_on=date(2026, 7, 1))

    assert_problem(api(cast.manager).patch(VOICE, patch), 400, code)
    assert links("hanbit-order-voice") == [("hanbit-2026", date(2026, 1, 1), None)]


def test_it_refuses_a_move_before_one_that_is_planned(cast: Cast, api: Any) -> None:
    make_contract(cast.vendor, "next", starts_on=date(2026, 7, 1))
    client = api(cast.manager)
    client.patch(VOICE, {"contract": "next", "valid_from": "2026-12-01"})

    answer = client.patch(VOICE, {"contract": "next", "valid_from": "2026-08-01"})

    assert_problem(answer, 400, "later_move", field="valid_from")


def test_it_lets_the_link_follow_the_opening(cast: Cast, api: Any, changes: Any) -> None:  # noqa: F811
    api(cast.manager).patch(VOICE, {"opened_on": "2026-05-01"})

    assert links("hanbit-order-voice") == [("hanbit-2026", date(2026, 5, 1), None)]
    assert changes == [(frozenset({cast.contract.pk}), date(2026, 1, 1), None)]


def test_a_new_name_moves_no_figures(cast: Cast, api: Any, changes: Any) -> None:  # noqa: F811
    api(cast.manager).patch(VOICE, {"name": "Bestellungen"})

    assert changes == []


def test_it_filters(cast: Cast, api: Any) -> None:
    client = api(cast.manager)

    def codes(query: str) -> list[str]:
        return [row["code"] for row in client.get(f"{QUEUES}?{query}").json()["results"]]

    assert codes("vendor=narae") == ["narae-order-voice"]
    assert codes("contract=hanbit-2026") == ["hanbit-order-voice"]
    assert codes("channel=chat") == []
    assert_problem(client.get(f"{QUEUES}?channel=fax"), 400, "bad_query", field="channel")


def test_another_vendors_queue_does_not_exist(cast: Cast, api: Any) -> None:
    assert_problem(api(cast.member).get(f"{QUEUES}narae-order-voice/"), 404, "not_found")
    assert_problem(api(cast.manager_of_b).patch(VOICE, {"name": "X"}), 404, "not_found")
    assert api(cast.outsider).get(QUEUES).json()["count"] == 1


def test_its_list_makes_a_constant_number_of_queries(cast: Cast, api: Any) -> None:
    client = api(cast.manager)

    assert_constant_queries(lambda: client.get(QUEUES), lambda: [make_queue() for _ in range(4)])
    assert_constant_queries(lambda: client.get(VOICE), lambda: [make_queue() for _ in range(4)])
