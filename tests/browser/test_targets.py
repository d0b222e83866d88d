"""Targets in a real browser: typed and pasted, checked, proposed by one person and approved by another; no script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from kpis.models import Target, TargetChange
from tests import make
from tests.bpo.pages_sample import AFTER, Programme, make_programme
from tests.browser.looking import contrasts, overflow, shot, sign_in
from vendors.choices import Role
from vendors.models import ContractTerms

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GRID = "/targets/hanbit-order/"


@pytest.fixture
def programme(live_server: Any) -> Iterator[Programme]:
    with time_machine.travel(AFTER, tick=True):
        made = make_programme()
        make_programme("nuri", "누리링크", shift=2)
        make.make_user("mina", Role.MANAGER, last_name="김", first_name="민아")
        make.make_user("jun", Role.MANAGER, last_name="이", first_name="준")
        yield made


def test_a_pasted_block_is_proposed_and_approved_by_somebody_else(
    programme: Programme, open_page: Callable[..., Any]
) -> None:
    ContractTerms.objects.update(target_approval=True)
    first, second = open_page(), open_page()
    page = first.page
    sign_in(page, "mina")
    page.goto("/targets/")
    shot(page, "targets-list")
    page.get_by_role("link", name="한빛컨택").click()
    shot(page, "targets-grid")
    page.locator("summary", has_text="엑셀에서 붙여넣기").click()
    page.fill("#table", "지표\t11월\t12월\n응대율\t95.5\t96\n평균처리시간(AHT)\t235\t230")
    page.get_by_role("button", name="표에 채우고 확인").first.click()
    shot(page, "targets-check")
    assert page.get_by_label("응대율, 2026년 12월").input_value() == "96"
    assert page.get_by_label("응대율, 2026년 12월").evaluate("e => getComputedStyle(e).borderTopWidth") == "2px"
    page.fill("#note", "4분기 협의 결과")
    page.get_by_role("button", name="이대로 제안").click()
    assert "본인이 제안한 변경이므로" in page.locator("main").inner_text()
    shot(page, "targets-proposed")

    page = second.page
    sign_in(page, "jun")
    page.goto("/targets/")
    shot(page, "targets-waiting")
    page.locator(".inbox a").click()
    shot(page, "targets-to-approve")
    page.get_by_role("button", name="이대로 승인").click()

    assert TargetChange.objects.get().status == "approved"
    assert Target.objects.filter(series__kpi__code="answer_rate").count() == 4
    page.goto(GRID)
    shot(page, "targets-approved")
    assert first.complaints == second.complaints == []


def test_a_cell_typed_wrong_is_mended_in_place_with_the_keyboard(
    programme: Programme, open_page: Callable[..., Any]
) -> None:
    watched = open_page("en-GB")
    page = watched.page
    sign_in(page, "mina")
    page.goto(GRID)
    field = page.get_by_label("Answer rate, December 2026")
    field.fill("70")
    page.keyboard.press("Enter")
    page.wait_for_url("**/check/")
    assert "Answer rate · 2026-12" in page.locator("[role=alert]").inner_text()
    shot(page, "targets-wrong")
    field = page.get_by_label("Answer rate, December 2026")
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("97")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Store as shown").click()
    page.wait_for_url(f"**{GRID}*")

    assert "The targets are stored" in page.locator("[role=status]").inner_text()
    assert page.get_by_label("Answer rate, December 2026").input_value() == "97"
    # The refused check is an answer of its own status, which the browser notes down.
    assert all("422" in text for text in watched.complaints)


@pytest.mark.parametrize(
    ("locale", "width", "scheme"),
    [("ko-KR", 1280, "light"), ("en-GB", 1280, "dark"), ("ko-KR", 390, "dark"), ("en-GB", 390, "light")],
)
def test_it_is_read_on_every_screen(
    programme: Programme, open_page: Callable[..., Any], locale: str, width: int, scheme: str
) -> None:
    watched = open_page(locale, width, scheme)
    page = watched.page
    sign_in(page, "mina")
    for name, address in (
        ("list", "/targets/"),
        ("bench", f"{GRID}?kpi=answer_rate&value=94"),
        ("weight", f"{GRID}?level=weight"),
    ):
        page.goto(address)
        assert overflow(page) == 0, address
        assert contrasts(page) == [], address
        shot(page, f"targets-{name}-{locale[:2]}-{width}-{scheme}")
    assert watched.complaints == []
    assert len(watched.hosts) == 1
