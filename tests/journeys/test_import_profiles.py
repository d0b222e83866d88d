"""Real files of other people, each taken in through a profile that is data, made over the API."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from rest_framework.test import APIClient

from kpis.imports import read_workbook
from kpis.imports.jobs import run_due_imports
from kpis.models import DailyValue, Submission
from kpis.services.catalogue import load_catalogue
from tests.cast import client_for
from tests.journeys.test_nhs111 import KPIS, all_pages, set_up
from tests.make import make_contract, make_key, make_queue, make_vendor
from tests.shared_data import shared_file, shared_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NHS = {
    "columns": {
        "queue": "contract_code",
        "date": "date",
        "offered": "calls_received",
        "answered": "calls_answered",
        "answered_within_threshold": "calls_answered_60s",
    },
    "set": {"abandoned": "calls_abandoned - calls_answered"},
    "skip_when": "calls_received = 0",
    "definitions": {"threshold_seconds": "60"},
}
VANCOUVER = {
    "queue": "vancouver-311",
    "delimiter": ";",
    "columns": {
        "date": "Date",
        "offered": "CallsOffered",
        "answered": "CallsHandled",
        "abandoned": "CallsAbandoned",
        "queue_wait_answered_s": {"heading": "AverageSpeedofAnswer", "of": "answered"},
    },
}
TOKYO = {"queue": "tokyo-desk", "columns": {"date": "受付_年月日", "contacts_handled": "相談件数"}}


@pytest.fixture
def manager() -> APIClient:
    load_catalogue(now=NOW)
    return client_for(make_key("manager"))


def profile(manager: APIClient, code: str, mapping: dict[str, Any], vendor: str | None = None) -> None:
    body = {"code": code, "name": code, "mapping": mapping, "vendor": vendor}
    answer = manager.post("/api/v1/import-profiles/", body)
    assert answer.status_code == 201, answer.content


def send(client: APIClient, path: Path, code: str) -> dict[str, Any]:
    """Send a file; one with more rows than are taken in at once is a job, which is run here."""
    answer = client.generic("POST", f"/api/v1/submissions/?profile={code}", path.read_bytes(), content_type="text/csv")
    if answer.status_code == 202:
        assert run_due_imports(now=NOW) == 1
        job = client.get(answer.json()["status_url"]).json()
        assert job["status"] == "done", job["problem"]
        return dict(job["result"])
    assert answer.status_code == 201, answer.content[:2000]
    return dict(answer.json())


def queue(code: str, starts_on: str) -> None:
    contract = make_contract(make_vendor(f"v-{code}"), code=f"c-{code}", starts_on=starts_on)
    make_queue(contract, code, opened_on=starts_on)


def total(measure: str, **filters: Any) -> Decimal:
    found = DailyValue.objects.filter(measure=measure, **filters).aggregate(total=Sum("value"))["total"]
    return Decimal(found)


def test_the_nhs_file_goes_in_as_it_is_and_every_month_is_right(manager: APIClient) -> None:
    path = shared_file("data/nhs111_daily/nhs111_daily.csv")
    daily = shared_rows("data/nhs111_daily/nhs111_daily.csv")
    contracts = {row["contract_code"]: row["contract_name"] for row in daily}
    set_up(manager, contracts)
    profile(manager, "nhs", {**NHS, "queues": {code: f"q-{code}" for code in contracts}})

    answer = send(client_for(make_key("client", None, ("ingest",))), path, "nhs")

    assert answer["rows"] == sum(row["calls_received"] != "0" for row in daily)
    query = {"group_by": "contract", "from": "2025-11-01", "to": "2026-05-01"}
    stored = {
        (row["group"], kpi, row["start"][:7]): row
        for kpi in KPIS
        for row in all_pages(manager, "kpi-values", kpi=kpi, **query)
    }
    for want in shared_rows("data/nhs111_daily/expected_monthly.csv"):
        for kpi, (_formula, column) in KPIS.items():
            row = stored[want["contract_code"], kpi, want["month"]]
            assert row["days_reported"] == int(want["days_reported"])
            if want[column]:
                assert abs(Decimal(row["value"]) - Decimal(want[column])) <= Decimal("0.005")
            else:
                assert (row["value"], row["status"]) == (None, "no_data")


def test_the_vancouver_file_goes_in_with_waits_derived_from_their_means(manager: APIClient) -> None:
    path = shared_file("data/vancouver_311.csv")
    queue("vancouver-311", "2009-01-01")
    profile(manager, "calls", VANCOUVER, "v-vancouver-311")

    answer = send(manager, path, "calls")

    rows = shared_rows("data/vancouver_311.csv")
    assert rows[0].keys() == {next(iter(rows[0]))}, "one column: the separator is a semicolon"
    assert (answer["rows"], answer["values"]["new"]) == (5585, 4 * 5585)
    # 2024-09-30: 477 calls at 0.80083857442348 s and 2024-09-27: 1,002 at 49.8832335329341 s
    assert {
        str(value.date): int(value.value)
        for value in DailyValue.objects.filter(measure="queue_wait_answered_s", date__in=["2024-09-30", "2024-09-27"])
    } == {"2024-09-30": 382, "2024-09-27": 49983}
    assert Submission.objects.get().derived == ["queue_wait_answered_s"]
    by_hand = [line.split(";") for line in path.read_text(encoding="utf-8-sig").splitlines()[1:]]
    for place, measure in enumerate(("offered", "answered", "abandoned"), start=1):
        assert total(measure) == sum(int(line[place]) for line in by_hand)


def test_the_tokyo_file_goes_in_with_its_japanese_headings(manager: APIClient) -> None:
    path = shared_file("data/import_shapes/tokyo_bom.csv")
    queue("tokyo-desk", "2020-01-01")
    profile(manager, "desk", TOKYO, "v-tokyo-desk")

    answer = send(manager, path, "desk")

    rows = shared_rows("data/import_shapes/tokyo_bom.csv")
    assert answer["rows"] == len(rows) == 56
    assert total("contacts_handled") == sum(int(row["相談件数"]) for row in rows)
    assert total("contacts_handled", date="2020-01-29") == 23


def test_the_vancouver_workbook_goes_in_through_the_profile_of_its_text(manager: APIClient) -> None:
    path = shared_file("data/import_shapes/vancouver_2024.xlsx")
    queue("vancouver-311", "2009-01-01")
    profile(manager, "calls", VANCOUVER, "v-vancouver-311")

    answer = send(manager, path, "calls")

    _header, *rows = (row.cells for row in read_workbook(path.read_bytes()).sheets[0].rows)
    assert (answer["rows"], answer["file"]) == (213, {"kind": "xlsx", "sheet": "Feuil1"})
    assert total("offered") == sum(int(row[1]) for row in rows)
    # 2024-07-31: 1,181 calls at 45.6562235393734 s
    assert total("queue_wait_answered_s", date="2024-07-31") == 53920


def test_the_kobe_workbook_goes_in_by_its_headings_of_two_lines(manager: APIClient) -> None:
    path = shared_file("data/import_shapes/kobe_two_line_header.xlsx")
    queue("kobe-desk", "2020-01-01")
    heading = "新型コロナウイルス専用健康相談窓口\n（帰国者・接触者相談センター）/日別"
    mapping = {"queue": "kobe-desk", "columns": {"date": "#1", "contacts_handled": heading}}
    profile(manager, "kobe", mapping, "v-kobe-desk")

    answer = send(manager, path, "kobe")

    _header, *rows = (row.cells for row in read_workbook(path.read_bytes()).sheets[0].rows)
    reported = [int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()]
    assert (answer["rows"], answer["file"]) == (len(reported), {"kind": "xlsx", "sheet": "相談件数"})
    assert (total("contacts_handled"), len(rows)) == (sum(reported), 121)


@pytest.mark.parametrize(
    ("name", "code", "holds"),
    [
        ("nhs111_daily/nhs111_daily.csv", None, {"date": "date", "calls_received": "offered"}),
        ("vancouver_311.csv", "vancouver-311", {"Date": "date", "CallsOffered": "offered", "CallsHandled": "answered"}),
        ("import_shapes/tokyo_bom.csv", "tokyo-desk", {"受付_年月日": "date", "相談件数": "offered"}),
    ],
)
def test_each_of_them_is_recognised_from_a_sample(
    manager: APIClient, name: str, code: str | None, holds: dict[str, str]
) -> None:
    path = shared_file(f"data/{name}")
    queue(code or "111AC5", "2009-01-01")

    answer = manager.generic(
        "POST", "/api/v1/import-profiles/propose/", path.read_bytes(), content_type="text/csv"
    ).json()

    found = {column["heading"]: column["holds"] for column in answer["columns"] if column["holds"]}
    assert found.items() >= holds.items()
    if code:
        # The trial tells what the proposal cannot know: Vancouver's service level is no share of the calls offered.
        assert {error["field"] for error in answer["trial"]["errors"]} <= {"answered_within_threshold"}
        assert len(answer["trial"]["preview"]) == 10
