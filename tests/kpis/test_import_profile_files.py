"""What a profile says of the file itself: quotation mark, sheet, encoding; and days that leave their year out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from kpis.imports.cells import BadCell, day, month
from kpis.imports.jobs import run_due_imports
from kpis.models import DailyMetric, ImportJob
from tests.cast import Cast, client_for, make_cast
from tests.checks import assert_problem
from tests.kpis.feed_measures import make_measures
from tests.kpis.spreadsheets import fill, xlsx
from tests.kpis.test_import_profiles_api import QUEUE, made, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

COLUMNS = {"date": "일자", "offered": "인입"}
URL = "/api/v1/submissions/?profile=acd"


@pytest.fixture
def cast() -> Cast:
    make_measures()
    return make_cast()


def keep(cast: Cast, **mapping: Any) -> APIClient:
    """Keep a profile, and return the key that sends files through it."""
    made(client_for(cast.admin), mapping={"queue": QUEUE, "columns": COLUMNS, **mapping})
    return client_for(cast.ingest_key)


def stored() -> list[tuple[str, Any]]:
    rows = DailyMetric.objects.order_by("date").values_list("date", "measures")
    return [(str(on), measures["offered"]) for on, measures in rows]


# Quotation marks ----------------------------------------------------------------------------------
def test_another_quotation_mark_holds_separators_and_line_breaks(cast: Cast) -> None:
    client = keep(cast, quote="'", columns={**COLUMNS, "answered": "응대"})

    answer = send(client, "일자,비고,인입,응대\n2026-03-02,'늦음, \"정정\"\n예정','1,200',1100\n")

    assert answer.status_code == 201, answer.content
    assert DailyMetric.objects.get().measures == {"offered": 1200, "answered": 1100}


def test_without_a_quotation_mark_quotes_are_letters_like_others(cast: Cast) -> None:
    text = '일자,비고,인입\n2026-03-02,27" 화면,5\n2026-03-03,"닫지 않음,6\n'

    assert_problem(send(keep(cast), text), 400, "csv_syntax")
    client = client_for(cast.ingest_key)
    plain = made(client_for(cast.admin), code="plain", mapping={"queue": QUEUE, "columns": COLUMNS, "quote": ""})
    assert send(client, text, "/api/v1/submissions/?profile=plain").status_code == 201, plain
    assert stored() == [("2026-03-02", 5), ("2026-03-03", 6)]


# Sheets -------------------------------------------------------------------------------------------
def workbook(*names: str) -> bytes:
    """Return a workbook with an explanation first, and a sheet of one day's figures under each name."""

    def add(book: Any, _first: Any) -> None:
        for number, name in enumerate(names, start=1):
            fill(book, book.add_worksheet(name), [["일자", "인입"], [date(2026, 3, number), number]])

    return xlsx([["작성 요령"], ["매일 09시까지"]], edit=add)


def test_a_pattern_takes_the_first_sheet_it_fits(cast: Cast) -> None:
    client = keep(cast, sheet="일일*")

    answer = send(client, workbook("월간", "일일실적(3월)", "일일실적(4월)"))

    assert answer.status_code == 201, answer.content
    assert answer.json()["file"]["sheet"] == "일일실적(3월)"
    assert stored() == [("2026-03-02", 2)]


def test_a_name_wins_over_a_pattern_of_the_same_letters(cast: Cast) -> None:
    client = keep(cast, sheet="실적 2")

    assert send(client, workbook("실적 1", "실적 2")).status_code == 201
    assert stored() == [("2026-03-02", 2)]


def test_a_file_without_such_a_sheet_is_refused(cast: Cast) -> None:
    client = keep(cast, sheet="일일*")

    assert_problem(send(client, workbook("주간", "월간")), 400, "unknown_sheet")
    assert stored() == []


# Encodings ----------------------------------------------------------------------------------------
AMBIGUOUS = "일자,체크,인입\n2026-03-02,1,5\n".replace("일자", "date").replace("인입", "calls").encode("cp949")
"""Bytes that are UTF-8 as well, of other letters."""


def test_a_declared_encoding_reads_what_could_be_two(cast: Cast) -> None:
    mapping = {"columns": {"date": "date", "offered": "calls"}}
    assert_problem(send(keep(cast, **mapping), AMBIGUOUS), 400, "encoding_ambiguous")

    declared = {"queue": QUEUE, **mapping, "encoding": "cp949"}
    made(client_for(cast.admin), code="declared", mapping=declared)
    answer = send(client_for(cast.ingest_key), AMBIGUOUS, "/api/v1/submissions/?profile=declared")

    assert answer.status_code == 201, answer.content
    assert answer.json()["file"]["encoding"] == "cp949"
    assert stored() == [("2026-03-02", 5)]


