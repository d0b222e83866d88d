"""``import-profiles/``: kept in versions, tried without storing, and files sent through them."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from kpis.models import DailyMetric, ImportProfile, Submission
from tests.cast import Cast, client_for, make_cast
from tests.checks import assert_problem, queries_of
from tests.kpis.feed_measures import make_measures
from vendors.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

URL = "/api/v1/import-profiles/"
QUEUE = "hanbit-order-voice"
MAPPING = {
    "queue": QUEUE,
    "columns": {
        "date": "일자",
        "offered": "인입",
        "answered": {"heading": "응대율", "kind": "percent", "of": "offered"},
    },
}
FILE = '일자,인입,응대율\n2026. 3. 2.(월),"12,430",91.2%\n2026. 3. 3.(화),-,-\n합계,12430,\n'


@pytest.fixture
def cast() -> Cast:
    make_measures()
    return make_cast()


def made(client: APIClient, **fields: Any) -> dict[str, Any]:
    body = {"vendor": "hanbit", "code": "acd", "name": "ACD 일보", "mapping": MAPPING, **fields}
    answer = client.post(URL, body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def send(client: APIClient, content: str | bytes = FILE, path: str = "/api/v1/submissions/?profile=acd") -> Any:
    body = content.encode() if isinstance(content, str) else content
    return client.generic("POST", path, body, content_type="text/csv")


def test_a_vendors_administrator_makes_a_profile_and_its_members_see_it(cast: Cast) -> None:
    profile = made(client_for(cast.admin))

    assert profile["version"] == 1
    assert profile["mapping"] == MAPPING
    [listed] = client_for(cast.member).get(URL).json()["results"]
    assert (listed["code"], listed["vendor"], listed["last_used_at"]) == ("acd", "hanbit", None)
    assert client_for(cast.outsider).get(URL).json()["count"] == 0
    assert AuditEntry.objects.filter(object_type="importprofile", action="create", vendor=cast.vendor).exists()


def test_a_changed_mapping_is_a_new_version_and_names_alone_are_not(cast: Cast) -> None:
    client = client_for(cast.admin)
    url = f"{URL}{made(client)['id']}/"

    assert client.patch(url, {"name": "ACD"}).json()["version"] == 1
    assert client.patch(url, {"mapping": {**MAPPING, "date_format": "ymd"}, "note": "새 시스템"}).json()["version"] == 2
    assert client.patch(url, {"mapping": {**MAPPING, "date_format": "ymd"}}).json()["version"] == 2

    versions = client.get(url).json()["versions"]
    assert [(row["number"], row["note"]) for row in versions] == [(2, "새 시스템"), (1, "")]
    assert versions[1]["mapping"] == MAPPING


def test_a_file_is_taken_in_through_a_profile(cast: Cast) -> None:
    client = client_for(cast.ingest_key)
    profile = made(client_for(cast.admin))

    answer = send(client)

    assert answer.status_code == 201, answer.content
    assert answer.json()["rows"] == 1
    day = DailyMetric.objects.get()
    assert (str(day.date), day.measures) == ("2026-03-02", {"offered": 12430, "answered": 11336})
    receipt = Submission.objects.get()
    assert (receipt.derived, receipt.profile_version.profile_id) == (["answered"], profile["id"])
    assert client.get(URL).json()["results"][0]["last_used_at"] is not None


def test_derived_values_say_so_in_the_daily_figures(cast: Cast) -> None:
    made(client_for(cast.admin))
    send(client_for(cast.ingest_key))

    rows = client_for(cast.member).get("/api/v1/daily-metrics/").json()["results"]

    assert {row["measure"]: row["derived"] for row in rows} == {"offered": False, "answered": True}


def test_a_counted_value_replaces_a_derived_one(cast: Cast) -> None:
    made(client_for(cast.admin))
    client = client_for(cast.member)
    send(client)

    counted = {"rows": [{"queue": QUEUE, "date": "2026-03-02", "measures": {"answered": 11340}}], "note": "집계"}
    assert client.post("/api/v1/submissions/", counted).status_code == 201

    rows = client.get("/api/v1/daily-metrics/", {"measure": "answered"}).json()["results"]
    assert [(row["value"], row["derived"], row["revision"]) for row in rows] == [("11340", False, 2)]
    history = client.get(
        "/api/v1/daily-metrics/history/", {"queue": QUEUE, "date": "2026-03-02", "measure": "answered"}
    ).json()["results"]
    assert [(row["new"], row["derived"]) for row in history] == [("11336", True), ("11340", False)]


def test_a_trial_shows_the_first_rows_and_stores_nothing(cast: Cast) -> None:
    client = client_for(cast.member)
    url = f"{URL}{made(client_for(cast.admin))['id']}/test/"

    trial = send(client, path=url).json()

    assert trial["rows"] == 1
    assert trial["preview"] == [
        {"line": 2, "queue": QUEUE, "date": "2026-03-02", "measures": {"offered": 12430, "answered": 11336}}
    ]
    assert trial["skipped"] == {"blank": 1, "total": 1}
    assert (trial["derived"], trial["errors"]) == (["answered"], [])
    assert not Submission.objects.exists()


def test_a_trial_names_every_line_that_is_wrong(cast: Cast) -> None:
    url = f"{URL}{made(client_for(cast.admin))['id']}/test/"

    trial = send(client_for(cast.member), "일자,인입,응대율\n2026-03-02,5,150%\n어제,5,90%\n", path=url).json()

    assert [(error["row"], error["code"]) for error in trial["errors"]] == [
        (2, "numerator_gt_denominator"),
        (3, "bad_date"),
    ]
    assert_problem(send(client_for(cast.member), "날짜,인입\n1,2\n", path=url), 400, "missing_column")
    assert_problem(send(client_for(cast.member), "", path=url), 400, "empty_file")


def test_errors_of_a_file_carry_its_line_numbers(cast: Cast) -> None:
    made(client_for(cast.admin))

    answer = send(client_for(cast.ingest_key), FILE + "2026. 3. 4.,많음,1%\n")

    assert_problem(answer, 422, "not_a_number", field="offered", row=5)
    assert not DailyMetric.objects.exists()


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"mapping": {**MAPPING, "queue": "narae-order-voice"}}, "unknown_queue", "queues"),
        ({"mapping": {**MAPPING, "queues": {"주문": "nowhere"}}}, "unknown_queue", "queues"),
        ({"mapping": {**MAPPING, "set": {"answred": "1 + 1"}}}, "unknown_measure", "answred"),
        ({"mapping": {**MAPPING, "columns": {"date": "일자", "agent_id": "사번"}}}, "agent_field", "agent_id"),
        ({"mapping": {"columns": {}}}, "bad_layout", "mapping"),
        ({"mapping": None}, "null", "mapping"),
        ({"mapping": []}, "bad_layout", "mapping"),
        ({"vendor": "narae"}, "unknown_vendor", "vendor"),
        ({"code": "a b"}, "code_format", "code"),
        ({"colour": "red"}, "unknown_field", "colour"),
    ],
)
def test_it_refuses_a_profile_that_cannot_work(cast: Cast, fields: dict[str, Any], code: str, field: str) -> None:
    body = {"vendor": "hanbit", "code": "acd", "name": "ACD", "mapping": MAPPING, **fields}

    assert_problem(client_for(cast.admin).post(URL, body), 400, code, field=field)
    assert not ImportProfile.objects.exists()


def test_it_asks_for_the_queues_once_however_many_are_unknown(cast: Cast) -> None:
    client = client_for(cast.admin)

    def refused(number: int) -> int:
        queues = {f"주문 {place}": f"nowhere-{place}" for place in range(number)}
        body = {"vendor": "hanbit", "code": "acd", "name": "ACD", "mapping": {**MAPPING, "queues": queues}}
        return len(queries_of(lambda: assert_problem(client.post(URL, body), 400, "unknown_queue")))

    refused(1)
    assert refused(1) == refused(5)


def test_a_code_is_once_a_vendor_and_never_changes(cast: Cast) -> None:
    client = client_for(cast.admin)
    profile = made(client)

    body = {"vendor": "hanbit", "code": "acd", "name": "ACD", "mapping": MAPPING}
    assert_problem(client.post(URL, body), 409, "duplicate_code")
    assert_problem(client.patch(f"{URL}{profile['id']}/", {"code": "other"}), 400, "immutable")
    other = {"queue": "narae-order-voice", "columns": {"date": "Day", "offered": "In"}}
    assert made(client_for(cast.outsider), vendor="narae", mapping=other)["code"] == "acd"


def test_a_profile_is_named_with_its_vendor_where_two_have_it(cast: Cast) -> None:
    made(client_for(cast.admin))
    other = {"queue": "narae-order-voice", "columns": {"date": "Day", "offered": "In"}}
    made(client_for(cast.outsider), vendor="narae", mapping=other)
    manager = client_for(cast.manager)

    assert_problem(send(manager), 400, "profile_ambiguous", field="profile")
    assert send(manager, path="/api/v1/submissions/?profile=hanbit/acd").status_code == 201
    assert send(client_for(cast.ingest_key)).json()["values"]["unchanged"] == 2
    path = "/api/v1/submissions/?profile=hanbit/acd"
    assert_problem(send(client_for(cast.outsider_key), path=path), 400, "unknown_profile", field="profile")


def test_only_the_client_keeps_profiles_for_all_vendors(cast: Cast) -> None:
    body = {"code": "acd", "name": "CTI", "mapping": MAPPING}

    for who in (cast.admin, cast.manager_of_a):
        assert_problem(client_for(who).post(URL, body), 403, "forbidden")
    assert client_for(cast.manager).post(URL, body).json()["vendor"] is None
    assert client_for(cast.member).get(URL).json()["count"] == 0
    assert client_for(cast.client_key).get(URL).json()["count"] == 1
    assert send(client_for(cast.client_key)).status_code == 201


def test_a_profile_out_of_use_reads_no_file(cast: Cast) -> None:
    client = client_for(cast.admin)
    client.patch(f"{URL}{made(client)['id']}/", {"is_active": False})

    assert_problem(send(client_for(cast.ingest_key)), 400, "unknown_profile", field="profile")


def test_json_needs_no_profile(cast: Cast) -> None:
    made(client_for(cast.admin))
    body = {"rows": [{"queue": QUEUE, "date": "2026-03-02", "measures": {"offered": 5}}]}

    answer = client_for(cast.ingest_key).post("/api/v1/submissions/?profile=acd", body)

    assert_problem(answer, 400, "bad_query", field="profile")
