"""A programme set up in a real browser, from names to the card of the first month; no page of the administration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import time_machine

from bpo.models import Scorecard
from bpo.services.programme import Wish, create_programme
from kpis.services.catalogue import load_catalogue
from kpis.services.recalculation import drain
from kpis.services.target_sets import load_target_sets
from tests import make
from tests.bpo.pages_sample import AFTER
from tests.browser.looking import contrasts, overflow, shot, sign_in
from vendors.choices import Role
from vendors.models import Contract

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def _empty(live_server: Any) -> Iterator[None]:
    with time_machine.travel(AFTER, tick=True):
        load_catalogue(AFTER)
        load_target_sets(AFTER)
        make.make_user("mina", Role.MANAGER, last_name="김", first_name="민아")
        yield


@pytest.mark.usefixtures("_empty")
@pytest.mark.parametrize(("locale", "width", "scheme"), [("ko-KR", 1280, "light"), ("en-GB", 390, "dark")])
def test_names_and_ticks_become_a_card(
    open_page: Callable[..., Any], tmp_path: Path, locale: str, width: int, scheme: str
) -> None:
    watched = open_page(locale, width, scheme)
    page = watched.page
    sign_in(page, "mina")
    page.goto("/start/")
    page.fill("#vendors", "한빛컨택\n다온씨에스")
    page.check("#s-chat")

    def look(name: str) -> None:
        assert overflow(page) == 0, name
        assert contrasts(page) == [], name
        shot(page, f"start-{name}-{locale[:2]}-{width}-{scheme}")

    look("names")
    page.locator("main form .button.main").click()
    page.wait_for_selector(".start-grid")
    look("levels")
    page.locator("input[name='t|inbound|answer_rate|1']").fill("88.5")
    page.locator("main form .button.main").click()
    page.wait_for_url("**/start/*/")
    look("made")
    with page.expect_download() as download:
        page.locator("a[href*='sample.xlsx'][href*='inbound']").first.click()
    file = tmp_path / "sample.xlsx"
    download.value.save_as(file)

    made = page.url
    page.locator("a[href*='inbound'][href*='way=file']").first.click()
    page.set_input_files("#file", file)
    page.locator("form.intake .button.main").click()
    page.wait_for_url("**/submit/*-*/")
    page.locator("form[action$='/send/'] .button.main").click()
    page.wait_for_url("**/submissions/**")
    drain(now=AFTER)
    page.goto(made)
    look("reported")

    assert Contract.objects.count() == 4
    assert Scorecard.objects.filter(score__gt=60).count() == 1
    assert watched.complaints == []


@pytest.mark.usefixtures("_empty")
@pytest.mark.parametrize(("locale", "width", "scheme"), [("ko-KR", 1280, "light"), ("en-GB", 390, "dark")])
def test_one_sheet_of_all_vendors_becomes_cards(
    open_page: Callable[..., Any], locale: str, width: int, scheme: str
) -> None:
    wish = Wish(("한빛컨택", "다온씨에스"), date(2026, 10, 1), {"order": "every", "chat": "every"}, "order")
    found = create_programme(wish, actor=make.make_actor(Role.MANAGER), now=AFTER)
    watched = open_page(locale, width, scheme)
    page = watched.page
    sign_in(page, "mina")

    def look(name: str) -> None:
        assert overflow(page) == 0, name
        assert contrasts(page) == [], name
        shot(page, f"start-{name}-{locale[:2]}-{width}-{scheme}")

    page.goto(f"/start/{found.pk}/sheet/")
    look("sheet")
    page.fill(
        "#table", "운영업체,업무,인입,응대율\n한빛컨택,주문,12430,91.2%\n,채팅,3100,95%\n다온씨에스,주문,8000,93%\n"
    )
    page.locator("button[value='keep']").click()
    page.wait_for_selector(".mapping")
    look("sheet-read")
    page.locator("button[value='take']").click()
    page.wait_for_url("**/start/*/?receipt=*")
    drain(now=AFTER)
    page.reload()
    look("sheet-taken")

    assert Scorecard.objects.filter(score__gt=0).count() == 3
    assert watched.complaints == []
