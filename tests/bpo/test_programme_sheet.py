"""One sheet of all vendors of a set-up: kept, looked over, taken in whole or not at all."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bpo.models import Scorecard, SetUp, SetUpSheet
from bpo.services.programme import (
    Wish,
    create_programme,
    drop_sheet,
    keep_sheet,
    take_sheet,
    undo_programme,
)
from bpo.services.programme.sheets import remembered
from kpis.imports.opening import open_sample
from kpis.imports.proposing import propose
from kpis.models import DailyMetric, ImportJob, ImportProfile, Submission, Target
from kpis.services.recalculation import drain
from tests import make
from tests.bpo.pages_sample import AFTER, signed_in
from tests.bpo.programme_world import MANAGER, OCTOBER, fields_of
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, Unprocessable
from vendors.models import Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]

SHARES = "운영업체,업무,인입,응대율\n한빛컨택,주문 전화,12430,91.2%\n,채팅,3100,95%\n다온씨에스,주문 전화,8000,93%\n"
MAPPING = {
    "named_by": ["운영업체", "업무"],
    "queues": {"한빛컨택 / 주문 전화": "hanbitkeontaek-order", "한빛컨택 / 채팅": "", "다온씨에스 / 주문 전화": ""},
    "columns": {"offered": "인입", "answered": {"heading": "응대율", "kind": "percent", "of": "offered"}},
    "constants": {"month": "2026-10"},
}


@pytest.fixture
def found(shipped: None) -> SetUp:
    wish = Wish(("한빛컨택", "다온씨에스"), OCTOBER, {"order": "every", "chat": "every"}, "order")
    return create_programme(wish, actor=MANAGER, now=AFTER)


@pytest.fixture
def manager() -> Client:
    return signed_in(Role.MANAGER, language="ko")


def test_a_sample_of_all_vendors_goes_in_as_it_is(manager: Client, found: SetUp) -> None:
    address = f"/start/{found.pk}/sheet/"
    assert "다온씨에스" in manager.get(address).content.decode()
    book = manager.get(f"/start/{found.pk}/sample.xlsx")
    assert book["Content-Disposition"].endswith('filename="sample_all_2026-10.xlsx"')

    file = SimpleUploadedFile("우리 시트.xlsx", book.content)
    page = manager.post(address, {"file": file, "do": "keep"}, follow=True).content.decode()
    assert "124" in page
    answer = manager.post(address, fields_of(page, do="take"), follow=True)
    drain(now=AFTER)

    assert "124" in answer.content.decode()
    assert DailyMetric.objects.count() == 4 * 31
    assert Submission.objects.get().file_name == "우리 시트.xlsx"
    assert Scorecard.objects.filter(start=OCTOBER, score__gt=60).count() == 4
    assert not SetUpSheet.objects.exists()


def test_month_totals_and_percentages_come_in_with_what_people_say(manager: Client, found: SetUp) -> None:
    address = f"/start/{found.pk}/sheet/"
    page = manager.post(address, {"table": SHARES, "do": "keep"}, follow=True).content.decode()
    fields = fields_of(page)
    assert [fields[f"queue-{place}-code"] for place in range(3)] == [
        "hanbitkeontaek-order", "hanbitkeontaek-chat", "daonssieseu-order",
    ]  # fmt: skip

    shown = manager.post(address, fields | {"queue-1-code": "", "do": "preview"})
    assert shown.status_code == 200
    assert "11336" in shown.content.decode().replace(",", "")
    answer = manager.post(address, fields | {"queue-1-code": "", "do": "take"})

    receipt = Submission.objects.get()
    assert answer["Location"] == f"/start/{found.pk}/?receipt={receipt.pk}"
    rows = {row.queue.code: row for row in DailyMetric.objects.select_related("queue")}
    assert rows.keys() == {"hanbitkeontaek-order", "daonssieseu-order"}
    assert rows["daonssieseu-order"].is_month
    assert ImportProfile.objects.get().vendor is None
    assert f"/submissions/{receipt.pk}/" in manager.get(answer["Location"]).content.decode()


def test_what_is_wrong_is_said_and_nothing_is_stored(manager: Client, found: SetUp) -> None:
    address = f"/start/{found.pk}/sheet/"
    assert manager.post(address, {"table": "  ", "do": "keep"}).status_code == 400
    days = "".join(f"2026-10-{day:02},한빛컨택,주문 전화,{100 + day}\n" for day in range(1, 10))
    text = f"날짜,운영업체,업무,인입\n{days}2026-10-10,한빛컨택,주문 전화,many\n"
    page = manager.post(address, {"table": text, "do": "keep"}, follow=True).content.decode()

    answer = manager.post(address, fields_of(page, do="take"))

    assert answer.status_code == 422
    assert "many" in answer.content.decode()
    assert not DailyMetric.objects.exists()
    assert not ImportProfile.objects.exists()
    assert SetUpSheet.objects.exists()


def test_a_managers_own_workbook_goes_in_as_he_keeps_it(manager: Client, found: SetUp) -> None:
    address = f"/start/{found.pk}/sheet/"
    file = SimpleUploadedFile("외주센터 실적.xlsx", own_workbook())

    page = manager.post(address, {"file": file, "do": "keep"}, follow=True).content.decode()

    assert re.findall(r'name="sheet" value="([^"]*)"( checked)?', page) == [
        ("9월", " checked"), ("10월", " checked"), ("계약", ""),
    ]  # fmt: skip
    assert "?sheet=" not in page
    assert [name in page for name in ("휴무", "합계")] == [True, True]
    assert "서비스레벨" in page.partition("목표 지표에 더 필요한 열")[2]
    manager.post(address, fields_of(page, do="take"), follow=True)

    stored = DailyMetric.objects.order_by("queue__code", "date").values_list("queue__code", "date", "measures")
    assert [(code, day.isoformat(), measures["offered"]) for code, day, measures in stored] == [
        ("daonssieseu-order", "2026-09-01", 200), ("daonssieseu-order", "2026-10-01", 220),
        ("hanbitkeontaek-order", "2026-09-01", 100), ("hanbitkeontaek-order", "2026-10-01", 110),
    ]  # fmt: skip


def test_the_newest_month_that_came_is_linked_before_its_card_is_computed(manager: Client, found: SetUp) -> None:
    drain(now=AFTER)
    address, head = f"/start/{found.pk}/sheet/", "일자,운영업체,업무,인입,응대\n"
    lines = "".join(f"2026-{month}-02,한빛컨택,주문 전화,100,90\n" for month in (10, 11))
    page = manager.post(address, {"table": head + lines, "do": "keep"}, follow=True).content.decode()

    made = manager.post(address, fields_of(page, do="take"), follow=True).content.decode()

    cards = Scorecard.objects.filter(contract__code="hanbitkeontaek-order-2026")
    ways = {card.start.month: f'href="/scorecards/{card.pk}/"' in made for card in cards}
    assert ways == {10: False, 11: True}


def test_the_sheets_of_services_are_read_the_same_when_shown_again(manager: Client, found: SetUp) -> None:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made)
    for name, calls in (("주문 전화", 100), ("채팅", 50)):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["운영업체", "일자", "인입", "응대"])
        for line, vendor in enumerate(("한빛컨택", "다온씨에스"), start=1):
            sheet.write_row(line, 0, [vendor, "2026-10-01", calls, calls - 5])
    book.close()
    address = f"/start/{found.pk}/sheet/"
    file = SimpleUploadedFile("서비스별.xlsx", made.getvalue())
    page = manager.post(address, {"file": file, "do": "keep"}, follow=True).content.decode()

    assert manager.post(address, fields_of(page, do="preview", base='{"sheets": 1}')).status_code == 400
    shown = manager.post(address, fields_of(page, do="preview")).content.decode()
    manager.post(address, fields_of(shown, do="take"))

    assert set(DailyMetric.objects.values_list("queue__code", "measures__offered", "measures__chat_offered")) == {
        ("hanbitkeontaek-order", 100, None), ("daonssieseu-order", 100, None),
        ("hanbitkeontaek-chat", None, 50), ("daonssieseu-chat", None, 50),
    }  # fmt: skip


def own_workbook() -> bytes:
    """Make two months of calls: a title, merged vendors, a day of rest, a line of sums; and a sheet of contracts."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made)
    for month, more in ((9, 0), (10, 10)):
        sheet = book.add_worksheet(f"{month}월")
        sheet.write_row(0, 0, [f"{month}월 콜 실적"])
        sheet.write_row(1, 0, ["운영업체", "업무", "일자", "인입", "응대"])
        for line, name, calls in ((2, "한빛컨택", 100 + more), (4, "다온씨에스", 200 + 2 * more)):
            for column, text in enumerate((name, "주문 전화")):
                sheet.merge_range(line, column, line + 1, column, text)
            sheet.write_row(line, 2, [f"2026-{month:02}-01", calls, calls - 5])
            sheet.write_row(line + 1, 2, [f"2026-{month:02}-02", "휴무", "휴무"])
        sheet.write_row(6, 0, [f"{month}월 계", None, None, 300, 290])
    book.add_worksheet("계약").write_row(0, 0, ["운영업체", "계약일"])
    book.close()
    return made.getvalue()


