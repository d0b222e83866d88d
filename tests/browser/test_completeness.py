"""The pages of completeness in a real browser: on a phone, in dark mode, and the excusing of a day by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from tests import make
from tests.bpo.completeness_sample import NOW, Sample, make_sample
from tests.browser.looking import contrasts, overflow, sign_in
from vendors.choices import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ("/completeness/", "/completeness/?vendor=hanbit&month=2026-11", "/completeness/hanbit/",
         "/completeness/hanbit/2026-11-18/")  # fmt: skip


@pytest.fixture
def sample(live_server: Any) -> Iterator[Sample]:
    with time_machine.travel(NOW, tick=True):
        made = make_sample()
        make.make_user("mina", Role.MANAGER)
        yield made


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_it_fits_the_screen_and_is_readable(
    sample: Sample, open_page: Callable[..., Any], width: int, scheme: str
) -> None:
    watched = open_page(width=width, scheme=scheme)
    sign_in(watched.page, "mina")

    for path in PAGES:
        watched.page.goto(path)
        assert overflow(watched.page) <= 0, path
        assert contrasts(watched.page) == [], path
    assert watched.complaints == []


def test_a_manager_goes_from_the_gap_to_the_day_and_excuses_it(sample: Sample, open_page: Callable[..., Any]) -> None:
    page = open_page().page
    sign_in(page, "mina")

    page.click("nav a[href='/completeness/']")
    page.click(".gap-list a >> text=나래컨택")
    page.click("summary >> text=이날 제출 면제하기")
    page.fill("#id_reason", "창립기념일")
    page.click("button >> text=선택한 업무그룹 제출 면제")

    assert page.locator("[role=status]").first.inner_text() == "선택한 업무그룹의 이날 제출을 면제했습니다."
    assert page.locator(".mark.day-excused").count() == 2
    assert page.locator(".mark.day-missing").count() == 0
