"""Bad input over HTTP (reliability §6): a 4xx problem that names row, field and cure; nothing is stored."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bad_input import BODIES, CSV, DATES, FILES, GOOD, JSON, NUMBERS, QUEUE, SUBMISSIONS, TEXTS, Case
from tests.cast import Cast, client_for, make_cast
from tests.conftest import NOW
from tests.kpis.feed_measures import make_measures
from tests.make import make_figures, make_key, make_kpi, make_target
from vendors import clock
from vendors.models import ApiKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

HANGUL = re.compile("[가-힣]")
NOT_DATA = {"ApiKey", "Session", "RefusedFeed", "RefusedDay"}
"""``last_used_at`` of a key is noted, a session begins when somebody signs in, and refusals have their log."""
READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "SET")
MOST_STATEMENTS = 20
"""So many take plain figures that are accepted; the benchmark ``refusals`` times both."""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


def make_world() -> Cast:
    """Make the cast with a little of everything; small, because all of it is hashed after every case."""
    made = make_cast()
    make_measures()
    make_target(made.contract, make_kpi("answer_share"), 80)
    make_figures(made.queue, date(2026, 3, 1), offered=10, answered=9)
    ApiKey.objects.update(last_used_at=NOW)
    return made


@pytest.fixture(scope="module")
def digest(world: Cast) -> str:
    return digest_of_the_database()


def digest_of_the_database() -> str:
    """Return a hash of every row of the product."""
    found = hashlib.sha256()
    for model in apps.get_models():
        if model.__name__ not in NOT_DATA and model._meta.managed:
            rows = model._base_manager.order_by("pk").values_list()
            found.update(repr((model.__name__, list(rows))).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def send(world: Cast, case: Case, language: str) -> Any:
    key = getattr(world, case.who)
    headers = {"accept-language": language, "authorization": f"Api-Key {key}", **dict(case.headers)}
    if case.content_type and not case.body:
        # Django's client leaves them out.
        headers |= {"content-type": case.content_type, "content-length": "0"}
    client = Client(raise_request_exception=False)
    return client.generic(case.method, case.path, case.body, content_type=case.content_type, headers=headers)


def check(world: Cast, case: Case, digest: str) -> dict[str, Any]:
    """Send a case in both languages; return the English problem."""
    documents: dict[str, dict[str, Any]] = {}
    written: list[str] = []
    for language in ("en", "ko"):
        with CaptureQueriesContext(connection) as captured:
            answer = send(world, case, language)
        assert len(captured) <= MOST_STATEMENTS
        written += [query["sql"] for query in captured if not query["sql"].startswith(READS)]
        assert answer.status_code == case.status, (answer.status_code, answer.content[:1000].decode())
        assert answer["Content-Type"] == "application/problem+json"
        document = documents[language] = answer.json()
        assert (document["status"], len(document["request_id"]) > 7) == (case.status, True)
        assert document["title"]
        assert document["detail"]
    english, korean = documents["en"], documents["ko"]
    named = {english["code"], *(error["code"] for error in english["errors"])}
    assert any(re.fullmatch(case.code, code) for code in named), english
    assert codes(english) == codes(korean)
    _check_place(case, english)
    _check_texts(english, korean)
    # Where not one statement could write, there is nothing to compare.
    assert not written or digest_of_the_database() == digest
    return english


def codes(document: dict[str, Any]) -> list[Any]:
    return [document["code"], *((error["row"], error["field"], error["code"]) for error in document["errors"])]


def _check_place(case: Case, document: dict[str, Any]) -> None:
    wanted = {"row": case.row, "field": case.field}
    wanted = {name: place for name, place in wanted.items() if place is not None}
    there = [error for error in document["errors"] if re.fullmatch(case.code, error["code"])]
    assert not wanted or any(wanted.items() <= error.items() for error in there), document["errors"][:5]
    assert len(document["errors"]) <= 1_000 or case.status == 422


def _check_texts(english: dict[str, Any], korean: dict[str, Any]) -> None:
    assert HANGUL.search(korean["title"])
    assert HANGUL.search(korean["detail"]), korean["detail"]
    for one, other in zip(english["errors"], korean["errors"], strict=True):
        assert one["detail"]
        assert HANGUL.search(other["detail"]), other["detail"]
        assert len(one["detail"]) < 600, "echoes what was sent at length"


@pytest.mark.parametrize("case", BODIES + NUMBERS + DATES + TEXTS + FILES, ids=str)
def test_figures_are_refused(world: Cast, digest: str, case: Case) -> None:
    check(world, case, digest)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b"\xef\xbb\xbf" + GOOD.encode()),
        (JSON, GOOD.replace(": 1}", ': "-0"}').encode()),
        (JSON, GOOD.replace('"offered": 1', '"offered": 0, "answered": 0').encode()),
        (JSON, GOOD.replace("2026-03-02", "2026-11-23").encode()),
        (JSON, GOOD.replace(": 1}", ": null}").encode()),
        (JSON, json.dumps({**json.loads(GOOD), "note": "<script>{{7*7}}</script> =HYPERLINK("}).encode()),
        (JSON, json.dumps({**json.loads(GOOD), "note": "👩‍👩‍👧‍👦" * 70}).encode()),
        (CSV, b"\xef\xbb\xbf" + f"queue,date,offered\n{QUEUE},2026-03-02,5\n\n\n".encode()),
        (CSV, f"queue,date,offered\n{QUEUE},2026-03-02,5\n".encode("utf-16")),
        (CSV, f"업무그룹,날짜,offered\r{QUEUE},2026-03-02, 5 \r".encode("cp949")),
    ],
)
def test_odd_figures_are_taken(world: Cast, content_type: str, body: bytes) -> None:
    with transaction.atomic():
        answer = send(world, Case("", body, "", content_type=content_type), "en")
        transaction.set_rollback(True)

    assert answer.status_code == 201, answer.content


# Definitions and setup ------------------------------------------------------------------------------

VALID: dict[str, dict[str, Any]] = {
    "vendors": {"code": "new", "name": "New"},
    "centres": {"code": "new", "vendor": "hanbit", "name": "New"},
    "contracts": {"code": "new", "vendor": "hanbit", "name": "New", "starts_on": "2027-01-01"},
    "queues": {"code": "new", "centre": "hanbit-seoul", "contract": "hanbit-2026", "name": "New", "service": "order",
               "channel": "voice"},
    "measures": {"code": "new_measure", "name": "New"},
    "kpis": {"code": "new_kpi", "name": "New", "formula": "answered / offered"},
    "targets": {"contract": "hanbit-2026", "kpi": "answer_share", "target": 80, "period": "year",
                "valid_from": "2026-01-01"},
    "target-sets": {"code": "new", "name": "New", "items": [{"kpi": "answer_share", "target": 80}]},
    "scorecards": {"contract": "hanbit-2026", "start": "2026-05-01"},
    "kpis/preview": {"formula": "answered / offered", "measures": {"answered": 1, "offered": 2}},
}  # fmt: skip
DETAILS = {"vendors": "hanbit", "centres": "hanbit-seoul", "contracts": "hanbit-2026", "queues": "hanbit-order-voice",
           "measures": "offered", "kpis": "answer_share"}  # fmt: skip


def wrong(noun: str, number: str, code: str, /, status: int = 400, field: str | None = None, **change: Any) -> Case:
    """Return a case of a valid body with ``change`` in it."""
    body = json.dumps({**VALID[noun], **change}).encode()
    return Case(number, body, code, status, f"/api/v1/{noun}/", field=field, who="manager_key")


def unreadable(noun: str, method: str, path: str) -> list[Case]:
    """Return the cases that every endpoint with a body shares."""
    about: dict[str, Any] = {"path": path, "method": method, "who": "manager_key"}
    text = json.dumps(VALID[noun])
    return [
        Case("1", b"", "empty_body", **about),
        Case("3", b"null", "not_object", **about),
        Case("7", b"[]", "not_object", **about),
        Case("10", b'{"a":1', "json_syntax", **about),
        Case("22", '{"name": "한빛"}'.encode("cp949"), "bad_encoding", **about),
        Case("25", b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}", "too_deep", **about),
        Case("28", b'{"name": 1, "name": 2}', "duplicate_key", **about),
        Case("29", (text[:-1] + ', "nmae": 1}').encode(), "unknown_field", field="nmae", **about),
        Case("31", (text[:-1] + ', "__class__": 1}').encode(), "unknown_field", field="__class__", **about),
        Case("42", b'{"name": ' + b"9" * 5_000 + b"}", "number_too_long", **about),
        Case("43", b'{"name": NaN}', "json_syntax", **about),
        Case("45", rb'{"name": "\ud800"}', "surrogate", **about),
        Case("46", rb'{"name": "a\u0000"}', "control_char", **about),
        Case("172", text.encode(), "media_type", 415, content_type="text/plain", **about),
        Case("174", b"a=1", "media_type", 415, content_type="application/x-www-form-urlencoded", **about),
        Case("23", text.encode(), "charset_unsupported", 415, content_type=f"{JSON}; charset=euc-kr", **about),
    ]


FORMULA = "formula_(forbidden|syntax)|too_(deep|long)"
NAMES = {
    "\u3164": "blank", "": "blank", "a\u202eb": "bidi_control", "a" + "\u0301" * 50: "too_many_marks",
    "\ue000": "bad_char", "\ufffd": "replacement_char", "a\nb": "control_char", "\x1b[31m": "control_char",
    "x" * 501: "too_long",
}  # fmt: skip
BAD_CODES = ["a b", "한빛", "-a", "a/b", "a\n", "a ", "x" * 65, "ａ", "../x", "<b>", "%00", "a.b"]

SETUP = [
    *(case for noun in VALID for case in unreadable(noun, "POST", f"/api/v1/{noun}/")),
    *(case for noun, key in DETAILS.items() for case in unreadable(noun, "PATCH", f"/api/v1/{noun}/{key}/")[::3]),
    *(wrong(noun, "105-120", code, field="name", name=name) for name, code in NAMES.items() for noun in DETAILS),
    *(wrong(noun, "114", "too_long" if len(code) > 64 else "control_char" if "\n" in code else "code_format",
            field="code", code=code) for code in BAD_CODES for noun in ("vendors", "queues", "kpis")),
    *(wrong(noun, "3", "not_a_string", field="name", name=name) for name in (7, True, [], {}) for noun in DETAILS),
    *(wrong(noun, "30", "read_only_field", field=field, **{field: 1})
      for noun, field in (("contracts", "queues"), ("targets", "id"), ("kpis", "is_shipped"), ("kpis", "version"))),
    *(wrong("contracts", "77-89", "bad_date", field="starts_on", starts_on=text)
      for text in ("2026-02-30", "20260101", "2026-W01-1", "２０２６-01-01", "2026-01-01T00:00:00Z", 20260101, "")),
    wrong("contracts", "90", "date_range", field="starts_on", starts_on="9999-12-31"),
    wrong("contracts", "91", "date_range", field="ends_on", ends_on="0001-01-01"),
    *(wrong("targets", "47-65", code, field="target", target=number) for number, code in (
        ("NaN", "not_a_number"), ("sNaN", "not_a_number"), ("inf", "not_a_number"), (True, "not_a_number"),
        ("１２.５", "non_ascii_number"), ("1,000", "thousands_separator"), ("95%", "percent_sign"),
        ("0x1F", "not_a_number"),
        ("1" * 2_000, "number_too_long"), ("1" + "0" * 20, "number_range"), ("1.123456789", "too_precise"),
        ("1e999", "number_range"), ([], "not_a_number"), ({}, "not_a_number"),
    )),
    wrong("targets", "209", "unknown_contract", field="contract", contract="nobodys"),
    wrong("targets", "209", "unknown_kpi", field="kpi", kpi="nothing"),
    wrong("queues", "209", "not_a_string", field="centre", centre=["hanbit-seoul"]),
    wrong("queues", "209", "invalid_choice", field="channel", channel="fax"),
    wrong("centres", "209", "unknown_timezone", field="timezone", timezone="Asia/Soul"),
    wrong("contracts", "209", "bad_currency", field="currency", currency="won"),
    *(wrong("kpis/preview", "204-206", code, formula=text, measures={}) for text, code in (
        ("+".join("1" * 200), FORMULA), ("(" * 60 + "1" + ")" * 60, FORMULA), ("-" * 300 + "1", FORMULA),
        ("().__class__", FORMULA), ("__import__('os')", FORMULA), ("lambda: 1", FORMULA),
        ("9**9**9", FORMULA),
        ("1+" * 20_000 + "1", "too_long"), ("(" * 5_000, "too_long"), ("-" * 3_000 + "1", "too_long"),
        ("x=5", FORMULA),
        ("1;2", FORMULA), ("", FORMULA), ("１+２", FORMULA), ("1\u200b", FORMULA), ("0x1F", FORMULA),
        ("1_000", FORMULA), ("a.b", FORMULA), ("a[0]", FORMULA), ("f'{1}'", FORMULA), ("1j", FORMULA),
    )),
]  # fmt: skip


@pytest.mark.parametrize("case", SETUP, ids=str)
def test_definitions_and_setup_are_refused(world: Cast, digest: str, case: Case) -> None:
    document = check(world, case, digest)

    if case.code == FORMULA:
        assert "position" in document


# Headers, methods, addresses, credentials ------------------------------------------------------------


def at_address(number: str, path: str, status: int, code: str) -> Case:
    return Case(number, b"", code, status, path, "GET", "", who="manager_key")


def with_headers(number: str, given: dict[str, str], status: int, code: str) -> Case:
    about = {name: text for name, text in given.items() if name in ("method", "content_type")}
    headers = tuple((name, text) for name, text in given.items() if name not in about)
    return Case(number, GOOD.encode(), code, status, headers=headers, **about)


ADDRESSES = [
    ("189", "/api/v1/vendors/" + "9" * 1_500 + "/", 404, "not_found"), ("189", "/api/v1/vendors/-1/", 404, "not_found"),
    ("189", "/api/v1/vendors/%00/", 404, "not_found"), ("189", "/api/v1/targets/%EF%BC%91/", 404, "not_found"),
    ("189", "/api/v1//vendors/", 404, "not_found"), ("189", "/api/v1/vendors/..%2fx/", 404, "not_found"),
    ("189", "/api/v1/targets/" + "9" * 30 + "/", 404, "not_found"), ("189", "/api/v1/vendors", 404, "not_found"),
    ("189", "/api/v1/submissions/not-a-uuid/", 404, "not_found"), ("189", "/api/nothing", 404, "not_found"),
    ("187", "/api/v1/queues/?page=0", 400, "bad_page"), ("187", "/api/v1/queues/?page=-1", 400, "bad_page"),
    ("187", "/api/v1/queues/?page=abc", 400, "bad_page"),
    ("187", f"/api/v1/queues/?page=1{'0' * 30}", 400, "bad_page"),
    ("187", "/api/v1/queues/?page=99", 404, "not_found"), ("187", "/api/v1/queues/?page_size=201", 400, "bad_page"),
    ("188", "/api/v1/targets/?valid_on=2026-02-30", 400, "bad_query"),
    ("188", "/api/v1/queues/?centre=%00", 400, "bad_query"),
    ("188", "/api/v1/queues/?centre=%ff", 400, "bad_query"), ("188", "/api/v1/queues/?nothing=1", 400, "bad_query"),
    ("188", "/api/v1/queues/?ordering=password", 400, "bad_query"), ("188", "/api/v1/me/?x=1", 400, "bad_query"),
    ("188", "/api/v1/queues/?centre=a&centre=b", 400, "bad_query"), ("188", "/api/v1/kpi-values/", 400, "bad_query"),
    ("104", "/api/v1/kpi-values/?kpi=answer_share&from=2026-02-01&to=2026-01-01", 400, "bad_query"),
    ("104", "/api/v1/kpi-values/?kpi=answer_share&from=2026-02-01", 400, "bad_query"),
    ("104", "/api/v1/kpi-values/?kpi=answer_share&period=day&from=2025-01-01&to=2026-02-07", 400, "bad_query"),
    ("100-102", "/api/v1/daily-metrics/?as_of=2026-03-02T02:30:00", 400, "bad_query"),
    ("100-102", "/api/v1/daily-metrics/?as_of=2026-03-02T02:30:00%2B25:00", 400, "bad_query"),
    ("100-102", "/api/v1/daily-metrics/?as_of=2026-03-02T23:59:60Z", 400, "bad_query"),
    ("195", "/api/v1/me/?api_key=bpo_live_x", 400, "key_in_url"),
    ("188", "/api/v1/queues/1/?format=xml", 404, "not_found"), ("177", "/api/v1/queues/?format=xml", 404, "not_found"),
]  # fmt: skip


@pytest.mark.parametrize("case", [at_address(*row) for row in ADDRESSES], ids=str)
def test_addresses_are_refused(world: Cast, digest: str, case: Case) -> None:
    check(world, case, digest)


HEADERS = [
    ("171", {"content_type": ""}, 415, "media_type"), ("172", {"content_type": "text/plain"}, 415, "media_type"),
    ("173", {"content_type": "application/xml"}, 415, "media_type"),
    ("174", {"content_type": "application/x-www-form-urlencoded"}, 415, "media_type"),
    ("175", {"content_type": "multipart/form-data"}, 400, "multipart"),
    ("175", {"content_type": "multipart/form-data; boundary=a\0b"}, 400, "multipart"),
    ("177", {"accept": "application/xml"}, 406, "not_acceptable"),
    ("178", {"accept": "garbage"}, 406, "not_acceptable"),
    ("180", {"method": "FOO"}, 405, "method"), ("180", {"method": "TRACE"}, 405, "method"),
    ("180", {"method": "CONNECT"}, 405, "method"), ("180", {"method": "DELETE"}, 405, "method"),
    ("181", {"host": "evil.example"}, 400, "bad_host"), ("181", {"host": "a\r\nb"}, 400, "bad_host"),
    ("192", {"authorization": "Bearer "}, 401, "auth_malformed"),
    ("192", {"authorization": "Api-Key"}, 401, "auth_malformed"),
    ("192", {"authorization": "Basic YTpi"}, 401, "auth_malformed"),
    ("193", {"authorization": "Api-Key bpo_live_00000000_" + "x" * 43}, 401, "auth_invalid"),
    ("200", {"authorization": "Api-Key bpo_live_한"}, 401, "auth_malformed"),
    ("200", {"authorization": "Api-Key bpo_live_\0"}, 401, "auth_malformed"),
    ("200", {"authorization": "Api-Key " + "x" * 100_000}, 401, "auth_malformed"),
]  # fmt: skip


@pytest.mark.parametrize("case", [with_headers(*row) for row in HEADERS], ids=str)
def test_headers_and_methods_are_refused(world: Cast, digest: str, case: Case) -> None:
    check(world, case, digest)


def test_credentials_are_told_apart_nowhere(world: Cast) -> None:
    """Unknown, wrong, and revoked keys get one answer (193, 194)."""
    key, revoked = world.ingest_key, make_key("vendor", world.vendor, ("ingest", "read"))
    ApiKey.objects.filter(prefix=revoked.split("_")[2]).update(revoked_at=clock.now())
    bodies = set()
    for text in (f"{key[:-1]}{'a' if key[-1] != 'a' else 'b'}", "bpo_live_00000000_" + "x" * 43, revoked):
        answer = Client().get("/api/v1/me/", headers={"authorization": f"Api-Key {text}"})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Api-Key")
        bodies.add(re.sub(r'"request_id": "[^"]*"', "", answer.content.decode()))
    assert len(bodies) == 1


def test_a_session_needs_csrf_and_no_second_credential(world: Cast) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.member)
    digest = digest_of_the_database()
    without = browser.post(SUBMISSIONS, GOOD, content_type=JSON)
    assert (without.status_code, without.json()["code"]) == (403, "csrf")

    both = browser.get("/api/v1/me/", headers={"authorization": f"Api-Key {world.ingest_key}"})
    assert (both.status_code, both.json()["code"]) == (400, "two_credentials")
    assert digest_of_the_database() == digest


@pytest.mark.parametrize(("who", "status"), [("read_key", 403), ("ingest_key", 201)])
def test_a_key_does_what_its_scopes_say(world: Cast, who: str, status: int) -> None:
    with transaction.atomic():
        answer = client_for(getattr(world, who)).post(SUBMISSIONS, json.loads(GOOD))
        transaction.set_rollback(True)
    assert answer.status_code == status
    assert status != 403 or answer.json()["code"] == "scope"


def test_a_method_override_is_ignored(world: Cast) -> None:
    with transaction.atomic():
        case = Case("179", GOOD.encode(), "", headers=(("x-http-method-override", "DELETE"),))
        assert send(world, case, "en").status_code == 201
        transaction.set_rollback(True)


def test_a_note_is_shown_and_never_run(world: Cast) -> None:
    """Script, template and formula in a note (121, 122) are text wherever the receipt is shown."""
    text = "<script>alert(1)</script>{{7*7}}{% load x %} =HYPERLINK(1)"
    with transaction.atomic():
        body = json.dumps({**json.loads(GOOD), "note": text}).encode()
        receipt = send(world, Case("121", body, ""), "en").json()["id"]
        assert client_for(world.manager).get(f"{SUBMISSIONS}{receipt}/").json()["note"] == text
        page = client_for(world.superuser).get(f"/admin/kpis/submission/{receipt}/change/").content.decode()
        transaction.set_rollback(True)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page


def test_forwarded_headers_of_anybody_are_ignored(world: Cast) -> None:
    """Host, scheme and address that a client claims for itself (182) change nothing."""
    forged = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1"}
    plain, claimed = (client_for(world.manager).get("/api/v1/queues/", headers=headers) for headers in ({}, forged))
    assert (claimed.status_code, claimed.content) == (200, plain.content)
    assert b"evil.example" not in client_for(world.manager).get("/connect/", headers=forged).content