def test_a_service_level_of_other_seconds_than_the_target_is_told(manager: Client, found: SetUp) -> None:
    text = "일자,운영업체,업무,인입,응대,40초 내 응대\n2026-10-01,한빛컨택,주문 전화,100,95,90\n"

    page = manager.post(f"/start/{found.pk}/sheet/", {"table": text, "do": "keep"}, follow=True).content.decode()

    assert "읽은 값의 합계" in page
    assert "이미 저장된 값" not in page
    assert "“40초 내 응대” 열은 40초 기준인데 서비스레벨(인입 기준) 목표는 20초입니다." in page


@pytest.mark.parametrize(("is_ticked", "stands"), [(True, 40), (False, 20)])
def test_the_targets_take_over_the_seconds_of_the_sheet_unless_it_is_unticked(
    manager: Client, found: SetUp, is_ticked: bool, stands: int
) -> None:
    address = f"/start/{found.pk}/sheet/"
    text = "일자,운영업체,업무,인입,응대,40초 내 응대\n2026-10-01,한빛컨택,주문 전화,100,95,90\n"
    page = manager.post(address, {"table": text, "do": "keep"}, follow=True).content.decode()
    fields = fields_of(page, do="take")
    assert fields["seconds"] == "1"
    if not is_ticked:
        del fields["seconds"]

    assert manager.post(address, fields).status_code == 302

    targets = Target.objects.filter(series__kpi__code="service_level")
    assert {target.parameters["threshold_seconds"] for target in targets} == {stands}


