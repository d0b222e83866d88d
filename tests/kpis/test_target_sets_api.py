from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from kpis.models import Target, TargetSet
from tests.cast import Cast
from tests.checks import assert_constant_queries, assert_problem
from tests.make import make_kpi
from vendors.models import ContractTerms

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock", "_kpis")]
Api = Callable[[Any], APIClient]
URL = "/api/v1/target-sets/"
ITEMS = [
    {"kpi": "answered_share", "minimum": "87", "target": "90", "weight": "60"},
    {"kpi": "lost_share", "minimum": "8", "target": "5", "weight": "40"},
]
GRADES = [{"grade": "P", "from": "80"}, {"grade": "F", "from": "0"}]
BODY = {"code": "ours", "name": "Ours", "name_ko": "우리", "items": ITEMS, "policies": {"grades": GRADES}}


@pytest.fixture
def _kpis(db: None) -> None:
    make_kpi("answered_share", bounds=["0", "100"])
    make_kpi("lost_share", direction="lower", bounds=["0", "100"])


def make(client: APIClient, **fields: Any) -> str:
    """Make a set and return its address."""
    response = client.post(URL, {**BODY, **fields})
    assert response.status_code == 201, response.json()
    return f"{URL}{response.json()['id']}/"


def test_it_answers_the_document_of_the_newest_version(cast: Cast, api: Api) -> None:
    client = api(cast.manager)
    url = make(client)

    changed = client.patch(url, {"items": [{**ITEMS[0], "weight": "90"}], "note": "Only one"})

    assert changed.status_code == 200
    assert [warning["code"] for warning in changed.json()["warnings"]] == ["weights"]
    document = client.get(url).json()
    assert (document["code"], document["name_ko"], document["version"]) == ("ours", "우리", 2)
    assert (document["items"][0]["weight"], document["policies"]) == ("90", {"grades": GRADES})
    assert document["note"] == "Only one"
    assert set(document) == {*BODY, "id", "is_shipped", "version", "note"}


@pytest.mark.parametrize(
    ("change", "code", "error"),
    [
        ({"items": []}, "items", {"field": "items"}),
        ({"items": {}}, "items", {"field": "items"}),
        ({"items": [ITEMS[0], {"kpi": "nothing", "target": 1}]}, "unknown_kpi", {"field": "kpi", "row": 1}),
        ({"items": [{**ITEMS[0], "minimum": "95"}]}, "level_order", {"field": "minimum", "row": 0}),
        ({"policies": {"grade": []}}, "unknown_field", {"field": "policies.grade"}),
        ({"policies": 5}, "policies", {"field": "policies"}),
        ({"code": "no spaces"}, "code_format", {"field": "code"}),
        ({"version": 3}, "read_only_field", {"field": "version"}),
        ({"color": "red"}, "unknown_field", {"field": "color"}),
    ],
)
def test_it_refuses_what_is_wrong(
    cast: Cast, api: Api, change: dict[str, Any], code: str, error: dict[str, Any]
) -> None:
    assert_problem(api(cast.manager).post(URL, {**BODY, **change}), 400, code, **error)

    assert not TargetSet.objects.exists()


def test_it_refuses_a_code_twice_and_a_new_code(cast: Cast, api: Api) -> None:
    client = api(cast.manager)
    url = make(client)

    assert_problem(client.post(URL, BODY), 400, "unique", field="code")
    assert_problem(client.patch(url, {"code": "mine"}), 400, "immutable", field="code")


def test_it_copies_with_a_percentage(cast: Cast, api: Api) -> None:
    client = api(cast.manager)

    response = client.post(f"{make(client)}copy/", {"code": "next", "name": "Next", "percent_change": "2"})

    assert response.status_code == 201
    assert [item["target"] for item in response.json()["items"]] == ["91.8", "4.9"]
    assert response.json()["warnings"] == []
    assert_problem(
        client.post(f"{URL}{response.json()['id']}/copy/", {"code": "x", "name": "X", "percent_change": 80}),
        400,
        "percent_change",
        field="percent_change",
    )


