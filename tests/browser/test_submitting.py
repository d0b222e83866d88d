"""A vendor's morning in a real browser, in Korean: a file with bad rows is read, mended, and received."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import time_machine

from kpis.models import DailyMetric, Submission
from tests import make
from tests.bpo.pages_sample import Programme
from tests.bpo.submit_sample import BAD, GOOD, MORNING, YESTERDAY, add_chat, file_of, make_november
from tests.browser.looking import contrasts, overflow, print_out, shot, sign_in
from vendors.choices import Role
from vendors.models import Queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def programme(live_server: Any) -> Iterator[Programme]:
    with time_machine.travel(MORNING):
        made = make_november()
        add_chat(made)
        make.make_user("jisu", Role.VENDOR_MEMBER, made.vendor, last_name="한", first_name="지수")
        yield made


def test_a_cp949_file_with_three_bad_rows_is_mended_and_received(
    programme: Programme, open_page: Callable[..., Any]
) -> None:
    watched = open_page()
    page = watched.page
    Queue.objects.filter(code="hanbit-order-chat").update(closed_on=date(2026, 10, 31))
    sign_in(page, "jisu")
    page.goto("/completeness/hanbit/")
    assert word_and_colour_of(page, YESTERDAY) == ("미제출", "bad")
    shot(page, "calendar-before")

    page.get_by_role("link", name="일일 실적 제출").click()
    page.get_by_role("link", name="파일").click()
    page.set_input_files("#file", file_of(BAD))
    shot(page, "file")
    page.get_by_role("button", name="제출 전 확인").click()

    rows = page.locator(".problems tbody tr")
    assert rows.locator("th").all_inner_texts() == ["3행", "4행", "5행"]
    texts = rows.all_inner_texts()
    assert "응대호(1460)" in texts[0]
    assert "인입호(1240)" in texts[0]
    assert "2026-03-02" in texts[1]
    assert "hanbit-order-voice" in texts[2]
    assert not Submission.objects.filter(way="file").exists()
    shot(page, "errors")

    page.set_input_files("#file", file_of(GOOD))
    page.get_by_role("button", name="제출 전 확인").click()
    page.wait_for_selector(".gauges")
    assert "남은 기간 필요" in page.locator("main").inner_text()
    shot(page, "check")
    page.get_by_role("button", name="이대로 제출").click()

    page.wait_for_selector(".done")
    assert "접수증 2026-1125-0001" in page.locator("h1").inner_text()
    assert "접수 완료" in page.locator(".done").inner_text()
    shot(page, "receipt")
    page.get_by_role("link", name="제출 내역").first.click()
    assert "2026-1125-0001" in page.locator("tbody").inner_text()
    shot(page, "list")
    page.goto("/completeness/hanbit/")
    assert word_and_colour_of(page, YESTERDAY) == ("제출 완료", "good")
    shot(page, "calendar-after")
    assert watched.complaints == []
    assert DailyMetric.objects.filter(date="2026-11-24", queue__code="hanbit-order-voice").exists()


def word_and_colour_of(page: Any, day: date) -> tuple[str, str]:
    """Return how a day of the calendar reads, and which of the named colours it has."""
    cell = page.locator(f"td:has(a[href$='/{day.isoformat()}/'])")
    names = "(cell, names) => names.find(n => getComputedStyle(cell).color === (() => {"
    names += " const probe = document.createElement('i'); probe.style.color = `var(--${n})`; cell.append(probe);"
    names += " const colour = getComputedStyle(probe).color; probe.remove(); return colour; })())"
    return cell.locator(".word").inner_text(), cell.evaluate(names, ["good", "warn", "bad"])


def test_one_day_is_typed_with_the_keyboard_alone(programme: Programme, open_page: Callable[..., Any]) -> None:
    page = open_page().page
    sign_in(page, "jisu")
    page.goto("/submit/")
    shot(page, "form")
    page.focus("#hanbit-order-voice\\.offered")

    for value in ("1,240", "980", "1160"):
        page.keyboard.type(value)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_selector(".gauges")
    assert "93.55" in page.locator("main").inner_text()
    page.get_by_role("button", name="이대로 제출").click()
    page.wait_for_selector(".done")
    assert Submission.objects.get(way="form").submitted_by == "user:jisu"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["ko-KR", "en-GB"])
def test_every_page_of_it_fits_a_phone_and_reads_well(
    programme: Programme, open_page: Callable[..., Any], locale: str, scheme: str
) -> None:
    watched = open_page(locale, width=390, scheme=scheme)
    page = watched.page
    sign_in(page, "jisu")

    def look(name: str) -> None:
        shot(page, f"phone-{locale[:2]}-{scheme}-{name}")
        assert overflow(page) <= 0, name
        assert contrasts(page) == [], name

    def press(button: str) -> None:
        with page.expect_navigation():
            page.click(button)

    for way in ("form", "paste", "file"):
        page.goto(f"/submit/?way={way}")
        look(way)
    page.set_input_files("#file", file_of(BAD))
    press("main form button.main")
    look("errors")
    page.set_input_files("#file", file_of(GOOD))
    press(".two .main")
    look("check")
    press("main form.panel .main")
    look("receipt")
    page.goto("/submissions/")
    look("list")
    page.goto("/submit/?way=form")
    page.fill("#hanbit-order-voice\\.offered", "천")
    press("main form button.main")
    look("faults")
    # The browser itself reports the page of faults, because it answers 422.
    assert [text for text in watched.complaints if "422" not in text] == []


def test_a_receipt_prints_on_paper_without_buttons(programme: Programme, open_page: Callable[..., Any]) -> None:
    page = open_page(width=703).page
    sign_in(page, "jisu")
    page.goto("/submit/?way=file")
    page.set_input_files("#file", file_of(GOOD))
    page.click("main form button.main")
    page.click("main form.panel .main")
    page.wait_for_selector(".done")

    print_out(page)

    assert not page.locator(".site").is_visible()
    assert page.locator("code").last.is_visible()
    assert overflow(page) <= 0
    shot(page, "print")