def test_what_would_be_replaced_is_told_before(manager: Client, found: SetUp) -> None:
    address, text = f"/start/{found.pk}/sheet/", "일자,운영업체,업무,인입\n2026-10-01,한빛컨택,주문 전화,"
    page = manager.post(address, {"table": f"{text}100\n", "do": "keep"}, follow=True).content.decode()
    manager.post(address, fields_of(page, do="take"))

    again = manager.post(address, {"table": f"{text}90\n", "do": "keep"}, follow=True).content.decode()

    assert "이미 저장된 값 1개가 이 파일의 값으로 바뀝니다." in again


def test_another_sheet_may_be_chosen(manager: Client, found: SetUp) -> None:
    address = f"/start/{found.pk}/sheet/"
    manager.post(address, {"table": SHARES, "do": "keep"})
    assert 'class="mapping"' in manager.get(address).content.decode()

    manager.post(address, {"do": "drop"})

    assert not SetUpSheet.objects.exists()
    assert 'class="mapping"' not in manager.get(address).content.decode()


def test_a_long_sheet_is_checked_by_a_worker_first(found: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bpo.services.programme.sheets.MOST_AT_ONCE", 0)
    keep_sheet(found.pk, SHARES.encode(), "", actor=MANAGER, now=AFTER)

    taken = take_sheet(found.pk, MAPPING, actor=MANAGER, now=AFTER)

    assert isinstance(taken, ImportJob)
    assert not DailyMetric.objects.exists()


def test_the_same_profile_reads_the_next_sheet(found: SetUp) -> None:
    for offered in ("12430", "12500"):
        text = SHARES.replace("12430", offered)
        keep_sheet(found.pk, text.encode(), "", actor=MANAGER, now=AFTER)
        take_sheet(found.pk, MAPPING, actor=MANAGER, now=AFTER)

    assert ImportProfile.objects.get().versions.count() == 1
    assert DailyMetric.objects.get().measures["offered"] == 12500


def test_the_next_sheet_is_read_as_the_last_one_was(manager: Client, found: SetUp) -> None:
    address = f"/start/{found.pk}/sheet/"
    text = SHARES.replace("인입", "들어온 콜").replace("채팅", "톡톡")
    page = manager.post(address, {"table": text, "do": "keep"}, follow=True).content.decode()
    place = next(name for name, value in fields_of(page).items() if value == "들어온 콜").removesuffix("heading")
    said = {f"{place}holds": "offered", "queue-1-code": "hanbitkeontaek-chat"}
    answer = manager.post(address, fields_of(page, do="take") | said)
    assert answer.status_code == 302, answer.content.decode()

    page = manager.post(address, {"table": text.replace("12430", "12500"), "do": "keep"}, follow=True)

    fields = fields_of(page.content.decode())
    assert fields[f"{place}holds"] == "offered"
    assert fields["queue-1-code"] == "hanbitkeontaek-chat"
    assert "12500" in page.content.decode().replace(",", "")


def test_a_column_that_is_new_in_the_next_sheet_takes_nothing_from_the_others(found: SetUp) -> None:
    text = "업체,업무,인입\n한빛컨택,주문,12430\n한빛컨택,채팅,300\n"
    for given in (text, "업체,업무,인입,채팅 인입\n한빛컨택,주문,12430,\n한빛컨택,채팅,,310\n"):
        keep_sheet(found.pk, given.encode(), "", actor=MANAGER, now=AFTER)
        grid, delimiter = open_sample(given.encode())
        about: dict[str, Any] = {"actor": MANAGER, "vendor": None, "now": AFTER}
        proposal = propose(grid, delimiter=delimiter, month=date(2026, 10, 1), **about)
        mapping = remembered(found, proposal, actor=MANAGER)
        take_sheet(found.pk, mapping, actor=MANAGER, now=AFTER)

    figures = {row.queue.channel: row.measures for row in DailyMetric.objects.select_related("queue")}
    assert figures == {"voice": {"offered": 12430}, "chat": {"chat_offered": 310}}


def test_a_sheet_that_is_refused_leaves_nothing(found: SetUp) -> None:
    keep_sheet(found.pk, SHARES.replace("12430", "-5").encode(), "", actor=MANAGER, now=AFTER)

    with pytest.raises(Unprocessable):
        take_sheet(found.pk, MAPPING, actor=MANAGER, now=AFTER)

    assert not ImportProfile.objects.exists()
    with pytest.raises(Invalid):
        keep_sheet(found.pk, b"", "", actor=MANAGER, now=AFTER)
    drop_sheet(found.pk, actor=MANAGER)
    with pytest.raises(Conflict) as refusal:
        take_sheet(found.pk, MAPPING, actor=MANAGER, now=AFTER)
    assert refusal.value.code == "no_sheet"


def test_only_a_manager_of_all_vendors_brings_a_sheet(found: SetUp) -> None:
    vendor = Vendor.objects.first()
    for role, of in ((Role.ANALYST, None), (Role.MANAGER, vendor), (Role.VENDOR_ADMIN, vendor)):
        assert signed_in(role, of).get(f"/start/{found.pk}/sheet/").status_code == 403
        with pytest.raises(Forbidden):
            keep_sheet(found.pk, SHARES.encode(), "", actor=make.make_actor(role, of), now=AFTER)
    with pytest.raises(NotFound):
        keep_sheet(found.pk + 1, SHARES.encode(), "", actor=MANAGER, now=AFTER)


def test_an_undone_set_up_takes_no_sheet(manager: Client, found: SetUp) -> None:
    keep_sheet(found.pk, SHARES.encode(), "", actor=MANAGER, now=AFTER)

    undo_programme(found.pk, actor=MANAGER, now=AFTER)

    assert not SetUpSheet.objects.exists()
    assert manager.get(f"/start/{found.pk}/sheet/").status_code == 404
    with pytest.raises(Conflict):
        keep_sheet(found.pk, SHARES.encode(), "", actor=MANAGER, now=AFTER)
