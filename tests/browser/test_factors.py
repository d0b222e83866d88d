"""An outage in a real browser, in Korean: registered and claimed by the vendor, priced and approved by a manager."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from kpis.services.recalculation import drain
from tests.browser.looking import contrasts, overflow, shot, sign_in
from tests.kpis.factors.world import NOW, SLICE, World, attainment, make_world, outage
from vendors.models import Department

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(live_server: Any) -> Iterator[World]:
    with time_machine.travel(NOW, tick=True):
        yield make_world()


def test_a_claim_becomes_adjusted_figures(world: World, open_page: Callable[..., Any]) -> None:
    Department.objects.create(code="it", name="IT operations", name_ko="IT운영팀")
    watched = open_page()
    page = watched.page
    sign_in(page, "jisu")
    page.get_by_role("link", name="대외 변수", exact=True).click()
    shot(page, "factors-empty")
    page.get_by_role("link", name="대외 변수 등록").first.click()
    page.fill("#id_title", "교환기 장애")
    page.select_option("#id_department", "it")
    page.fill("#id_starts_at", "2026-09-30T10:00")
    page.fill("#id_ends_at", "2026-09-30T12:30")
    page.check("input[name=queues]")
    page.click("summary >> text=제외 방법과 범위")
    page.fill("#id_slices", "queue,date,offered,within\nvoice,2026-09-30,1000,100")
    shot(page, "factor-new")
    page.get_by_role("button", name="등록", exact=True).click()
    page.click("summary >> text=평가 제외 신청")
    page.fill("#claim-evidence", "장애 티켓 4711")
    page.get_by_role("button", name="신청하기").click()
    assert page.locator("[role=status]").first.inner_text() == "평가 제외를 신청했습니다."
    address = page.url
    page.get_by_role("button", name="로그아웃").click()

    sign_in(page, "mina")
    page.goto(address)
    assert "82.39" in page.locator("main").inner_text()
    shot(page, "factor-priced")
    page.locator("details.step > summary", has_text="승인").first.click()
    page.fill("#approve-decision", "당사 교환기 장애로 확인")
    page.get_by_role("button", name="승인하고 제외").click()
    assert "승인" in page.locator(".marks").inner_text()
    shot(page, "factor-approved")

    # Where a broker is, the bell has rung and no worker is there to hear it.
    drain(now=NOW)
    row = attainment(world)
    assert (str(row.value)[:5], str(row.adjusted_value)[:5]) == ("81.23", "82.39")
    assert watched.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_it_fits_the_screen_and_is_readable(
    world: World, open_page: Callable[..., Any], width: int, scheme: str
) -> None:
    factor = outage(world, slices=[SLICE])
    watched = open_page(width=width, scheme=scheme)
    sign_in(watched.page, "mina")

    for path in ("/factors/", "/factors/new/", f"/factors/{factor.pk}/"):
        watched.page.goto(path)
        shot(watched.page, f"factor-{width}-{path.strip('/').replace('/', '-')}")
        assert overflow(watched.page) <= 0, path
        assert contrasts(watched.page) == [], path
    assert watched.complaints == []
