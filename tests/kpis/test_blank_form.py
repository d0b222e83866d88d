"""The blank form of a contract: what stands in it, and that it is read back when it is filled."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from typing import Any

import pytest
import time_machine
from django.utils import translation
from python_calamine import CalamineWorkbook

from kpis.media_types import XLSX
from kpis.models import DailyMetric
from kpis.queries.contract_form import contract_form
from kpis.reports.blank_form import blank_form
from tests import make
from tests.bpo.pages_sample import Programme
from tests.bpo.submit_sample import MORNING, add_chat, make_november
from tests.cast import client_for
from tests.checks import assert_problem
from vendors.choices import MeasureOwner
from vendors.errors import Invalid
from vendors.models import Holiday, MeasureProvision, Queue

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(MORNING, tick=False), translation.override("ko"):
        yield


@pytest.fixture
def programme() -> Programme:
    return make_november()


def sheet_of(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def form_of(programme: Programme, *, for_vendor: bool = True) -> bytes:
    form = contract_form(programme.contract, LAST, now=MORNING, for_vendor=for_vendor)
    return blank_form(form, FIRST, LAST)


def test_it_holds_the_contracts_queues_days_and_measures_alone(programme: Programme) -> None:
    make.make_measure("never_asked")
    add_chat(programme)

    header, *rows = sheet_of(form_of(programme))

    assert [cell.split("\n")[1] for cell in header] == [
        "[date]", "[queue]", "[queue_name]", "[offered]", "[answered_within_threshold]", "[answered]", "[handle_s]",
        "[resolved_first]", "[qa_checks]", "[qa_points]", "[chat_offered]", "[chat_answered]",
    ]  # fmt: skip
    assert header[4].split("\n")[0] == "20초 내 응대호"
    assert len(rows) == 60
    assert {row[1] for row in rows} == {"hanbit-order-voice", "hanbit-order-chat"}
    assert (rows[0][0], rows[-1][0]) == (FIRST, LAST)


def test_it_has_no_row_for_a_day_the_queue_is_closed(programme: Programme) -> None:
    Queue.objects.filter(pk=programme.queue.pk).update(open_weekdays=[1, 2, 3, 4, 5], observes_holidays=True)
    Holiday.objects.create(country="KR", date=date(2026, 11, 11), name="Day off")

    days = [row[0].day for row in sheet_of(form_of(programme))[1:]]

    assert days == [2, 3, 4, 5, 6, 9, 10, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 30]


def test_it_leaves_out_what_the_client_provides_unless_the_client_asks(programme: Programme) -> None:
    MeasureProvision.objects.create(contract=programme.contract, measure="qa_points", owner=MeasureOwner.CLIENT)

    assert "qa_points" not in str(sheet_of(form_of(programme))[0])
    assert "qa_points" in str(sheet_of(form_of(programme, for_vendor=False))[0])


def test_it_explains_every_measure_on_its_second_sheet(programme: Programme) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(form_of(programme)))

    guide = str(book.get_sheet_by_index(1).to_python())

    assert book.sheet_names == ["실적", "안내"]
    assert "서비스레벨" in guide
    assert "answered_within_threshold" in guide


def filled(content: bytes, row: int, values: list[int]) -> bytes:
    """Return the workbook with ``values`` typed into the measures of one row, as a spreadsheet program saves them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                sheet = text.decode()
                for column, value in zip("DEFGHIJ", values, strict=True):
                    sheet, count = re.subn(
                        rf'<c r="{column}{row}" s="(\d+)"/>', rf'<c r="{column}{row}" s="\1"><v>{value}</v></c>', sheet
                    )
                    assert count == 1
                text = sheet.encode()
            new.writestr(name, text)
    return out.getvalue()


@pytest.mark.slow
def test_the_filled_form_is_read_back_through_the_api(programme: Programme) -> None:
    client = client_for(make.make_key("vendor", programme.vendor, ("ingest",)))
    blank = client.get("/api/v1/blank-forms/hanbit-order/?month=2026-11").content

    answer = client.generic(
        "POST", "/api/v1/submissions/", filled(blank, 25, [1240, 980, 1160, 292320, 719, 12, 1104]), XLSX
    )

    assert answer.status_code == 201, answer.content
    assert answer.json()["rows"] == 1
    day = DailyMetric.objects.get(queue=programme.queue, date=date(2026, 11, 24))
    assert day.measures["answered_within_threshold"] == 980
    assert day.measures["qa_points"] == 1104


@pytest.mark.slow
def test_the_filled_form_of_a_months_total_is_read_back(programme: Programme) -> None:
    client = client_for(make.make_key("vendor", programme.vendor, ("ingest",)))
    answer = client.get("/api/v1/blank-forms/hanbit-order/?month=2026-10&grain=month")
    assert answer["Content-Disposition"] == 'attachment; filename="hanbit-order_202610.xlsx"'
    header, *rows = sheet_of(answer.content)
    assert header[0].split("\n")[1] == "[month]"
    assert [row[:2] for row in rows] == [["2026-10", "hanbit-order-voice"]]
    DailyMetric.objects.filter(date__month=10).delete()

    total = filled(answer.content, 2, [31000, 25000, 29000, 7308000, 18000, 300, 27600])
    sent = client.generic("POST", "/api/v1/submissions/", total, XLSX)

    assert sent.status_code == 201, sent.content
    row = DailyMetric.objects.get(queue=programme.queue, is_month=True)
    assert (row.date, row.measures["offered"], row.measures["qa_points"]) == (date(2026, 10, 1), 31000, 27600)
    assert_problem(client.get("/api/v1/blank-forms/hanbit-order/?grain=week"), 400, "bad_query", field="grain")


@pytest.mark.slow
def test_a_form_filled_in_wrongly_comes_back_with_what_is_to_be_mended(programme: Programme) -> None:
    client = client_for(make.make_key("vendor", programme.vendor, ("ingest",)))
    blank = client.get("/api/v1/blank-forms/hanbit-order/?month=2026-11").content
    wrong = filled(blank, 25, [1240, 980, 9999, 292320, 719, 12, 1104])

    answer = client.generic("POST", "/api/v1/submissions/error-report/", wrong, XLSX)

    assert answer.status_code == 200, answer.content
    assert "9999" in sheet_of(answer.content)[24][-1]


def test_it_refuses_a_form_without_anything_to_ask() -> None:
    contract = make.make_contract()
    make.make_queue(contract)
    form = contract_form(contract, LAST, now=MORNING, for_vendor=True)

    with pytest.raises(Invalid, match="empty_form"):
        blank_form(form, FIRST, LAST)


def test_the_same_form_is_the_same_file(programme: Programme) -> None:
    assert form_of(programme) == form_of(programme)


def test_the_api_answers_the_form_of_a_month(programme: Programme) -> None:
    key = make.make_key("vendor", programme.vendor, ("ingest",))

    answer = client_for(key).get(f"/api/v1/blank-forms/{programme.contract.code}/?month=2026-11")

    assert answer.status_code == 200
    assert answer["Content-Disposition"] == 'attachment; filename="hanbit-order_20261101-20261130.xlsx"'
    assert len(sheet_of(answer.content)) == 31


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-1", "november", "2026-011", ""])
def test_the_api_refuses_what_is_no_month(programme: Programme, month: str) -> None:
    client = client_for(make.make_key("vendor", programme.vendor, ("ingest",)))

    assert_problem(client.get(f"/api/v1/blank-forms/hanbit-order/?month={month}"), 400, "bad_query", field="month")
