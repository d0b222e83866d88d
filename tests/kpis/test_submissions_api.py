"""``submissions/``: the contract of the API, who may use it, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from kpis.models import DailyMetric, MetricRevision, Submission
from tests.cast import Cast
from tests.checks import assert_constant_queries, assert_problem
from tests.kpis.feed_measures import make_measures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]

URL = "/api/v1/submissions/"
BODY = {
    "rows": [{"queue": "hanbit-order-voice", "date": "2026-03-02", "measures": {"offered": 1200, "answered": 1100}}],
    "note": "",
}


@pytest.fixture
def cast(cast: Cast) -> Cast:
    make_measures()
    return cast


def body(queue: str = "hanbit-order-voice", day: str = "2026-03-02", **measures: Any) -> dict[str, Any]:
    return {"rows": [{"queue": queue, "date": day, "measures": measures or {"offered": 1}}]}


def raw(client: APIClient, content: bytes | str, content_type: str = "application/json") -> Any:
    return client.generic("POST", URL, content, content_type=content_type)


def test_it_says_that_a_file_is_empty(api: Api, cast: Cast) -> None:
    assert_problem(raw(api(cast.ingest_key), b"", "text/csv"), 400, "empty_file")


def test_it_answers_201_with_counts_and_a_receipt(api: Api, cast: Cast) -> None:
    answer = api(cast.ingest_key).post(URL, BODY)

    assert answer.status_code == 201
    receipt = answer.json()
    assert receipt == {
        "id": str(Submission.objects.get().pk),
        "status": "accepted",
        "rows": 1,
        "values": {"new": 2, "changed": 0, "unchanged": 0},
        "warnings": [],
        "errors": [],
        "received_at": "2026-11-23T03:00:00Z",
        "number": "2026-1123-0001",
        "totals": {"offered": "1200", "answered": "1100"},
    }


def test_it_changes_nothing_when_the_body_is_sent_again(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    client.post(URL, BODY)

    again = client.post(URL, BODY)

    assert (again.status_code, again.json()["values"]) == (201, {"new": 0, "changed": 0, "unchanged": 2})
    assert MetricRevision.objects.count() == 0


def test_it_checks_without_storing_in_a_dry_run(api: Api, cast: Cast) -> None:
    answer = api(cast.ingest_key).post(f"{URL}?dry_run=true", BODY)

    assert (answer.status_code, answer.json()["id"]) == (200, None)
    assert answer.json()["values"] == {"new": 2, "changed": 0, "unchanged": 0}
    assert not Submission.objects.exists()


def test_it_answers_422_with_every_bad_row_and_stores_nothing(api: Api, cast: Cast) -> None:
    rows = [*body()["rows"], *body(day="2026-02-30")["rows"], *body(day="2026-03-03", offered="1,000")["rows"]]

    document = assert_problem(api(cast.ingest_key).post(URL, {"rows": rows}), 422, "bad_date", row=1, field="date")

    assert [(error["row"], error["code"]) for error in document["errors"]] == [
        (1, "bad_date"),
        (2, "thousands_separator"),
    ]
    assert not DailyMetric.objects.exists()


def test_it_stores_the_good_rows_when_asked_and_answers_207(api: Api, cast: Cast) -> None:
    rows = [*body()["rows"], *body(day="2026-02-30")["rows"]]

    answer = api(cast.ingest_key).post(f"{URL}?partial=true", {"rows": rows})

    assert (answer.status_code, answer.json()["rows"]) == (207, 1)
    assert [error["row"] for error in answer.json()["errors"]] == [1]


def test_it_tells_an_unknown_queue_and_anothers_queue_apart_nowhere(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    theirs = client.post(URL, body(cast.other_queue.code)).json()
    nobodys = client.post(URL, body("narae-order-voicf")).json()

    for document in (theirs, nobodys):
        document.pop("request_id")
    text = json.dumps(theirs).replace(cast.other_queue.code, "X")
    assert text == json.dumps(nobodys).replace("narae-order-voicf", "X")
    assert theirs["errors"][0]["code"] == "unknown_queue"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("superuser", 201), ("manager", 201), ("manager_of_a", 201), ("manager_of_b", 422), ("executive", 403),
        ("analyst", 403), ("department", 403), ("admin", 201), ("member", 201), ("outsider", 422),
        ("manager_key", 201), ("executive_key", 403), ("analyst_key", 403), ("ingest_key", 201), ("read_key", 403),
        ("outsider_key", 422), ("client_key", 201), ("anonymous", 401),
    ],
)  # fmt: skip
def test_it_takes_figures_only_from_who_submits(api: Api, cast: Cast, who: str, status: int) -> None:
    answer = api(cast.everybody().get(who)).post(URL, BODY)

    assert answer.status_code == status, answer.content


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_body"),
        (b"null", "not_object"),
        (b"[]", "empty_batch"),
        (b"{}", "required"),
        (b'{"rows": []}', "empty_batch"),
        (b'{"rows": {}}', "not_a_list"),
        (b'{"rows": [1], "nots": ""}', "unknown_field"),
        (b'{"rows": [1], "status": "final"}', "read_only_field"),
        (b'{"rows": [1], "rows": [2]}', "duplicate_key"),
        (b'{"rows": [', "json_syntax"),
        (b'{"rows": [NaN]}', "json_syntax"),
        (b'{"rows": [{"queue": "\\ud800"}]}', "surrogate"),
        (b"[" * 17 + b"]" * 17, "too_deep"),
        ('{"rows": [{"queue": "보이스"}]}'.encode("cp949"), "bad_encoding"),
        (b'{"rows": [1], "note": "\xe2\x80\xae"}', "bidi_control"),
    ],
)
def test_it_answers_400_to_what_cannot_be_read(api: Api, cast: Cast, content: bytes, code: str) -> None:
    assert_problem(raw(api(cast.ingest_key), content), 400, code)


def test_it_answers_413_and_415(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)

    assert_problem(client.post(URL, {"rows": [{}] * 5_001}), 413, "too_many_rows")
    assert_problem(raw(client, b" " * (8 * 1024 * 1024 + 1)), 413, "body_too_large")
    assert_problem(raw(client, b"<rows/>", "application/xml"), 415, "media_type")


@pytest.mark.parametrize("query", ["dry_run=maybe", "dry=true", "partial=1", "dry_run=true&dry_run=false"])
def test_it_refuses_query_parameters_it_does_not_know(api: Api, cast: Cast, query: str) -> None:
    assert_problem(api(cast.ingest_key).post(f"{URL}?{query}", BODY), 400, "bad_query")


def test_it_never_changes_or_deletes_a_submission(api: Api, cast: Cast) -> None:
    client = api(cast.manager_key)
    url = f"{URL}{client.post(URL, BODY).json()['id']}/"

    for method in ("put", "patch", "delete"):
        assert_problem(getattr(client, method)(url, {}), 405, "method")


def test_it_shows_a_receipt_with_what_it_changed(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    client.post(URL, BODY)
    second = client.post(URL, {**body(offered=1300), "note": "late calls"}).json()

    receipt = client.get(f"{URL}{second['id']}/").json()

    assert receipt["changes"] == [
        {
            "queue": "hanbit-order-voice",
            "date": "2026-03-02",
            "measure": "offered",
            "old": 1200,
            "new": 1300,
            "revision": 2,
        }
    ]
    assert (receipt["note"], receipt["vendor"], receipt["way"]) == ("late calls", "hanbit", "api")
    assert receipt["submitted_by"].startswith("key:")


def test_it_hides_other_vendors_receipts(api: Api, cast: Cast) -> None:
    url = f"{URL}{api(cast.ingest_key).post(URL, BODY).json()['id']}/"

    for who in (cast.outsider, cast.outsider_key, cast.manager_of_b):
        assert_problem(api(who).get(url), 404, "not_found")
        assert api(who).get(URL).json()["count"] == 0
    assert api(cast.analyst).get(url).status_code == 200
    assert_problem(api(cast.executive).get(url), 403, "role")


def test_it_lists_receipts_with_a_constant_number_of_queries(api: Api, cast: Cast) -> None:
    client = api(cast.manager_key)
    client.post(URL, BODY)

    assert_constant_queries(
        lambda: client.get(URL), lambda: [client.post(URL, body(offered=number)) for number in range(2, 6)]
    )


def test_it_reads_csv_and_names_lines(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    good = "queue,date,offered,answered\nhanbit-order-voice,2026-03-02,1200,\nhanbit-order-voice,2026-03-03,5,5\n"

    answer = raw(client, good, "text/csv")

    assert (answer.status_code, answer.json()["values"]["new"]) == (201, 3)
    bad = good.replace("1200,", "5,9")
    assert_problem(raw(client, bad, "text/csv"), 422, "numerator_gt_denominator", row=2, field="answered")
