"""A department in a real browser: asked by mail, it answers by the link alone, on a phone, in its language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core import mail

from bpo.services.departments import ask_departments
from kpis.models import ExternalFactor
from tests.bpo.test_departments import THURSDAY
from tests.browser.looking import contrasts, overflow, print_out, shot, sign_in
from tests.make import make_contract, make_queue, make_user
from vendors.choices import Role
from vendors.models import Department, Queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {
    "ko": ("마케팅", "등록했으며", "등록"),
    "en": ("Marketing", "it is registered", "Register"),
}


@pytest.fixture
def contract(live_server: Any) -> Iterator[Any]:
    with time_machine.travel(THURSDAY, tick=True):
        contract = make_contract()
        make_queue(contract, "hanbit-order")
        Queue.objects.update(service="order")
        yield contract


def asked(language: str) -> str:
    """Ask a department and return the address in its mail."""
    about = {"name": "Marketing", "name_ko": "마케팅", "email": "mkt@example.com", "language": language}
    Department.objects.create(code="marketing", **about)
    assert ask_departments(now=THURSDAY)["sent"] == 1
    found = re.search(r"http://localhost:8000(/asked/[^/\s]+/)", mail.outbox[-1].body)
    assert found
    return found[1]


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_registers_a_campaign_on_a_phone_without_an_account(
    contract: Any, open_page: Callable[..., Any], language: str, scheme: str
) -> None:
    name, thanks, register = WORDS[language]
    watched = open_page(locale={"ko": "ko-KR", "en": "en-US"}[language], width=390, scheme=scheme)
    page = watched.page

    page.goto(asked(language))
    shot(page, f"asked-{language}-{scheme}")
    assert name in page.locator("main").inner_text()
    assert overflow(page) <= 0
    assert contrasts(page) == []
    page.fill("#id_title", "겨울 할인 방송")
    page.select_option("#id_kind", "campaign")
    page.fill("#id_starts_at", "2026-12-01T20:00")
    page.fill("#id_ends_at", "2026-12-01T21:00")
    page.check("input[name=services]")
    page.get_by_role("button", name=register, exact=True).click()

    assert thanks in page.locator("[role=status]").first.inner_text()
    assert "겨울 할인 방송" in page.locator("main").inner_text()
    shot(page, f"asked-answered-{language}-{scheme}")
    factor = ExternalFactor.objects.get()
    assert (factor.title, factor.department.code) == ("겨울 할인 방송", "marketing")
    assert watched.complaints == []
    assert len(watched.hosts) == 1


def test_nothing_planned_takes_one_tap(contract: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(width=390).page
    page.goto(asked("ko"))

    page.locator("button[name=answer]").click()

    assert "예정된 일정이 없는" in page.locator("[role=status]").first.inner_text()
    assert not ExternalFactor.objects.exists()


def test_a_member_signs_in_and_prints_what_its_events_did(contract: Any, open_page: Callable[..., Any]) -> None:
    address = asked("en")
    make_user("dami", Role.DEPARTMENT)
    watched = open_page(locale="en-US")
    page = watched.page
    sign_in(page, "dami")

    page.goto(f"{address}effects/")
    shot(page, "department-effects")
    assert "Marketing" in page.locator("main").inner_text()
    print_out(page)
    assert page.locator("header.site").is_hidden()
    assert watched.complaints == []
