"""A sandbox key: everything is checked and answered as usual, and nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from kpis.models import DailyMetric, IdempotencyKey, RecalculationMark, Submission
from tests.cast import Cast
from tests.checks import assert_problem
from tests.kpis.feed_measures import make_measures
from tests.make import make_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]

URL = "/api/v1/submissions/"
ROW = {"queue": "hanbit-order-voice", "date": "2026-03-02", "measures": {"offered": 5, "answered": 4}}


@pytest.fixture
def client(api: Api, cast: Cast) -> APIClient:
    make_measures()
    return api(make_key("vendor", cast.vendor, ("ingest", "read"), is_sandbox=True))


def test_its_text_says_what_it_is(cast: Cast) -> None:
    assert make_key("vendor", cast.vendor, ("ingest",), is_sandbox=True).startswith("bpo_test_")


@pytest.mark.parametrize("query", ["", "?dry_run=false", "?partial=true"])
def test_it_answers_as_usual_and_stores_nothing(client: APIClient, query: str) -> None:
    answer = client.post(URL + query, {"rows": [ROW]}, headers={"Idempotency-Key": "k-1"})

    assert (answer.status_code, answer.headers["Sandbox"]) == (201, "true")
    document = answer.json()
    assert (document["id"], document["status"], document["sandbox"]) == (None, "accepted", True)
    assert document["values"] == {"new": 2, "changed": 0, "unchanged": 0}
    for model in (Submission, DailyMetric, IdempotencyKey, RecalculationMark):
        assert not model.objects.exists()


def test_it_is_told_every_mistake(client: APIClient) -> None:
    bad = {**ROW, "measures": {"offered": 5, "answered": 6}}

    assert_problem(client.post(URL, {"rows": [bad]}), 422, "numerator_gt_denominator", row=0)
    both = client.post(f"{URL}?partial=true", {"rows": [ROW, {**bad, "date": "2026-03-03"}]})
    assert (both.status_code, len(both.json()["errors"]), both.json()["sandbox"]) == (207, 1, True)
    assert not DailyMetric.objects.exists()


def test_it_reads_what_its_scopes_say(client: APIClient, api: Api, cast: Cast) -> None:
    assert client.get("/api/v1/queues/").json()["count"] == 1
    assert api(cast.ingest_key).post(URL, {"rows": [ROW]}).json().get("sandbox") is None


def test_it_changes_nothing_else(client: APIClient) -> None:
    for path in ("/api/v1/scorecards/", "/api/v1/vendors/"):
        assert_problem(client.post(path, {}), 403, "sandbox")
    assert client.post("/api/v1/kpis/preview/", {"formula": "1 + 1", "measures": {}}).status_code == 200
