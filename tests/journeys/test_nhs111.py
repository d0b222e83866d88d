"""Fourteen real contracts, 133 days each, through the REST API: every monthly figure as computed independently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from kpis.services.catalogue import load_catalogue
from kpis.services.recalculation import drain
from tests.cast import client_for
from tests.make import make_key
from tests.shared_data import shared_rows
from vendors.models import Vendor

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
KPIS = {
    "nhs_of_answered": ("100 * answered_within_threshold / answered", "service_level_60s_pct_of_answered"),
    "nhs_of_offered": ("100 * answered_within_threshold / offered", "service_level_60s_pct_of_offered"),
    "nhs_abandonment": ("100 * abandoned / offered", "abandonment_pct_of_offered"),
    "nhs_answer_rate": ("100 * answered / offered", "answer_rate_pct"),
}
WRONG = "service_level_simple_mean_of_days_WRONG"


def four(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def post(client: APIClient, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/{path}/", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def set_up(manager: APIClient, contracts: dict[str, str]) -> None:
    for code, (formula, _column) in KPIS.items():
        post(manager, "kpis", code=code, name=code, formula=formula)
    for code, name in contracts.items():
        post(manager, "vendors", code=f"v-{code}", name=name)
        post(
            manager, "centres", code=f"s-{code}", vendor=f"v-{code}", name=name, timezone="Europe/London", country="GB"
        )
        post(manager, "contracts", code=code, vendor=f"v-{code}", name=name, starts_on="2025-11-24")
        post(
            manager, "queues", code=f"q-{code}", centre=f"s-{code}", contract=code, name=name,
            opened_on="2025-11-24", closed_on="2026-04-05",
        )  # fmt: skip
        for kpi in KPIS:
            post(manager, "targets", contract=code, kpi=kpi, target="95", decimals=8, weight="25")


def queue_days(rows: list[dict[str, str]]) -> dict[str, list[dict[str, Any]]]:
    """Return the submissions of each contract: 0 received is not reported, abandoned is column minus answered."""
    bodies: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if int(row["calls_received"]):
            code = row["contract_code"]
            measures = {
                "offered": int(row["calls_received"]),
                "answered": int(row["calls_answered"]),
                "answered_within_threshold": int(row["calls_answered_60s"]),
                "abandoned": int(row["calls_abandoned"]) - int(row["calls_answered"]),
            }
            bodies[code].append({"queue": f"q-{code}", "date": row["date"], "measures": measures})
    return bodies


def all_pages(client: APIClient, path: str, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page = 1
    while True:
        answer = client.get(f"/api/v1/{path}/", {"page_size": 200, "page": page, **query}).json()
        rows += answer["results"]
        if not answer["next"]:
            return rows
        page += 1


@pytest.fixture
def manager(frozen_clock: object) -> APIClient:
    load_catalogue(now=NOW)
    return client_for(make_key("manager"))


def test_every_monthly_figure_of_the_real_contracts_is_right(
    manager: APIClient, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    daily = shared_rows("data/nhs111_daily/nhs111_daily.csv")
    expected = shared_rows("data/nhs111_daily/expected_monthly.csv")
    set_up(manager, {row["contract_code"]: row["contract_name"] for row in daily})
    for code, rows in queue_days(daily).items():
        vendor = client_for(make_key("vendor", Vendor.objects.get(code=f"v-{code}"), ("ingest",)))
        assert post(vendor, "submissions", rows=rows)["rows"] == len(rows)

    drain(now=NOW)

    stored = {
        (row["contract"], row["kpi"], row["start"][:7]): row
        for row in all_pages(manager, "attainments", period="month")
    }
    assert len(expected) == 14 * 6
    for want in expected:
        month, code = want["month"], want["contract_code"]
        for kpi, (_formula, column) in KPIS.items():
            row = stored[code, kpi, month]
            assert (row["days_expected"], row["days_reported"]) == (
                int(want["days_expected"]),
                int(want["days_reported"]),
            )
            if not want[column]:
                assert (row["value"], row["attainment"], row["score"], row["status"]) == (None, None, None, "no_data")
                continue
            assert four(row["value"]) == Decimal(want[column]), (code, month, kpi)
        if want["attainment_vs_95pct"]:
            row = stored[code, "nhs_of_answered", month]
            assert four(row["attainment"]) == Decimal(want["attainment_vs_95pct"])
            if want[WRONG] != want["service_level_60s_pct_of_answered"]:
                assert four(row["value"]) != Decimal(want[WRONG])


def test_a_reader_pools_the_same_figures_from_kpi_values(manager: APIClient) -> None:
    daily = shared_rows("data/nhs111_daily/nhs111_daily.csv")
    expected = shared_rows("data/nhs111_daily/expected_monthly.csv")
    set_up(manager, {row["contract_code"]: row["contract_name"] for row in daily})
    client = client_for(make_key("client", None, ("ingest",)))
    for rows in queue_days(daily).values():
        post(client, "submissions", rows=rows)

    rows = all_pages(
        manager, "kpi-values", kpi="nhs_of_answered", group_by="contract", **{"from": "2025-11-01", "to": "2026-05-01"}
    )

    values = {(row["group"], row["start"][:7]): row for row in rows}
    for want in expected:
        row = values[want["contract_code"], want["month"]]
        assert row["days_reported"] == int(want["days_reported"])
        if want["service_level_60s_pct_of_answered"]:
            rounded = Decimal(want["service_level_60s_pct_of_answered"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert abs(Decimal(row["value"]) - rounded) <= Decimal("0.01")
        else:
            assert (row["value"], row["status"]) == (None, "no_data")
