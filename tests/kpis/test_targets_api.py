from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from kpis.models import Attainment, Kpi, Target
from tests.cast import Cast
from tests.checks import assert_constant_queries, assert_problem
from tests.make import make_contract, make_kpi, make_queue, make_target

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]
URL = "/api/v1/targets/"


@pytest.fixture
def kpi(db: None) -> Kpi:
    return make_kpi("answer_share", bounds=["0", "100"], decimals=1)


def test_it_answers_every_field_of_the_contract(cast: Cast, api: Api, kpi: Kpi) -> None:
    body = {"contract": "hanbit-2026", "kpi": kpi.code, "target": 90.5, "weight": "100", "minimum": "87"}

    response = api(cast.manager).post(URL, body)

    assert response.status_code == 201, response.json()
    row = Target.objects.get()
    assert response.json() == {
        **{"id": row.pk, "contract": "hanbit-2026", "queue": None, "kpi": kpi.code, "period": "month"},
        **{"minimum": "87", "minimum_upper": None, "target": "90.5", "target_upper": None, "stretch": None},
        **{"weight": "100", "attainment_mode": "ratio", "score_at_minimum": "60", "score_at_target": "100"},
        **{"score_at_stretch": "120", "below_minimum": "zero", "step": None, "tiers": None, "cap": None},
        **{"decimals": 1, "rounding": "half_up", "parameters": {}},
        **{"valid_from": "2026-01-01", "valid_until": None, "warnings": []},
    }
    fetched = api(cast.analyst).get(f"{URL}{row.pk}/").json()
    assert fetched == {name: value for name, value in response.json().items() if name != "warnings"}


def test_it_keeps_all_scoring_rules(cast: Cast, api: Api, kpi: Kpi) -> None:
    body = {
        **{"contract": "hanbit-2026", "queue": "hanbit-order-voice", "kpi": kpi.code, "period": "quarter"},
        **{"target": "90", "attainment_mode": "tiers", "tiers": [["95", "100"], ["90", "90"], [None, "60"]]},
        **{"cap": "110", "decimals": 8, "rounding": "truncate", "parameters": {"threshold_seconds": 20}},
        **{"valid_from": "2026-04-01", "valid_until": "2026-10-01", "score_at_minimum": "0"},
    }

    answer = api(cast.manager_key).post(URL, body).json()

    assert {name: answer[name] for name in body} == body


def test_it_warns_while_the_weights_miss_a_hundred(cast: Cast, api: Api, kpi: Kpi) -> None:
    body = {"contract": "hanbit-2026", "kpi": kpi.code, "target": "90", "weight": "99.9"}

    [warning] = api(cast.manager).post(URL, body).json()["warnings"]

    assert warning["code"] == "weights"
    assert "99.9" in warning["detail"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"kpi": "nothing"}, "unknown_kpi", "kpi"),
        ({"contract": "nothing"}, "unknown_contract", "contract"),
        ({"queue": "nothing"}, "unknown_queue", "queue"),
        ({"target": None}, "null", "target"),
        ({"target": "9O"}, "not_a_number", "target"),
        ({"target": 90.123456789}, "too_precise", "target"),
        ({"minimum": 95}, "level_order", "minimum"),
        ({"weight": "-1"}, "weights", "weight"),
        ({"target": 0}, "mode", "attainment_mode"),
        ({"decimals": 9}, "decimals", "decimals"),
        ({"period": "decade"}, "invalid_choice", "period"),
        ({"tiers": "all"}, "tiers", "tiers"),
        ({"parameters": {"a": []}}, "parameters", "parameters"),
        ({"valid_from": "2026-02-30"}, "bad_date", "valid_from"),
        ({"wieght": 5}, "unknown_field", "wieght"),
        ({"id": 5}, "read_only_field", "id"),
    ],
)
def test_it_refuses_what_is_wrong(
    cast: Cast, api: Api, kpi: Kpi, change: dict[str, Any], code: str, field: str
) -> None:
    body = {"contract": "hanbit-2026", "kpi": kpi.code, "target": "90", **change}

    assert_problem(api(cast.manager).post(URL, body), 400, code, field=field)

    assert not Target.objects.exists()


def test_it_refuses_overlapping_dates(cast: Cast, api: Api, kpi: Kpi) -> None:
    body = {"contract": "hanbit-2026", "kpi": kpi.code, "target": "90"}
    first = api(cast.manager).post(URL, body).json()

    problem = assert_problem(api(cast.manager).post(URL, {**body, "valid_from": "2026-07-01"}), 400, "overlap")
    assert str(first["id"]) in problem["detail"]

    ended = api(cast.manager).patch(f"{URL}{first['id']}/", {"valid_until": "2026-07-01"})
    assert ended.status_code == 200
    assert api(cast.manager).post(URL, {**body, "valid_from": "2026-07-01"}).status_code == 201


