"""A large file in a real browser: the page loads itself anew until the file is in, and the mended file can be had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kpis.imports import read_workbook
from kpis.models import ImportJob
from tests import make
from tests.browser.looking import contrasts, overflow, shot, sign_in
from tests.kpis.spreadsheets import xlsx
from vendors.choices import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ERRORS = [
    {"row": 2, "field": "offered", "code": "not_a_number", "detail": "인입: “많음”: 숫자가 아닙니다."},
    {"row": 3, "field": "date", "code": "bad_date", "detail": "날짜는 2026-03-02처럼 적어 주세요."},
]
PROBLEM = {"code": "invalid_rows", "status": 422, "detail": "5,003행 중 2행이 잘못되었습니다.", "errors": ERRORS}
NAME = "2026년 3월 실적.xlsx"
ROWS = [["업무그룹", "날짜", "offered"], ["주문", "2026-03-02", "많음"], ["주문", "3월 3일", 5]]


@pytest.fixture
def job(live_server: Any) -> ImportJob:
    vendor = make.make_vendor("hanbit", name="Hanbit", name_ko="한빛")
    make.make_user("jisu", Role.VENDOR_ADMIN, vendor)
    return make.make_import_job(
        xlsx(ROWS),
        vendor=vendor,
        filename=NAME,
        options={"filename": NAME},
        submitted_by="user:jisu",
        total=5003,
        status="running",
    )


def test_it_follows_a_large_file_to_its_end(job: ImportJob, open_page: Callable[..., Any], tmp_path: Path) -> None:
    watched = open_page(width=390)
    page = watched.page
    sign_in(page, "jisu")
    page.goto(f"/jobs/{job.pk}/")
    assert "파일을 접수하고 있습니다" in page.inner_text("main")
    assert (overflow(page), contrasts(page)) == (0, [])
    shot(page, "large-file-running-390")

    ImportJob.objects.filter(pk=job.pk).update(status="failed", problem=PROBLEM)
    page.wait_for_selector("[role=alert]", timeout=15_000)

    assert "많음" in page.inner_text("main")
    assert (overflow(page), contrasts(page)) == (0, [])
    shot(page, "large-file-failed-390")
    with page.expect_download() as download:
        page.click("a.button.main")
    assert download.value.suggested_filename == "2026년 3월 실적-errors.xlsx"
    download.value.save_as(tmp_path / "report.xlsx")
    rows = read_workbook((tmp_path / "report.xlsx").read_bytes()).sheets[0].rows
    assert rows[0].cells[-1] in ("고칠 내용", "What to mend")
    assert "많음" in rows[1].cells[-1]
    assert watched.complaints == []
