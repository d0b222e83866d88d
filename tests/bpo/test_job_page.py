"""The page of a large file: how far it is, what became of it, for whom it exists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import make
from tests.cast import Cast
from tests.kpis.large_files import reads_content
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

ERRORS = [{"row": 7, "field": "offered", "code": "not_a_number", "detail": "숫자가 아닙니다."}]
PROBLEM = {"code": "invalid_rows", "status": 422, "detail": "1개 행이 잘못되었습니다.", "errors": ERRORS}
RESULT = {
    "id": "0198",
    "rows": 50000,
    "values": {"new": 100000, "changed": 2, "unchanged": 0},
    "warnings": [],
    "errors": [],
}


@pytest.fixture
def page(cast: Cast) -> Callable[..., Any]:
    def get(who: Any = cast.member, language: str = "ko", **fields: Any) -> Any:
        client = Client(headers={"accept-language": language})
        client.force_login(who)
        job = make.make_import_job(vendor=cast.vendor, filename="2026년 3월.xlsx", **fields)
        return client.get(f"/jobs/{job.pk}/")

    return get


def test_it_shows_how_far_a_file_is_and_loads_itself_anew(page: Callable[..., Any]) -> None:
    answer = page(status="running", done=15000, total=50000)

    text = answer.content.decode()
    assert answer["Refresh"] == "3"
    assert '<progress id="done" value="15000" max="50000">' in text
    assert "50,000행 중 15,000행" in text
    assert "2026년 3월.xlsx" in text


def test_it_stops_when_the_file_is_in(page: Callable[..., Any]) -> None:
    answer = page(status="done", done=50000, total=50000, content=None, result=RESULT)

    assert not answer.has_header("Refresh")
    assert "50,000건" in answer.content.decode()
    assert "error-report" not in answer.content.decode()


def test_it_leads_to_the_receipt_by_its_number(page: Callable[..., Any], cast: Cast) -> None:
    receipt = make.make_submission(vendor=cast.vendor, number="2026-1123-0007")

    text = page(status="done", content=None, result=RESULT, submission=receipt).content.decode()

    assert f'<a href="/submissions/{receipt.pk}/">2026-1123-0007</a>' in text
    assert '<li><a href="/submissions/">' in text


def test_it_lists_what_is_to_be_mended_and_offers_the_file_with_messages(page: Callable[..., Any]) -> None:
    text = page(status="failed", problem=PROBLEM).content.decode()

    assert "고칠 내용" in text
    assert "숫자가 아닙니다." in text
    assert "/error-report/" in text
    assert 'role="alert"' in text


def test_it_shows_a_refused_file_without_reading_it(page: Callable[..., Any]) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = page(status="failed", problem=PROBLEM)

    assert "/error-report/" in answer.content.decode()
    assert not reads_content(queries)


def test_it_says_so_where_a_file_was_set_aside(page: Callable[..., Any]) -> None:
    assert "three attempts" in page(language="en", status="quarantined").content.decode()


def test_it_exists_for_its_vendor_and_those_who_see_all(page: Callable[..., Any], cast: Cast) -> None:
    statuses = {name: page(getattr(cast, name)).status_code for name in ("manager", "outsider", "executive")}

    assert statuses == {"manager": 200, "outsider": 404, "executive": 403}
    assert page(make.make_user(role=Role.ANALYST)).status_code == 200
