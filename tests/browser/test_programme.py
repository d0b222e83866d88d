"""A programme set up in a real browser, from names to the card of the first month; no page of the administration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from bpo.models import Scorecard
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
