"""``daily-metrics/``: values one by one, as of a moment, as CSV; and the history of one."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from kpis.api import daily_metrics
from kpis.choices import SubmissionWay
from kpis.services.feed.facts import FileSource
from kpis.services.submissions import submit
from tests.cast import Cast
from tests.checks import assert_constant_queries, assert_problem
from tests.conftest import NOW
from tests.kpis.feed_measures import make_measures
from vendors.actors import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]

URL = "/api/v1/daily-metrics/"


def store(queue: str, day: str, days_ago: int = 0, note: str = "", **measures: Any) -> str:
    rows = [{"queue": queue, "date": day, "measures": measures}]
    return str(submit(actor=SYSTEM, rows=rows, now=NOW - timedelta(days=days_ago), note=note).id)


@pytest.fixture
def cast(cast: Cast) -> Cast:
    make_measures()
    return cast


@pytest.fixture
def submissions(cast: Cast) -> list[str]:
    return [
        store("hanbit-order-voice", "2026-03-02", 5, offered=1200, talk_s="12.5", wait_hist=[1, 2, 3]),
        store("hanbit-order-voice", "2026-03-02", 2, note="late calls", offered=1300),
        store("hanbit-order-voice", "2026-03-03", 1, offered=7),
        store("narae-order-voice", "2026-03-02", 1, offered=9),
    ]


def rows(client: APIClient, **query: str) -> list[tuple[Any, ...]]:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    return [tuple(row[name] for name in ("queue", "date", "measure", "value")) for row in answer.json()["results"]]


def test_it_lists_values_with_revision_and_submission(api: Api, cast: Cast, submissions: list[str]) -> None:
    answer = api(cast.manager).get(URL, {"queue": "hanbit-order-voice", "date": "2026-03-02"}).json()

    common = {"queue": "hanbit-order-voice", "date": "2026-03-02", "month": False, "derived": False, "source": "vendor"}
    assert answer["count"] == 3
    assert answer["results"] == [
        {**common, "measure": "offered", "value": "1300", "submission": submissions[1], "revision": 2},
        {**common, "measure": "talk_s", "value": "12.5", "submission": submissions[0], "revision": 1},
        {**common, "measure": "wait_hist", "value": [1, 2, 3], "submission": submissions[0], "revision": 1},
    ]


def test_it_filters(api: Api, cast: Cast, submissions: list[str]) -> None:
    client = api(cast.manager)

    assert rows(client, measure="offered", **{"from": "2026-03-03"}) == [
        ("hanbit-order-voice", "2026-03-03", "offered", "7")
    ]
    assert rows(client, vendor="narae") == [("narae-order-voice", "2026-03-02", "offered", "9")]
    assert rows(client, to="2026-03-02") == []
    assert_problem(client.get(URL, {"date": "2026-02-30"}), 400, "bad_query", field="date")
    assert_problem(client.get(URL, {"quewe": "x"}), 400, "bad_query")


def test_it_shows_what_was_known_at_a_moment(api: Api, cast: Cast, submissions: list[str]) -> None:
    client = api(cast.manager)
    answer = client.get(URL, {"as_of": "2026-11-20T03:00:00Z", "measure": "offered"}).json()

    [row] = answer["results"]
    assert (row["value"], row["revision"], row["submission"]) == ("1200", 1, submissions[0])
    assert_problem(client.get(URL, {"as_of": "2026-11-20T03:00:00"}), 400, "bad_query", field="as_of")
    assert client.get(URL, {"as_of": "2026-11-20", "measure": "offered"}).json() == answer
    assert_problem(client.get(URL, {"as_of": "yesterday"}), 400, "bad_query", field="as_of")


def test_it_streams_csv(api: Api, cast: Cast, submissions: list[str]) -> None:
    answer = api(cast.manager).get(URL, {"format": "csv", "queue": "hanbit-order-voice"})

    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert lines[0] == "queue,date,measure,value,submission,revision,source,derived,month"
    assert lines[1] == f"hanbit-order-voice,2026-03-02,offered,1300,{submissions[1]},2,vendor,false,false"
    assert len(lines) == 5
    assert lines[3] == f"hanbit-order-voice,2026-03-02,wait_hist,1;2;3,{submissions[0]},1,vendor,false,false"


def test_the_csv_says_whose_a_value_is_and_whether_it_was_counted(api: Api, cast: Cast) -> None:
    row = {"queue": "hanbit-order-voice", "date": "2026-03-02", "measures": {"offered": 10}}
    total = {"queue": "hanbit-order-voice", "month": "2026-02", "measures": {"offered": 100}}
    submit(actor=SYSTEM, rows=[row], now=NOW)
    derived = {"source": FileSource(derived=("talk_s",)), "way": SubmissionWay.RECONCILIATION}
    submit(actor=SYSTEM, rows=[{**row, "measures": {"talk_s": "12.5"}}], now=NOW, **derived)
    submit(actor=SYSTEM, rows=[total], now=NOW)

    for query in ({}, {"as_of": "2026-11-24"}):
        answer = api(cast.manager).get(URL, {"format": "csv", "queue": "hanbit-order-voice", **query})
        found = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))

        assert [(one["date"], one["measure"], one["source"], one["derived"], one["month"]) for one in found] == [
            ("2026-02-01", "offered", "vendor", "false", "true"),
            ("2026-03-02", "offered", "vendor", "false", "false"),
            ("2026-03-02", "talk_s", "reconciled", "true", "false"),
        ]


def test_a_csv_of_many_chunks_is_whole_and_reads_each_submission_once(
    api: Api, cast: Cast, submissions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily_metrics, "CHUNK", 2)

    whole = api(cast.manager).get(URL, {"format": "csv"})
    lines = b"".join(whole.streaming_content).decode().splitlines()

    assert len(lines) == 1 + 5
    assert {line.split(",")[4] for line in lines[1:]} == set(submissions)


def test_it_answers_errors_in_json_where_csv_was_asked(api: Api, cast: Cast) -> None:
    assert_problem(api(cast.manager).get(URL, {"format": "csv", "date": "x"}), 400, "bad_query")


def test_it_tells_the_history_of_a_value(api: Api, cast: Cast, submissions: list[str]) -> None:
    query = {"queue": "hanbit-order-voice", "date": "2026-03-02", "measure": "offered"}
    client = api(cast.read_key)

    first, second = client.get(f"{URL}history/", query).json()["results"]

    assert (first["old"], first["new"], first["revision"], first["submission"]) == (None, "1200", 1, submissions[0])
    assert (second["old"], second["new"], second["revision"], second["note"]) == ("1200", "1300", 2, "late calls")
    assert second["received_at"] == "2026-11-21T03:00:00Z"
    assert_problem(client.get(f"{URL}history/", {**query, "measure": "answered"}), 404, "not_found")
    assert_problem(client.get(f"{URL}history/", {"queue": "hanbit-order-voice"}), 400, "bad_query")


def test_it_hides_other_vendors_values(api: Api, cast: Cast, submissions: list[str]) -> None:
    query = {"queue": "hanbit-order-voice", "date": "2026-03-02", "measure": "offered"}

    for who in (cast.outsider, cast.outsider_key, cast.manager_of_b):
        assert {row[0] for row in rows(api(who))} == {"narae-order-voice"}
        assert rows(api(who), queue="hanbit-order-voice") == []
        assert {row[0] for row in rows(api(who), as_of="2026-11-23T03:00:00Z")} == {"narae-order-voice"}
        assert_problem(api(who).get(f"{URL}history/", query), 404, "not_found")
    for who in (cast.executive, cast.ingest_key, cast.department):
        assert api(who).get(URL).status_code == 403
    assert api(cast.anonymous).get(URL).status_code == 401


def test_it_lists_with_a_constant_number_of_queries(api: Api, cast: Cast) -> None:
    client = api(cast.manager)
    store("hanbit-order-voice", "2026-04-01", offered=1)

    def grow() -> None:
        for day in range(2, 6):
            store("hanbit-order-voice", f"2026-04-0{day}", offered=day)

    assert_constant_queries(lambda: [client.get(URL), client.get(URL, {"as_of": "2026-11-23T03:00:00Z"})], grow)
