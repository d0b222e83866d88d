"""Action plans in a real browser: from a board by way of an alert to a checked plan, on a desk and a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bpo.models import ActionPlan, Alert
from bpo.services import plans
from kpis.models import Kpi
from tests import make
from tests.bpo.pages_sample import MONTH, Programme, make_programme
from tests.bpo.plans_world import MANAGER, words
from tests.browser.looking import contrasts, overflow, shot, sign_in
from tests.browser.test_corrections import press
from vendors import clock
from vendors.choices import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def programme(live_server: Any) -> Programme:
    made = make_programme()
    facts = {"value": "77.85", "target": "80", "unit": "%", "weight_share": "30"}
    about = {"vendor": made.vendor, "contract": made.contract, "kpi": Kpi.objects.get(code="service_level")}
    times = {"opened_at": clock.now(), "changed_at": clock.now(), "period": "month", "start": MONTH}
    Alert.objects.create(kind="below_target", severity="warning", subject="x", facts=facts, **about, **times)
    make.make_user("mina", Role.MANAGER, last_name="김", first_name="민아")
    make.make_user("jisu", Role.VENDOR_ADMIN, made.vendor, last_name="이", first_name="지수")
    return made


def test_both_sides_take_it_from_an_alert_to_its_check(programme: Programme, open_page: Callable[..., Any]) -> None:
    manager, vendor = open_page(), open_page()
    page = manager.page
    sign_in(page, "mina")
    alert = Alert.objects.get(subject="x")
    page.goto(f"/alerts/{alert.pk}/")
    page.get_by_role("link", name="조치 계획 세우기").click()
    assert "77.85%" in page.get_by_label("현황").input_value()
    page.get_by_label("다음 단계").fill("회선 증설을 요청드립니다.")
    page.get_by_label("담당자", exact=True).fill("한빛컨택 현장대리인")
    page.get_by_label("기한", exact=True).fill(clock.local_date(clock.now(), "Asia/Seoul").isoformat())
    shot(page, "plans-new")
    press(page, "조치 계획 저장")
    page.get_by_text("운영업체와 공유", exact=True).click()
    press(page, "이 조치 계획 공유")

    theirs = vendor.page
    sign_in(theirs, "jisu")
    theirs.goto("/actions/")
    theirs.get_by_role("link", name="서비스레벨").click()
    theirs.get_by_text("착수", exact=True).click()
    press(theirs, "착수함")
    theirs.get_by_text("완료 보고", exact=True).click()
    theirs.get_by_label("조치 내용").fill("2회선을 늘렸습니다.")
    press(theirs, "완료함")

    page.reload()
    page.get_by_text("효과 점검", exact=True).click()
    page.get_by_label("판단 근거").fill("대기가 줄었습니다.")
    press(page, "점검 결과 저장")
    shot(page, "plans-checked")

    assert "효과 있음" in page.inner_text("main")
    assert "2회선을 늘렸습니다." in page.inner_text("main")
    assert manager.complaints == vendor.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "dark")])
def test_it_fits_a_phone_and_is_read_in_the_dark(
    programme: Programme, open_page: Callable[..., Any], width: int, scheme: str
) -> None:
    today = clock.local_date(clock.now(), "Asia/Seoul")
    for title in ("회선 증설", "근무표 협의"):
        plans.make(words(programme.contract, title=title, due_on=today), actor=MANAGER, now=clock.now())
    late = ActionPlan.objects.first()
    ActionPlan.objects.filter(pk=late.pk).update(due_on="2026-01-01")
    page = open_page(width=width, scheme=scheme).page
    sign_in(page, "mina")

    for name, address in (("board", "/actions/"), ("detail", f"/actions/{late.pk}/"), ("form", "/actions/new/")):
        page.goto(address)
        shot(page, f"plans-{name}-{width}-{scheme}")
        assert overflow(page) <= 0
        assert contrasts(page) == []
