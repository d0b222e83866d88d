"""What a reader does with the pages in a real browser: with the keyboard, on a phone, in both languages, on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bpo.models import Dispute
from bpo.services import scorecards
from tests import make
from tests.bpo.pages_sample import AFTER, Programme, make_programme
from tests.browser.looking import contrasts, overflow, print_out, sign_in
from vendors.choices import Role

KPI = "/kpis/service_level/?contract=hanbit-order&month=2026-10"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def programme(live_server: Any) -> Programme:
    made = make_programme()
    scorecards.share(made.card().pk, actor=make.make_actor(Role.MANAGER), now=AFTER)
    make.make_user("mina", Role.MANAGER)
    make.make_user("jisu", Role.VENDOR_ADMIN, made.vendor)
    return made


def test_it_leads_from_sign_in_to_a_figures_explanation_and_back(
    programme: Programme, open_page: Callable[..., Any], live_server: Any
) -> None:
    watched = open_page()
    page = watched.page
    sign_in(page, "mina")

    page.click("tbody th a")
    assert page.locator("h1").inner_text().find("2026년 10월") >= 0
    page.click("tbody tr:first-child .why-link")
    assert page.locator(".why:target h2").inner_text() == "서비스레벨(인입 기준)"
    page.locator(".crumbs a").last.click()
    page.click(".tongue [lang=en]")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").inner_text() == "Scorecard, October 2026"
    page.goto("/scorecards/")
    assert page.locator("html").get_attribute("lang") == "en"

    assert watched.complaints == []
    assert watched.hosts == {live_server.url.split("/")[2]}


def test_it_lets_a_vendor_dispute_a_line_without_a_mouse(programme: Programme, open_page: Callable[..., Any]) -> None:
    page = open_page().page
    sign_in(page, "jisu")
    page.goto(f"/scorecards/{programme.card().pk}/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('main summary')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # no line is chosen beforehand
    page.keyboard.press("Tab")
    page.keyboard.type("당사 집계와 다릅니다")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".note.success")

    assert Dispute.objects.get().reason == "당사 집계와 다릅니다"


@pytest.mark.parametrize("locale", ["ko-KR", "en-GB"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_reads_well_in_light_and_dark(
    programme: Programme, open_page: Callable[..., Any], locale: str, scheme: str
) -> None:
    watched = open_page(locale, width=390, scheme=scheme)
    page, card = watched.page, programme.card().pk
    sign_in(page, "mina")

    for path in (
        "/scorecards/",
        f"/scorecards/{card}/",
        f"/scorecards/{card}/explain/",
        "/scorecards/?month=2020-01",
        KPI,
    ):
        page.goto(path)
        assert overflow(page) <= 0, path
        assert contrasts(page) == [], path
    assert watched.complaints == []


def test_it_prints_with_boxes_for_approval_and_without_buttons(
    programme: Programme, open_page: Callable[..., Any]
) -> None:
    page = open_page(width=703).page
    sign_in(page, "mina")
    page.goto(f"/scorecards/{programme.card().pk}/")
    assert not page.locator(".approval").is_visible()

    print_out(page)

    assert page.locator(".approval th").all_inner_texts() == ["작성", "검토", "승인"]
    assert not page.locator("#steps").is_visible()
    assert not page.locator(".site").is_visible()
    # A foot of its own would be repeated on every sheet: the sums stand once, after the last line.
    assert page.locator("tfoot").evaluate("foot => getComputedStyle(foot).display") == "table-row-group"
    assert overflow(page) <= 0
