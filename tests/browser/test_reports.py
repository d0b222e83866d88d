"""Reports in a real browser: the mail as a page and the page its link opens, on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from bpo.models import ReportSubscription, SentReport
from bpo.services.reports import make_due
from bpo.services.reports.links import token_of
from tests import make
from tests.bpo.pages_sample import Programme, make_programme
from tests.bpo.reports.world import BD7, make_months, make_subscription
from tests.browser.looking import contrasts, overflow, shot, sign_in
from vendors.choices import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def programme(live_server: Any) -> Iterator[Programme]:
    """Make a programme of three vendors whose October was sent in both languages."""
    with time_machine.travel(BD7, tick=True):
        made = make_months(september=-9, october=-10)
        for number, shift in enumerate((2, -4)):
            make_programme(f"vendor{number}", f"업체{number}", shift=shift)
        mina = make.make_user("mina", Role.MANAGER)
        for language in ("ko", "en"):
            make_subscription(f"Report {language}", [mina], language=language)
        assert make_due(now=BD7)["made"] == 2
        yield made


def link(language: str) -> str:
    report = SentReport.objects.get(language=language)
    return f"/reports/open/{token_of(report.links.get().pk)}/"


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_mail_and_its_page_are_read_on_a_phone(
    programme: Programme, open_page: Callable[..., Any], language: str, scheme: str
) -> None:
    watched = open_page(locale={"ko": "ko-KR", "en": "en-US"}[language], width=390, scheme=scheme)
    page = watched.page

    page.goto(link(language))
    shot(page, f"report-page-{language}-{scheme}")
    assert overflow(page) <= 0
    assert contrasts(page) == []
    page.locator("details summary").first.click()
    assert page.locator("details table").first.is_visible()
    assert overflow(page) <= 0

    sign_in(page, "mina")
    subscription = ReportSubscription.objects.get(language=language)
    page.goto(f"/reports/{subscription.pk}/preview/?language={language}")
    shot(page, f"report-mail-{language}-{scheme}")
    assert overflow(page) <= 0
    assert contrasts(page) == []
    assert watched.complaints == []
    assert len(watched.hosts) == 1


def test_every_sentence_leads_to_its_reason_without_a_log_in(
    programme: Programme, open_page: Callable[..., Any]
) -> None:
    page = open_page(width=390).page
    page.goto(link("ko"))

    for number in range(3):
        sentence = page.locator(".told li a").nth(number)
        anchor = sentence.get_attribute("href")
        sentence.click()
        assert page.url.endswith(anchor)
        assert page.locator(anchor).is_visible()

    assert page.locator("nav, header, form").count() == 0
    assert page.locator("#decision").get_by_text("개선계획 요청 승인").is_visible()


def test_a_link_that_is_over_says_what_to_do(programme: Programme, open_page: Callable[..., Any]) -> None:
    page = open_page(width=390).page

    page.goto("/reports/open/over/")

    assert page.get_by_text("새 링크를 요청해 주세요").is_visible()
    assert overflow(page) <= 0


@pytest.mark.parametrize(("locale", "width", "scheme"), [("ko-KR", 1280, "light"), ("en-US", 390, "dark")])
def test_the_pages_of_reports_are_readable(
    programme: Programme, open_page: Callable[..., Any], locale: str, width: int, scheme: str
) -> None:
    watched = open_page(locale=locale, width=width, scheme=scheme)
    page = watched.page
    sign_in(page, "mina")
    report = SentReport.objects.get(language="ko")
    for name, path in (
        ("list", "/reports/"),
        ("new", "/reports/new/"),
        ("detail", f"/reports/{report.subscription_id}/"),
        ("sent", f"/reports/sent/{report.pk}/"),
        ("archive", "/reports/sent/"),
    ):
        page.goto(path)
        shot(page, f"reports-{name}-{locale[:2]}-{scheme}-{width}")
        assert overflow(page) <= 0, path
        assert contrasts(page) == [], path
    assert watched.complaints == []