def test_it_applies_to_contracts_from_a_date(cast: Cast, api: Api) -> None:
    client = api(cast.manager)
    body = {
        "contracts": ["narae-2026", "hanbit-2026"],
        "valid_from": "2026-06-01",
        "percent_change": "2",
        "overrides": {"narae-2026": {"lost_share": {"target": "3"}}},
    }

    response = client.post(f"{make(client)}apply/", body)

    assert response.status_code == 200, response.json()
    answer = response.json()
    assert (answer["target_set"], answer["version"], answer["valid_from"]) == ("ours", 1, "2026-06-01")
    assert [result["contract"] for result in answer["results"]] == body["contracts"]
    assert [len(result["created"]) for result in answer["results"]] == [2, 2]
    rows = client.get("/api/v1/targets/?valid_on=2026-06-01&kpi=lost_share").json()["results"]
    assert {row["contract"]: row["target"] for row in rows} == {"narae-2026": "3", "hanbit-2026": "4.9"}
    assert ContractTerms.objects.filter(valid_from="2026-06-01", grades=GRADES).count() == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"contracts": ["nothing"]}, "unknown_contract"),
        ({"contracts": ["hanbit-2026", "hanbit-2026"]}, "contracts"),
        ({"contracts": []}, "min_length"),
        ({"contracts": "hanbit-2026"}, "not_a_list"),
        ({"valid_from": "soon"}, "bad_date"),
        ({"percent_change": "a lot"}, "not_a_number"),
        ({"overrides": []}, "overrides"),
        ({"overrides": None}, "null"),
        ({"overrides": {"narae-2026": {}}}, "unknown_contract"),
        ({"overrides": {"hanbit-2026": {"lost_share": 5}}}, "overrides"),
        ({"weights": 5}, "unknown_field"),
    ],
)
def test_it_refuses_to_apply_what_is_wrong(cast: Cast, api: Api, change: dict[str, Any], code: str) -> None:
    client = api(cast.manager)
    url = make(client)

    body = {"contracts": ["hanbit-2026"], "valid_from": "2026-06-01", **change}

    assert_problem(client.post(f"{url}apply/", body), 400, code)
    assert not Target.objects.exists()


def test_it_lets_a_manager_apply_to_its_own_vendors_only(cast: Cast, api: Api) -> None:
    url, client = make(api(cast.manager)), api(cast.manager_of_a)
    body = {"contracts": ["hanbit-2026"], "valid_from": "2026-06-01"}

    foreign = client.post(f"{url}apply/", {**body, "contracts": ["hanbit-2026", "narae-2026"]})

    assert_problem(foreign, 400, "unknown_contract", field="contracts", row=1)
    assert client.post(f"{url}apply/", body).status_code == 200


def test_it_keeps_sets_to_managers_of_all_vendors(cast: Cast, api: Api) -> None:
    url = make(api(cast.manager))
    writers = {"superuser", "manager", "manager_key"}

    for name, who in cast.everybody().items():
        client, expected = api(who), 401 if who is None else 403
        statuses = (
            client.patch(url, {"name": "New"}).status_code,
            client.post(f"{url}copy/", {"code": f"by-{name}".replace("_", "-"), "name": "Copy"}).status_code,
        )
        assert statuses == ((200, 201) if name in writers else (expected, expected)), name


def test_it_shows_a_vendor_the_version_it_was_given(cast: Cast, api: Api) -> None:
    client = api(cast.manager)
    url = make(client)
    assert api(cast.member).get(url).status_code == 404

    client.post(f"{url}apply/", {"contracts": ["hanbit-2026"], "valid_from": "2026-06-01"})
    client.post(f"{url}apply/", {"contracts": ["hanbit-2026"], "valid_from": "2026-07-01"})
    client.patch(url, {"items": ITEMS[:1]})

    assert api(cast.member).get(url).json()["version"] == 1
    assert api(cast.member).get(URL).json()["count"] == 1
    assert api(cast.outsider).get(URL).json()["count"] == 0
    assert api(cast.analyst).get(url).json()["version"] == 2
    for who in (cast.department, cast.ingest_key, cast.client_key):
        assert api(who).get(url).status_code == 403


def test_it_asks_the_database_as_often_for_five_sets_as_for_one(cast: Cast, api: Api) -> None:
    client = api(cast.manager)
    url = make(client)

    def grow() -> None:
        for number in range(4):
            make(client, code=f"more-{TargetSet.objects.count()}-{number}")

    assert_constant_queries(lambda: client.get(URL), grow)
    assert_constant_queries(lambda: client.get(url), grow)