def test_it_changes_levels_but_never_what_it_is_about(cast: Cast, api: Api, kpi: Kpi) -> None:
    target, client = make_target(cast.contract, kpi), api(cast.manager)
    url = f"{URL}{target.pk}/"

    assert client.patch(url, {"target": "92", "contract": "hanbit-2026"}).json()["target"] == "92"
    assert_problem(client.patch(url, {"period": "week"}), 400, "immutable", field="period")
    assert_problem(client.patch(url, {"contract": None}), 400, "immutable", field="contract")
    assert client.delete(url).status_code == 405
    assert client.put(url, {}).status_code == 405


def test_it_gives_programme_targets_to_managers_of_all_vendors(cast: Cast, api: Api, kpi: Kpi) -> None:
    body = {"contract": None, "kpi": kpi.code, "target": "90", "period": "year"}

    made = api(cast.manager).post(URL, body)

    assert made.status_code == 201
    assert made.json()["contract"] is None
    assert_problem(api(cast.manager_of_a).post(URL, body), 403, "role")
    url = f"{URL}{made.json()['id']}/"
    statuses = {name: api(who).get(url).status_code for name, who in cast.everybody().items()}
    allowed = {"superuser", "manager", "executive", "analyst", "manager_key", "executive_key", "analyst_key"}
    assert {name for name, status in statuses.items() if status == 200} == allowed


def test_it_shows_each_vendor_its_own_targets_only(cast: Cast, api: Api, kpi: Kpi) -> None:
    ours, theirs = make_target(cast.contract, kpi), make_target(cast.other_contract, kpi)

    for who in (cast.manager_of_a, cast.admin, cast.member, cast.read_key):
        assert [row["id"] for row in api(who).get(URL).json()["results"]] == [ours.pk]
        assert_problem(api(who).get(f"{URL}{theirs.pk}/"), 404, "not_found")
    for who in (cast.department, cast.ingest_key, cast.client_key):
        assert api(who).get(URL).status_code == 403
    assert api(cast.anonymous).get(URL).status_code == 401


def test_it_lets_only_the_managers_of_the_vendor_write(cast: Cast, api: Api, kpi: Kpi) -> None:
    target = make_target(cast.contract, kpi)
    url, change = f"{URL}{target.pk}/", {"target": "91"}

    statuses = {name: api(who).patch(url, change).status_code for name, who in cast.everybody().items()}

    writers = {"superuser", "manager", "manager_of_a", "manager_key"}
    expected = {name: 200 if name in writers else 403 for name in statuses}
    assert statuses == {**expected, "manager_of_b": 404, "anonymous": 401}


def test_it_does_not_tell_another_vendors_contract_from_none(cast: Cast, api: Api, kpi: Kpi) -> None:
    body = {"contract": "narae-2026", "kpi": kpi.code, "target": "90"}

    assert_problem(api(cast.manager_of_a).post(URL, body), 400, "unknown_contract", field="contract")
    ours = {"contract": "hanbit-2026", "queue": "narae-order-voice", "kpi": kpi.code, "target": "90"}
    assert_problem(api(cast.manager_of_a).post(URL, ours), 400, "unknown_queue", field="queue")
    assert_problem(api(cast.manager).post(URL, ours), 400, "queue_not_in_contract", field="queue")


def test_it_filters(cast: Cast, api: Api, kpi: Kpi) -> None:
    pooled = make_target(cast.contract, kpi, valid_until="2026-07-01")
    weekly = make_target(cast.contract, kpi, period="week", queue=cast.queue)
    other = make_target(cast.other_contract, make_kpi("other"))

    def ids(query: str) -> list[int]:
        return [row["id"] for row in api(cast.manager).get(f"{URL}?{query}").json()["results"]]

    assert ids("contract=hanbit-2026") == [pooled.pk, weekly.pk]
    assert ids("vendor=narae") == [other.pk]
    assert ids("kpi=other") == [other.pk]
    assert ids("queue=hanbit-order-voice") == [weekly.pk]
    assert ids("period=week") == [weekly.pk]
    assert ids("valid_on=2026-07-01") == [weekly.pk, other.pk]
    assert ids("contract=nothing") == []
    for query in ("valid_on=July", "period=decade", "contrct=x"):
        assert_problem(api(cast.manager).get(f"{URL}?{query}"), 400, "bad_query")


def test_it_asks_the_database_as_often_for_five_rows_as_for_one(cast: Cast, api: Api, kpi: Kpi) -> None:
    target, client = make_target(cast.contract, kpi), api(cast.manager)

    def grow() -> None:
        for _ in range(4):
            contract = make_contract()
            make_target(contract, make_kpi(), queue=make_queue(contract))

    assert_constant_queries(lambda: client.get(URL), grow)
    assert_constant_queries(lambda: client.get(f"{URL}{target.pk}/"), grow)


@pytest.mark.django_db(transaction=True)
def test_it_has_attainments_computed_after_the_answer(cast: Cast, api: Api, kpi: Kpi, settings: Any) -> None:
    settings.BROKER_KIND = "none"

    api(cast.manager).post(URL, {"contract": "hanbit-2026", "kpi": kpi.code, "target": "90"})

    assert Attainment.objects.filter(series__contract=cast.contract).exists()
