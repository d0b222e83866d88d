"""A real browser on a real server: Chromium, headless."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


class Watched:
    """A page with all it complained about and every host it asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: self._complain(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Watched]]:
    """Return a function that opens a fresh browser context on the live server."""
    contexts = []

    def opened(locale: str = "ko-KR", width: int = 1280, scheme: str = "light") -> Watched:
        context = chromium.new_context(
            locale=locale,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            base_url=live_server.url,
        )
        contexts.append(context)
        return Watched(context.new_page())

    yield opened
    for context in contexts:
        context.close()
