"""``contracts/`` of the REST API: the contract, its terms by date, its queues."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.cast import Cast
from tests.checks import assert_constant_queries, assert_problem
from tests.make import make_queue
from vendors.models import Contract
from vendors.services.changes import on_setup_change

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

CONTRACTS = "/api/v1/contracts/"
HANBIT = f"{CONTRACTS}hanbit-2026/"

DEFAULTS = {
    "ends_on": None,
    "currency": "KRW",
    "missing_day_policy": "exclude",
    "completeness_bar": "95.00",
    "missing_policy": {"no_volume": "renormalise", "client_caused": "renormalise", "no_data": "zero"},
    "gates": [],
    "grades": [
        {"grade": "S", "from": "95"},
        {"grade": "A", "from": "90"},
        {"grade": "B", "from": "80"},
        {"grade": "C", "from": "70"},
        {"grade": "D", "from": "0"},
    ],
    "closing": {},
    "relief": {},
    "providers": {},
    "second_check": "off",
    "target_approval": False,
    "is_pilot": False,
    "queues": [],
}


@pytest.fixture
def changes() -> Any:
    told: list[tuple[frozenset[int], date, date | None]] = []

    def remember(contract_ids: frozenset[int], first_on: date, last_on: date | None) -> None:
        told.append((contract_ids, first_on, last_on))

    take_back = on_setup_change(remember)
    yield told
    take_back()


def test_it_fills_in_every_default(cast: Cast, api: Any) -> None:
    body = {"code": "hanbit-2027", "vendor": "hanbit", "name": "2027", "starts_on": "2027-01-01"}

    answer = api(cast.manager_key).post(CONTRACTS, body)

    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert [month["start"] for month in shown.pop("calendar")] == ["2026-12-01", "2027-01-01"]
    assert shown == DEFAULTS | body


def test_it_keeps_what_is_sent(cast: Cast, api: Any) -> None:
    body = {
        "code": "hanbit-2027",
        "vendor": "hanbit",
        "name": "2027",
        "starts_on": "2027-01-01",
        "ends_on": "2027-12-31",
        "currency": "USD",
        "missing_day_policy": "minimum",
        "completeness_bar": 97.5,
        "missing_policy": {"no_data": "minimum"},
        "gates": [{"kind": "cap_grade", "value": "B", "label": "Leak", "kpi": "leaks", "above": 0}],
        "grades": [{"grade": "A", "from": 90}, {"grade": "B", "from": "0"}],
        "is_pilot": True,
    }

    answer = api(cast.manager_key).post(CONTRACTS, body).json()

    del answer["calendar"]
    assert answer == body | {"closing": {}, "relief": {}, "providers": {}} | {
        "second_check": "off",
        "target_approval": False,
        "completeness_bar": "97.50",
        "missing_policy": DEFAULTS["missing_policy"] | {"no_data": "minimum"},
        "gates": [{"kind": "cap_grade", "value": "B", "label": "Leak", "kpi": "leaks", "above": "0"}],
        "grades": [{"grade": "A", "from": "90"}, {"grade": "B", "from": "0"}],
        "queues": [],
    }


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"starts_on": None}, "null", "starts_on"),
        ({"starts_on": "2027-02-30"}, "bad_date", "starts_on"),
        ({"starts_on": "0000-00-00"}, "bad_date", "starts_on"),
        ({"starts_on": "20270101"}, "bad_date", "starts_on"),
        ({"starts_on": "2027-W01-1"}, "bad_date", "starts_on"),
        ({"starts_on": "2027-001"}, "bad_date", "starts_on"),
        ({"starts_on": "2027-1-1"}, "bad_date", "starts_on"),
        ({"starts_on": "01/02/2027"}, "bad_date", "starts_on"),
        ({"starts_on": "２０２７-01-01"}, "bad_date", "starts_on"),
        ({"starts_on": "2027-01-01T00:00:00Z"}, "bad_date", "starts_on"),
        ({"starts_on": 20270101}, "bad_date", "starts_on"),
        ({"starts_on": "2027-01-01 "}, "bad_date", "starts_on"),
        ({"ends_on": "9999-12-31"}, "date_range", "ends_on"),
        ({"ends_on": "2026-12-31"}, "date_order", "ends_on"),
        ({"currency": "won"}, "bad_currency", "currency"),
        ({"missing_day_policy": "guess"}, "invalid_choice", "missing_day_policy"),
        ({"missing_day_policy": True}, "invalid_choice", "missing_day_policy"),
        ({"completeness_bar": 101}, "max_value", "completeness_bar"),
        ({"completeness_bar": -1}, "min_value", "completeness_bar"),
        ({"completeness_bar": True}, "not_a_number", "completeness_bar"),
        ({"completeness_bar": "９５"}, "non_ascii_number", "completeness_bar"),
        ({"completeness_bar": "1_0"}, "not_a_number", "completeness_bar"),
        ({"completeness_bar": "1,000"}, "thousands_separator", "completeness_bar"),
        ({"completeness_bar": "95%"}, "percent_sign", "completeness_bar"),
        ({"completeness_bar": " 5 "}, "not_a_number", "completeness_bar"),
        ({"completeness_bar": "0x1F"}, "not_a_number", "completeness_bar"),
        ({"completeness_bar": "NaN"}, "not_a_number", "completeness_bar"),
        ({"completeness_bar": "-Infinity"}, "not_a_number", "completeness_bar"),
        ({"completeness_bar": "9" * 2000}, "number_too_long", "completeness_bar"),
        ({"completeness_bar": "1e9"}, "number_range", "completeness_bar"),
        ({"completeness_bar": 95.123}, "too_precise", "completeness_bar"),
        ({"completeness_bar": [1]}, "not_a_number", "completeness_bar"),
        ({"is_pilot": "yes"}, "not_a_boolean", "is_pilot"),
        ({"is_pilot": 1}, "not_a_boolean", "is_pilot"),
        ({"queues": []}, "read_only_field", "queues"),
        ({"missing_policy": []}, "not_object", "missing_policy"),
        ({"missing_policy": {"rain": "zero"}}, "unknown_field", "missing_policy.rain"),
        ({"missing_policy": {"no_data": "guess"}}, "invalid_choice", "missing_policy.no_data"),
        ({"grades": {}}, "grades", "grades"),
        ({"grades": []}, "grades", "grades"),
        ({"grades": [{"grade": "A"}]}, "grades", "grades.0"),
        ({"grades": [{"grade": "A", "from": 10}]}, "grade_gap", "grades"),
        ({"grades": [{"grade": "A", "from": 0}, {"grade": "B", "from": 0}]}, "grade_order", "grades"),
        ({"grades": [{"grade": "A", "from": 9}, {"grade": "A", "from": 0}]}, "grade_twice", "grades"),
        ({"grades": [{"grade": "A", "from": "x"}]}, "not_a_number", "grades.0.from"),
        ({"gates": {}}, "gates", "gates"),
        ({"gates": ["cap_grade"]}, "gates", "gates.0.kind"),
        ({"gates": [{"kind": "fine"}]}, "gates", "gates.0.kind"),
        ({"gates": [{"kind": "cap_grade", "value": "E"}]}, "unknown_grade", "gates.0.value"),
        ({"gates": [{"kind": "cap_grade", "value": ["S"]}]}, "unknown_grade", "gates.0.value"),
        ({"gates": [{"kind": "cap_score", "value": None}]}, "not_a_number", "gates.0.value"),
        ({"gates": [{"kind": "multiply", "value": 2}]}, "number_range", "gates.0.value"),
        ({"gates": [{"kind": "multiply", "value": 1, "x": 1}]}, "unknown_field", "gates.0"),
        ({"gates": [{"kind": "multiply", "value": 1, "above": 1}]}, "code_format", "gates.0.kpi"),
    ],
)
def test_it_names_what_is_wrong(cast: Cast, api: Any, wrong: dict[str, Any], code: str, field: str) -> None:
    body = {"code": "x", "vendor": "hanbit", "name": "X", "starts_on": "2027-01-01", **wrong}

    answer = api(cast.manager).post(CONTRACTS, body)

    assert_problem(answer, 400, code, field=field)
    assert Contract.objects.count() == 2


def test_it_takes_minus_zero_as_zero(cast: Cast, api: Any) -> None:
    answer = api(cast.manager).patch(HANBIT, {"completeness_bar": "-0"})

    assert answer.json()["completeness_bar"] in ("0", "0.00")


def test_it_amends_the_terms_of_today(cast: Cast, api: Any, changes: Any) -> None:
    answer = api(cast.manager).patch(HANBIT, {"completeness_bar": "90"})

    assert answer.json()["completeness_bar"] == "90.00"
    assert cast.contract.terms.count() == 1
    assert changes == [(frozenset({cast.contract.pk}), date(2026, 1, 1), None)]


def test_it_begins_new_terms_from_a_day(cast: Cast, api: Any, changes: Any) -> None:
    client = api(cast.manager)

    later = client.patch(HANBIT, {"missing_day_policy": "zero", "valid_from": "2026-12-01"})
    earlier = client.patch(HANBIT, {"missing_day_policy": "minimum", "valid_from": "2026-11-01"})

    assert later.json()["missing_day_policy"] == "exclude"
    assert "valid_from" not in later.json()
    assert_problem(earlier, 400, "before_latest", field="valid_from")
    rows = cast.contract.terms.order_by("id").values_list("valid_from", "valid_until", "missing_day_policy")
    assert list(rows) == [(None, date(2026, 12, 1), "exclude"), (date(2026, 12, 1), None, "zero")]
    assert changes == [(frozenset({cast.contract.pk}), date(2026, 12, 1), None)]


def test_it_says_nothing_where_nothing_changes(cast: Cast, api: Any, changes: Any) -> None:
    client = api(cast.manager)

    assert client.patch(HANBIT, {"name": cast.contract.name, "completeness_bar": 95}).status_code == 200
    assert_problem(client.patch(HANBIT, {"valid_from": "2026-12-01"}), 400, "nothing_from")
    assert changes == []


def test_it_keeps_gates_and_grades_in_step(cast: Cast, api: Any) -> None:
    client = api(cast.manager)
    client.patch(HANBIT, {"gates": [{"kind": "cap_grade", "value": "B"}]})

    answer = client.patch(HANBIT, {"grades": [{"grade": "A", "from": 0}]})

    assert_problem(answer, 400, "unknown_grade", field="grades")


def test_it_lets_links_follow_the_dates_of_the_contract(cast: Cast, api: Any, changes: Any) -> None:
    client = api(cast.manager)

    client.patch(HANBIT, {"ends_on": "2026-10-31"})
    client.patch(HANBIT, {"starts_on": "2026-02-01"})

    link = cast.queue.contract_links.get()
    assert (link.valid_from, link.valid_until) == (date(2026, 2, 1), date(2026, 11, 1))
    assert [first_on for _contracts, first_on, _last_on in changes] == [date(2026, 1, 1), date(2026, 1, 1)]
    assert client.get(HANBIT).json()["queues"] == ["hanbit-order-voice"]


def test_it_reads_each_vendors_own_only(cast: Cast, api: Any) -> None:
    assert [row["code"] for row in api(cast.member).get(CONTRACTS).json()["results"]] == ["hanbit-2026"]
    assert_problem(api(cast.member).get(f"{CONTRACTS}narae-2026/"), 404, "not_found")
    assert_problem(api(cast.ingest_key).get(CONTRACTS), 403, "scope")
    assert_problem(api(cast.client_key).get(CONTRACTS), 403, "scope")
    assert_problem(api(cast.department).get(CONTRACTS), 403, "role")


def test_it_never_moves_a_contract_to_another_vendor(cast: Cast, api: Any) -> None:
    assert_problem(api(cast.manager).patch(HANBIT, {"vendor": "narae"}), 400, "immutable", field="vendor")
    assert_problem(api(cast.manager_of_b).patch(HANBIT, {"name": "mine"}), 404, "not_found")
    assert_problem(api(cast.manager_of_a).patch(HANBIT, {"vendor": "narae"}), 400, "unknown_vendor")


def test_its_list_and_detail_make_a_constant_number_of_queries(cast: Cast, api: Any) -> None:
    client = api(cast.manager)

    assert_constant_queries(lambda: client.get(CONTRACTS), lambda: [make_queue() for _ in range(4)])
    assert_constant_queries(lambda: client.get(HANBIT), lambda: [make_queue(cast.contract) for _ in range(4)])
