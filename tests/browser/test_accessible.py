"""Every page, for everybody: what axe finds by the rules of WCAG 2.2 AA, and the way through it by keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.bpo.pages_sample import AFTER
from tests.browser.looking import findings, settled
from tests.page_walk import WALKERS, make_pages

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pages(live_server: Any) -> Iterator[dict[str, str]]:
    with time_machine.travel(AFTER, tick=True):
        yield make_pages()


@pytest.fixture
def walk(chromium: Any, live_server: Any, pages: dict[str, str]) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a browser for somebody of the walk, or for nobody."""
    contexts = []

    def opened(name: str | None, **options: Any) -> Any:
        context = chromium.new_context(base_url=live_server.url, reduced_motion="reduce", **options)
        contexts.append(context)
        if name:
            client = Client()
            client.force_login(User.objects.get(username=name))
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("walker", [*WALKERS, None])
def test_axe_finds_nothing_serious(walk: Callable[..., Any], pages: dict[str, str], walker: str | None) -> None:
    page = walk(WALKERS.get(walker or ""), locale="ko-KR")
    found, seen = {}, set()
    for address in pages.values():
        answer = page.goto(address)
        assert answer.status in (200, 403, 404), address
        # The sign-in page and the refusals are the same behind every address: once is enough.
        what = urlsplit(page.url).path if answer.status == 200 else str(answer.status)
        if what not in seen and (wrong := findings(settled(page))):
            found[address] = wrong
        seen.add(what)

    assert not found, json.dumps(found, indent=1, ensure_ascii=False)
    assert len(seen) > (20 if walker in ("manager", "vendor") else 2)


FOLLOW_FOCUS = """() => {
    const look = element => {
        const style = getComputedStyle(element);
        return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.borderColor].join();
    };
    const group = e => e.type === "radio" ? [...document.getElementsByName(e.name)] : [e];
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
        .filter(e => !e.disabled && e.type !== "hidden" && e.checkVisibility({visibilityProperty: true}));
    const before = new Map(all.map(e => [e, look(e)]));
    const reached = new Set(), first = [], faint = [];
    const name = e => e.outerHTML.slice(0, 120);
    document.addEventListener("focusin", event => {
        const element = event.target;
        if (!first.length) first.push(element.className);
        group(element).forEach(e => reached.add(e));
        if (before.has(element) && look(element) === before.get(element)) faint.push(name(element));
    });
    window.walked = () => ({
        first: first[0], faint,
        missed: all.filter(e => !reached.has(e) && !e.closest("details:not([open]) > :not(summary)")).map(name),
    });
    return all.length;
}"""


@pytest.mark.parametrize("walker", ["manager", "vendor"])
def test_the_keyboard_reaches_everything(walk: Callable[..., Any], pages: dict[str, str], walker: str) -> None:
    page = walk(WALKERS[walker], locale="ko-KR")
    found = {}
    for address in pages.values():
        if page.goto(address).status != 200:
            continue
        count = settled(page).evaluate(FOLLOW_FOCUS)
        # A field for a date has a stop for each of its parts, and a table that scrolls is a stop of its own.
        for stops in (count, count, 50):
            for _ in range(stops):
                page.keyboard.press("Tab")
            walked = page.evaluate("window.walked()")
            if not walked["missed"]:
                break
        if walked["missed"] or walked["faint"] or walked["first"] != "skip":
            found[address] = walked

    assert not found, json.dumps(found, indent=1, ensure_ascii=False)
