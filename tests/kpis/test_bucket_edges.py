"""The edges of histogram measures by date, and targets that must be one of them."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from kpis.models import BucketEdges
from tests.make import make_figures, make_key
from vendors.models import AuditEntry

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def manager(cast: Any, api: Any, frozen_clock: Any) -> APIClient:
    client = api(make_key("manager"))
    measure = {"code": "tat_hist", "name": "TAT", "rollup": "histogram", "edges": [8, 24, "47.5", 48]}
    kpi = {"code": "tat_p90", "name": "TAT p90", "formula": "tat_hist", "aggregation": "percentile:90"}
    assert client.post(f"{API}measures/", measure, format="json").status_code == 201
    assert client.post(f"{API}kpis/", {**kpi, "direction": "lower", "unit": "h"}, format="json").status_code == 201
    return client


def change(client: APIClient, **fields: Any) -> Any:
    return client.patch(f"{API}measures/tat_hist/", fields, format="json")


def first(answer: Any) -> tuple[int, str, str]:
    error = answer.json()["errors"][0]
    return answer.status_code, error["field"], error["code"]


def test_it_names_the_first_edges_and_keeps_later_ones_by_date(manager: APIClient) -> None:
    later = change(manager, edges=[12, 24, 48], valid_from="2027-01-01")

    assert later.status_code == 200
    assert later.json()["edges_version"] == "tat_hist_v1"  # in force today
    assert later.json()["edges_versions"] == [
        {"version": "tat_hist_v1", "valid_from": None, "edges": ["8", "24", "47.5", "48"]},
        {"version": "tat_hist_v2", "valid_from": "2027-01-01", "edges": ["12", "24", "48"]},
    ]
    named = change(manager, edges=[24, 48], valid_from="2027-07-01", edges_version="short_v1")
    assert [row["version"] for row in named.json()["edges_versions"]][2:] == ["short_v1"]
    assert AuditEntry.objects.filter(action="change", changes__edges_version="short_v1").exists()


def test_it_takes_its_own_answer_back(manager: APIClient) -> None:
    change(manager, edges=[12, 24, 48], valid_from="2027-01-01")
    shown = manager.get(f"{API}measures/tat_hist/").json()

    again = change(manager, edges=shown["edges"], edges_version=shown["edges_version"])

    assert (again.status_code, again.json()) == (200, shown)
    assert change(manager, edges=[12, 24, 48], valid_from="2027-01-01").json() == shown
    assert BucketEdges.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"edges": [12]}, (400, "edges", "immutable")),
        ({"edges": [12], "valid_from": "2027-01-02"}, (400, "valid_from", "edges_start")),
        ({"edges": [12], "valid_from": "2026-12-01"}, (409, "valid_from", "past_definition")),
        ({"edges": [12, 12], "valid_from": "2027-02-01"}, (400, "edges", "edges")),
        ({"edges": [12], "valid_from": "2027-02-01", "edges_version": "v2"}, (400, "edges_version", "edges_version")),
        ({"valid_from": "2027-02-01"}, (400, "edges", "required")),
        ({"edges_version": "v3"}, (400, "edges", "immutable")),
        ({"edges_version": "No good"}, (400, "edges_version", "code_format")),
    ],
)
def test_it_refuses_edges_that_would_change_a_past_count(manager: APIClient, fields: Any, refusal: Any) -> None:
    change(manager, edges=[24], valid_from="2027-01-01", edges_version="v2")

    assert first(change(manager, **fields)) == refusal
    assert BucketEdges.objects.count() == 1


def test_it_refuses_edges_from_a_month_that_is_reported(manager: APIClient, cast: Any) -> None:
    make_figures(cast.queue, "2026-11-20", tat_hist=[1, 1, 1, 1, 1])

    assert first(change(manager, edges=[24], valid_from="2026-11-01")) == (409, "valid_from", "past_definition")
    assert change(manager, edges=[24], valid_from="2026-12-01").status_code == 200


def test_only_a_histogram_has_edges(manager: APIClient) -> None:
    made = manager.post(f"{API}measures/", {"code": "orders", "name": "x", "edges_version": "v1"}, format="json")
    manager.post(f"{API}measures/", {"code": "orders", "name": "x"}, format="json")
    changed = manager.patch(f"{API}measures/orders/", {"edges": [1], "valid_from": "2027-01-01"}, format="json")

    assert first(made) == (400, "edges_version", "edges")
    assert first(changed) == (400, "edges", "edges")


def ask(client: APIClient, **levels: Any) -> Any:
    return client.post(f"{API}targets/", {"contract": "hanbit-2026", "kpi": "tat_p90", **levels}, format="json")


def test_the_target_of_a_percentile_is_an_edge(manager: APIClient) -> None:
    refused = ask(manager, target=36)

    assert first(refused) == (400, "target", "not_an_edge")
    assert "8, 24, 47.5, 48" in refused.json()["errors"][0]["detail"]
    assert first(ask(manager, target=24, minimum=72)) == (400, "minimum", "beyond_last_edge")
    assert ask(manager, target="47.5", minimum="47.9").status_code == 201


def test_an_item_of_a_target_set_is_an_edge_too(manager: APIClient) -> None:
    item = {"kpi": "tat_p90", "target": 36, "weight": 100}
    body = {"code": "desk", "name": "Desk", "items": [item]}

    assert first(manager.post(f"{API}target-sets/", body, format="json"))[2] == "not_an_edge"
    assert (
        manager.post(f"{API}target-sets/", {**body, "items": [{**item, "target": 24}]}, format="json").status_code
        == 201
    )


def test_a_target_in_force_keeps_its_edge(manager: APIClient) -> None:
    ask(manager, target=24)

    assert first(change(manager, edges=[12, 48], valid_from="2027-01-01")) == (400, "edges", "not_an_edge")
    assert change(manager, edges=[12, 24], valid_from="2027-01-01").status_code == 200


def test_a_new_target_fits_the_edges_of_its_day(manager: APIClient) -> None:
    change(manager, edges=[12, 48], valid_from="2027-01-01")

    assert first(ask(manager, target=12)) == (400, "target", "not_an_edge")
    assert ask(manager, target=12, valid_from="2027-01-01").status_code == 201


def test_a_kpi_with_a_target_inside_a_bucket_does_not_become_a_percentile(manager: APIClient) -> None:
    kpi = {"code": "tat", "name": "TAT", "formula": "resolution_s / resolved", "direction": "lower"}
    for code in ("resolution_s", "resolved"):
        manager.post(f"{API}measures/", {"code": code, "name": code}, format="json")
    manager.post(f"{API}kpis/", kpi, format="json")
    target = {"contract": "hanbit-2026", "kpi": "tat", "target": 36}
    made = manager.post(f"{API}targets/", target, format="json").json()
    percentile = {"formula": "tat_hist", "aggregation": "percentile:90", "valid_from": "2027-01-01"}

    refused = manager.patch(f"{API}kpis/tat/", percentile, format="json")
    manager.patch(f"{API}targets/{made['id']}/", {"valid_until": "2027-01-01"}, format="json")
    changed = manager.patch(f"{API}kpis/tat/", percentile, format="json")

    assert first(refused) == (400, "formula", "not_an_edge")
    assert (changed.status_code, changed.json()["aggregation"]) == (200, "percentile:90")
