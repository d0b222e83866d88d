"""A closed month in a real browser, in Korean: close, ask for a correction, accept it, read the differences."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bpo.models import CorrectionRequest, Scorecard
from bpo.services import scorecards
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests import make
from tests.bpo.pages_sample import AFTER, MONTH, Programme, make_programme
from tests.browser.looking import contrasts, overflow, shot, sign_in
from vendors import clock
from vendors.choices import Role
from vendors.models import ContractTerms

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MANAGER = make.make_actor(Role.MANAGER)
CALENDAR = {"daily_cutoff": "10:00", "feed_closed": 2, "shared": 3, "objections_end": 6, "final": 7, "invoice_day": 10}


@pytest.fixture
def programme(live_server: Any) -> Programme:
    made = make_programme()
    ContractTerms.objects.filter(contract=made.contract).update(completeness_bar=Decimal(0), closing=CALENDAR)
    mark(contract_ids=[made.contract.pk], first_on=MONTH)
    drain(now=AFTER)
    make.make_user("mina", Role.MANAGER, last_name="김", first_name="민아")
    make.make_user("jisu", Role.VENDOR_ADMIN, made.vendor, last_name="박", first_name="지수")
    return made


def finalise(programme: Programme) -> Scorecard:
    card = programme.card()
    for line in card.lines.exclude(kind="kpi"):
        figure = {"points": Decimal(0)} if line.kind == "adjustment" else {"score": Decimal(90)}
        scorecards.judge(card.pk, line=line.pk, evidence="회의록", actor=MANAGER, now=AFTER, **figure)
    scorecards.share(card.pk, actor=MANAGER, now=AFTER)
    return scorecards.finalise(card.pk, accept_missing="양사 합의", actor=MANAGER, now=AFTER)


def press(page: Any, text: str) -> None:
    page.get_by_role("button", name=text, exact=True).click()
    page.wait_for_load_state()


def test_it_leads_from_the_close_to_the_page_of_differences(
    programme: Programme, open_page: Callable[..., Any]
) -> None:
    manager, vendor = open_page(), open_page()
    page = manager.page
    sign_in(page, "mina")
    page.goto("/month-ends/?month=2026-10")
    shot(page, "1-open")
    page.locator("main details summary").click()
    press(page, "이 달 마감")
    assert "월 마감을 처리했습니다." in page.locator(".note.success").inner_text()
    shot(page, "2-closed")
    first = finalise(programme)
    document = first.frozen.document

    page = vendor.page
    sign_in(page, "jisu")
    page.goto("/corrections/")
    shot(page, "3-empty")
    page.get_by_role("link", name="새 정정 요청").first.click()
    page.select_option("#queue", programme.queue.code)
    page.fill("#date", "2026-10-12")
    press(page, "실적 불러오기")
    field = page.get_by_label("목표시간 내 응대호")
    field.fill(str(int(field.input_value()) + 300))
    page.select_option("#reason", "system_error")
    page.fill("#note", "CTI 장애로 300건이 누락되었습니다.")
    press(page, "영향 확인")
    assert "→" in page.locator("#effect").inner_text()
    assert not CorrectionRequest.objects.exists()
    shot(page, "4-effect")
    press(page, "정정 요청 제출")
    assert "결정 대기" in page.locator(".marks").inner_text()
    shot(page, "5-filed")
    request = CorrectionRequest.objects.get()

    page = manager.page
    page.goto("/corrections/")
    shot(page, "6-list")
    page.get_by_role("link", name=f"#{request.pk}").click()
    shot(page, "7-deciding")
    page.get_by_text("요청 승인").click()
    press(page, "승인하고 실적 정정")
    # Where a broker is configured a worker does this; without one the request did.
    drain(now=clock.now())
    page.reload()
    shot(page, "8-accepted")
    page.get_by_role("link", name="차이").click()
    assert page.locator("h1").inner_text() == "v1 → v2 차이"
    table = page.locator("table").inner_text()
    assert "서비스레벨(인입 기준)" in table
    shot(page, "9-differences")

    first.refresh_from_db()
    assert (first.status, first.frozen.document) == ("final", document)
    assert programme.card().version == 2
    assert manager.complaints == vendor.complaints == []


@pytest.mark.parametrize("locale", ["ko-KR", "en-GB"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_reads_well_in_light_and_dark(
    programme: Programme, open_page: Callable[..., Any], locale: str, scheme: str
) -> None:
    watched = open_page(locale, width=390, scheme=scheme)
    page = watched.page
    sign_in(page, "mina")
    page.goto("/month-ends/?month=2026-10")
    page.locator("main details summary").click()
    page.locator("details button").click()
    page.goto(f"/corrections/new/?queue={programme.queue.code}&date=2026-10-12")
    page.locator("[name=value-answered]").fill("1000")
    page.locator("[value=preview]").click()
    shot(page, f"phone-{locale}-{scheme}-new")
    page.locator("[value=file]").click()
    page.wait_for_selector(".note.success")

    for path in ("/month-ends/?month=2026-10", "/corrections/", page.url, "/corrections/?status=refused"):
        page.goto(path)
        shot(page, f"phone-{locale}-{scheme}-{path.split('/')[-2]}")
        assert overflow(page) <= 0, path
        assert contrasts(page) == [], path
    assert watched.complaints == []
