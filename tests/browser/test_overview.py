"""The overview and Today in a real browser: both languages, light and dark, a phone, one sheet of paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
import time_machine
from pypdf import PdfReader

from tests import make
from tests.bpo.pages_sample import AFTER, Programme, make_programme
from tests.browser.looking import contrasts, overflow, settled, shot, sign_in
from vendors.choices import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OVERVIEW = "/overview/?on=2026-10-01"


@pytest.fixture
def programme(live_server: Any) -> Iterator[Programme]:
    with time_machine.travel(AFTER, tick=True):
        made = make_programme()
        for number, shift in enumerate((-9, 2, 5, -4)):
            make_programme(f"vendor{number}", f"업체{number}", shift=shift)
        make.make_user("mina", Role.MANAGER)
        make.make_user("sora", Role.EXECUTIVE)
        yield made


@pytest.mark.parametrize(("locale", "width", "scheme"), [("ko-KR", 1280, "light"), ("en-US", 390, "dark")])
def test_they_are_readable(
    programme: Programme, open_page: Callable[..., Any], locale: str, width: int, scheme: str
) -> None:
    watched = open_page(locale=locale, width=width, scheme=scheme)
    page = watched.page
    sign_in(page, "mina")
    for name, path in (("today", "/today/"), ("overview", OVERVIEW), ("quarter", f"{OVERVIEW}&grain=quarter")):
        page.goto(path)
        shot(page, f"{name}-{locale[:2]}-{scheme}-{width}")
        assert overflow(page) <= 0, path
        assert contrasts(page) == [], path
    assert watched.complaints == []


def test_an_executive_arrives_at_the_overview_and_goes_to_the_reason(
    programme: Programme, open_page: Callable[..., Any]
) -> None:
    page = open_page().page
    page.goto("/sign-in/")
    page.fill("#id_username", "mina")
    page.fill("#id_password", "correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/today/")
    page.goto(OVERVIEW)

    page.locator(".heatmap tbody tr").first.locator("td a").first.click()

    page.wait_for_url("**/explain/")


def test_it_is_one_sheet_of_paper(programme: Programme, open_page: Callable[..., Any]) -> None:
    page = open_page().page
    sign_in(page, "mina")
    page.goto(OVERVIEW)

    sheets = PdfReader(BytesIO(settled(page).pdf(prefer_css_page_size=True)))

    assert len(sheets.pages) == 1