def test_headings_of_a_declared_encoding_are_found(cast: Cast) -> None:
    client = keep(cast, encoding="cp949")

    assert send(client, "일자,인입\n2026-03-02,5\n".encode("cp949")).status_code == 201
    # What came in another encoding than the profile says is not read as something else.
    assert send(client, "일자,인입\n2026-03-03,6\n").status_code == 400
    assert stored() == [("2026-03-02", 5)]


# Days without a year ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cell", "order", "today", "found"),
    [
        ("12/31", "md", date(2026, 1, 3), date(2025, 12, 31)),
        ("1/3", "md", date(2026, 1, 3), date(2026, 1, 3)),
        ("1/4", "md", date(2026, 1, 3), date(2025, 1, 4)),
        ("31.12.", "dm", date(2026, 1, 3), date(2025, 12, 31)),
        ("12월 31일(수)", None, date(2026, 1, 3), date(2025, 12, 31)),
        ("2/29", "md", date(2026, 11, 23), date(2024, 2, 29)),
        ("2/29", "md", date(2104, 2, 28), date(2096, 2, 29)),
    ],
)
def test_a_day_without_a_year_is_the_newest_that_is_not_after_today(
    cell: str, order: str | None, today: date, found: date
) -> None:
    assert day(cell, order, None, today) == found


def test_the_year_of_a_profile_wins_over_today() -> None:
    assert day("3/2", "md", 2024, date(2026, 11, 23)) == date(2024, 3, 2)
    assert month("10월", None, 2024, date(2026, 11, 23)) == "2024-10"


@pytest.mark.parametrize(("cell", "found"), [("10월", "2026-10"), ("12월", "2025-12"), ("11월", "2026-11")])
def test_a_month_without_a_year_is_the_newest_that_has_begun(cell: str, found: str) -> None:
    assert month(cell, None, None, date(2026, 11, 23)) == found


@pytest.mark.parametrize(
    ("cell", "order"), [("3/2", None), ("13/1", "md"), ("2/30", "md"), ("3/2", "ymd"), ("3", None)]
)
def test_today_lets_nothing_be_guessed(cell: str, order: str | None) -> None:
    with pytest.raises(BadCell):
        day(cell, order, None, date(2026, 11, 23))
    with pytest.raises(BadCell):
        month(cell if order else "10", order, None, date(2026, 11, 23))


def test_a_profile_reads_on_over_new_year(cast: Cast) -> None:
    client = keep(cast, date_format="md")

    with time_machine.travel(datetime(2026, 12, 31, 3, tzinfo=UTC), tick=False):
        assert send(client, "일자,인입\n12/29,5\n12/30,6\n").status_code == 201
    with time_machine.travel(datetime(2027, 1, 2, 3, tzinfo=UTC), tick=False):
        assert send(client, "일자,인입\n12/31,7\n1/1,8\n").status_code == 201

    assert stored() == [("2026-12-29", 5), ("2026-12-30", 6), ("2026-12-31", 7), ("2027-01-01", 8)]


def test_a_matrix_of_days_without_a_year(cast: Cast) -> None:
    client = keep(cast, shape="matrix", label="구분", date_format="md", columns={"offered": "인입", "answered": "응대"})

    assert send(client, "구분,11/21,11/22\n인입,5,6\n응대,4,5\n").status_code == 201
    assert stored() == [("2026-11-21", 5), ("2026-11-22", 6)]


def test_a_trial_reads_days_without_a_year_alike(cast: Cast) -> None:
    profile = made(client_for(cast.admin), mapping={"queue": QUEUE, "columns": COLUMNS, "date_format": "md"})

    trial = send(client_for(cast.member), "일자,인입\n11/22,5\n", f"/api/v1/import-profiles/{profile['id']}/test/")

    assert [row["date"] for row in trial.json()["preview"]] == ["2026-11-22"]


def test_a_job_reads_days_as_on_the_day_its_file_came(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpis.api.submissions.MOST_AT_ONCE", 1)
    client = keep(cast, date_format="md")
    came = datetime(2026, 11, 23, 3, tzinfo=UTC)

    assert send(client, "일자,인입\n11/22,5\n11/24,6\n").status_code == 202
    run_due_imports(now=came + timedelta(days=2))

    # On the 23rd, 11/24 was a day of last year, which the contract did not cover; two days later it still is.
    job = ImportJob.objects.get()
    assert [error["row"] for error in (job.problem or {})["errors"]] == [3]
    assert job.options["read_on"] == "2026-11-23"
    assert stored() == []
