"""What the page of a sheet asks and tells in the open, before anything is stored."""

from __future__ import annotations

import io

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bpo.models import SetUp
from bpo.services.programme import Wish, create_programme
from kpis.models import DailyMetric
from tests.bpo.pages_sample import AFTER, signed_in
from tests.bpo.programme_world import MANAGER, OCTOBER, fields_of, in_the_open
from tests.make import make_measure
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]


@pytest.fixture
def found(shipped: None) -> SetUp:
    wish = Wish(("한빛컨택", "다온씨에스"), OCTOBER, {"order": "every", "chat": "every"}, "order")
    return create_programme(wish, actor=MANAGER, now=AFTER)


@pytest.fixture
def manager() -> Client:
    return signed_in(Role.MANAGER, language="ko")


def test_the_order_of_days_that_read_in_two_ways_is_asked_in_the_open(manager: Client, found: SetUp) -> None:
    address = f"/start/{found.pk}/sheet/"
    text = "일자,운영업체,업무,인입\n3/5,한빛컨택,주문 전화,100\n5/9,한빛컨택,주문 전화,100\n"
    page = manager.post(address, {"table": text, "do": "keep"}, follow=True).content.decode()
    assert 'name="date_format"' in in_the_open(page)

    made = io.BytesIO()
    book = xlsxwriter.Workbook(made)
    for name, days in (("주문 전화", ("9/1(화)", "9/2(수)")), ("채팅", ("5/9/26", "9/5/26"))):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["운영업체", "일자", "인입"])
        for line, day in enumerate(days, start=1):
            sheet.write_row(line, 0, ["한빛컨택", day, 100])
    book.close()
    file = SimpleUploadedFile("두 표기.xlsx", made.getvalue())
    page = manager.post(address, {"file": file, "do": "keep"}, follow=True).content.decode()
    fields = fields_of(page)
    assert "“채팅” 시트의 날짜 표기" in in_the_open(page)
    assert (fields["date_format_0"], fields["date_format_1"]) == ("md", "mdy")

    answer = manager.post(address, fields | {"date_format_1": "dmy", "do": "take"})

    assert answer.status_code == 302, answer.content.decode()
    assert {day.isoformat() for day in DailyMetric.objects.values_list("date", flat=True)} == {
        "2026-09-01", "2026-09-02", "2026-05-09", "2026-09-05",
    }  # fmt: skip


def test_a_mean_that_is_not_taken_is_told_in_the_open_with_the_column_it_lacks(manager: Client, found: SetUp) -> None:
    address, start = f"/start/{found.pk}/sheet/", "일자,운영업체,업무,인입,만족도"
    lines = "2026-10-01,한빛컨택,주문 전화,100,4.3"

    alone = manager.post(address, {"table": f"{start}\n{lines}\n", "do": "keep"}, follow=True).content.decode()
    text = f"{start},만족도 응답수\n{lines},\n2026-10-01,한빛컨택,채팅,50,4.4,10\n"
    beside = manager.post(address, {"table": text, "do": "keep"}, follow=True).content.decode()

    assert "“만족도” 열은 읽지 않았습니다." in in_the_open(alone)
    assert "건수 열(CSAT 응답)" in in_the_open(alone)
    assert "“만족도” 값 중 2행은 읽지 않았습니다." in in_the_open(beside)
    assert "(CSAT 응답)이 그 행에 없습니다." in in_the_open(beside)


def test_whether_satisfaction_is_a_share_or_a_mean_is_asked_in_the_open(manager: Client, found: SetUp) -> None:
    address = f"/start/{found.pk}/sheet/"
    text = "일자,운영업체,업무,인입,CSAT,CSAT 응답\n2026-10-01,한빛컨택,주문 전화,100,4.5,10\n"
    page = manager.post(address, {"table": text, "do": "keep"}, follow=True).content.decode()
    fields = fields_of(page)
    assert 'name="csat_as"' in in_the_open(page)
    assert fields["csat_as"] == "mean"

    shown = manager.post(address, fields | {"csat_as": "share", "do": "preview"}).content.decode()
    again = fields_of(shown)
    column = next(name for name, value in again.items() if value == "CSAT").removesuffix("heading")
    assert (again[f"{column}holds"], again[f"{column}kind"]) == ("csat_satisfied", "percent")
    left = manager.post(address, again | {"csat_as": "", "do": "preview"}).content.decode()
    answer = manager.post(address, fields_of(left) | {"csat_as": "mean", "do": "take"})

    assert answer.status_code == 302, answer.content.decode()
    assert DailyMetric.objects.get().measures == {"offered": 100, "csat_responses": 10, "csat_score_sum": 45}


@pytest.mark.parametrize(
    "written", ["검수 건수 = 처리 완료 건수", "검수=처리 완료 건수", "work_checked = [처리 완료 건수]"]
)
def test_a_measure_is_computed_as_people_write_it(manager: Client, written: str) -> None:
    made = create_programme(Wish(("한빛컨택",), OCTOBER, {"backoffice": "five"}), actor=MANAGER, now=AFTER)
    address = f"/start/{made.pk}/sheet/"
    text = "일자,운영업체,업무,접수,처리 완료 건수,오류\n2026-10-01,한빛컨택,백오피스,100,90,1\n"
    page = manager.post(address, {"table": text, "do": "keep"}, follow=True).content.decode()
    assert "예: 검수 건수 = 처리" in page

    answer = manager.post(address, fields_of(page) | {"formulas": written, "do": "take"})

    assert answer.status_code == 302, answer.content.decode()
    assert DailyMetric.objects.get().measures["work_checked"] == 90


def test_a_mean_handling_time_says_why_it_is_not_read_and_is_read_where_a_company_counts_it(
    manager: Client, found: SetUp
) -> None:
    address = f"/start/{found.pk}/sheet/"
    text = "일자,운영업체,업무,인입,응대,AHT(초)\n2026-10-01,한빛컨택,주문 전화,100,90,210.5\n"

    page = manager.post(address, {"table": text, "do": "keep"}, follow=True).content.decode()
    assert "“AHT(초)”: 통화·보류·후처리시간을 합친 값" in in_the_open(page)
    make_measure("handle_s", unit="seconds")
    page = manager.post(address, {"table": text, "do": "keep"}, follow=True).content.decode()
    manager.post(address, fields_of(page, do="take"))

    assert DailyMetric.objects.get().measures == {"offered": 100, "answered": 90, "handle_s": 18945}


def test_the_grid_says_why_the_handling_time_is_not_in_a_set(manager: Client) -> None:
    form = {"vendors": "한빛컨택", "month": "2026-10", "service": ["order"]}

    without, within = (manager.post("/start/", form | {"voice_set": code}) for code in ("inbound", "order"))

    assert "평균처리시간(AHT)은 이 세트에 없습니다." in without.content.decode()
    assert "평균처리시간(AHT)은 이 세트에 없습니다." not in within.content.decode()
