"""``kpi-values/`` and ``attainments/``: what may be asked, by whom, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from kpis.models import Kpi
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.cast import Cast
from tests.checks import assert_constant_queries
from tests.make import make_contract, make_figures, make_kpi, make_queue, make_target

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]

VALUES, ATTAINMENTS = "/api/v1/kpi-values/", "/api/v1/attainments/"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MARCH = {"period": "month", "from": "2026-03-01", "to": "2026-04-01"}


@pytest.fixture
def kpi(cast: Cast) -> Kpi:
    kpi = make_kpi("answered_share")
    make_figures(cast.queue, date(2026, 3, 1), offered=1000, answered=950)
    make_figures(cast.other_queue, date(2026, 3, 1), offered=4000, answered=2880)
    return kpi


def values(client: APIClient, **query: str) -> list[dict[str, Any]]:
    answer = client.get(VALUES, {"kpi": "answered_share", **MARCH, **query})
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_it_pools_the_portfolio_from_counts(api: Api, cast: Cast, kpi: Kpi) -> None:
    [row] = values(api(cast.manager))

    assert row == {
        "group": None,
        "kpi": "answered_share",
        "period": "month",
        "start": "2026-03-01",
        "end": "2026-04-01",
        "value": "76.60",
        "adjusted_value": "76.60",
        "uplift": "0.00",
        "volume": "5000",
        "days_expected": 62,
        "days_reported": 2,
        "coverage": "3.23",
        "status": None,
        "flags": [],
    }


@pytest.mark.parametrize(
    ("group_by", "groups"),
    [
        ("vendor", {"hanbit": "95.00", "narae": "72.00"}),
        ("contract", {"hanbit-2026": "95.00", "narae-2026": "72.00"}),
        ("queue", {"hanbit-order-voice": "95.00", "narae-order-voice": "72.00"}),
        ("channel", {"voice": "76.60"}),
    ],
)
def test_it_groups(api: Api, cast: Cast, kpi: Kpi, group_by: str, groups: dict[str, str]) -> None:
    rows = values(api(cast.manager), group_by=group_by)

    assert {row["group"]: row["value"] for row in rows} == groups


def test_a_vendor_pools_its_own_queues_only(api: Api, cast: Cast, kpi: Kpi) -> None:
    assert [row["value"] for row in values(api(cast.member))] == ["95.00"]
    assert [row["group"] for row in values(api(cast.read_key), group_by="vendor")] == ["hanbit"]
    assert values(api(cast.member), vendor="narae") == []


def test_a_period_without_a_figure_is_no_data_and_never_zero(api: Api, cast: Cast, kpi: Kpi) -> None:
    [row] = values(api(cast.manager), **{"from": "2026-04-01", "to": "2026-05-01"})

    assert (row["value"], row["status"], row["volume"]) == (None, "no_data", "0")


def test_from_and_to_choose_whole_periods(api: Api, cast: Cast, kpi: Kpi) -> None:
    rows = values(api(cast.manager), **{"from": "2026-01-02", "to": "2026-05-01"})

    assert [row["start"] for row in rows] == ["2026-02-01", "2026-03-01", "2026-04-01"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "kpi"),
        ({"kpi": "no_such"}, "kpi"),
        ({"period": "hour"}, "period"),
        ({"group_by": "agent"}, "group_by"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "20260301"}, "from"),
        ({"to": None}, "from"),
        ({"from": "2026-05-01"}, "from"),
        ({"period": "day", "from": "2024-01-01"}, "to"),
        ({"from": "1990-01-01"}, "to"),
        ({"day": "2026-03-01"}, "day"),
    ],
)
def test_a_bad_question_is_named(api: Api, cast: Cast, kpi: Kpi, query: dict[str, Any], field: str) -> None:
    asked = {"kpi": "answered_share", **MARCH, **query} if query else MARCH
    answer = api(cast.manager).get(VALUES, {name: text for name, text in asked.items() if text is not None})

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["code"] == "bad_query"
    assert answer.json()["errors"][0]["field"] == field


def test_values_take_a_constant_number_of_queries(api: Api, cast: Cast, kpi: Kpi) -> None:
    client = api(cast.manager)

    assert_constant_queries(
        lambda: client.get(VALUES, {"kpi": "answered_share", **MARCH, "group_by": "queue"}),
        grow=lambda: [make_queue(make_contract()) for _ in range(4)],
    )


def test_attainments_are_listed_with_their_figures(api: Api, cast: Cast, kpi: Kpi) -> None:
    make_target(cast.contract, kpi, 90, minimum=80)
    mark(contract_ids=[cast.contract.pk], first_on=date(2026, 3, 1), last_on=date(2026, 3, 1))
    drain(now=NOW)

    [row] = api(cast.manager).get(ATTAINMENTS, {"contract": "hanbit-2026", "start": "2026-03-01"}).json()["results"]

    assert row.pop("id")
    assert re.fullmatch(r"2026-11-23T[0-9:.]+Z", row.pop("computed_at"))
    assert {name: row[name] for name in ("contract", "kpi", "queue", "period", "start", "end", "status")} == {
        "contract": "hanbit-2026",
        "kpi": "answered_share",
        "queue": None,
        "period": "month",
        "start": "2026-03-01",
        "end": "2026-04-01",
        "status": "met",
    }
    assert {name: float(row[name]) for name in ("value", "target", "minimum", "attainment", "score", "volume")} == {
        "value": 95.0,
        "target": 90.0,
        "minimum": 80.0,
        "attainment": 105.5556,
        "score": 105.5556,
        "volume": 1000.0,
    }


def test_another_vendors_attainments_do_not_exist(api: Api, cast: Cast, kpi: Kpi) -> None:
    make_target(cast.contract, kpi, 90)
    mark(contract_ids=[cast.contract.pk], first_on=date(2026, 3, 1), last_on=date(2026, 3, 1))
    drain(now=NOW)
    row = api(cast.member).get(ATTAINMENTS).json()["results"][0]

    assert api(cast.outsider).get(ATTAINMENTS).json()["count"] == 0
    assert api(cast.outsider).get(f"{ATTAINMENTS}{row['id']}/").status_code == 404


@pytest.mark.parametrize("who", ["department", "ingest_key", "client_key"])
@pytest.mark.parametrize("path", [VALUES, ATTAINMENTS])
def test_a_role_without_results_is_refused(api: Api, cast: Cast, who: str, path: str) -> None:
    assert api(getattr(cast, who)).get(path).status_code == 403


@pytest.mark.parametrize("path", [VALUES, ATTAINMENTS])
def test_nobody_changes_a_result(api: Api, cast: Cast, path: str) -> None:
    assert api(cast.anonymous).get(path).status_code == 401
    assert api(cast.superuser).post(path, {}).status_code == 405
