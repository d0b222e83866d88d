"""The page of the API works under the policy of all pages: no script and no style but of files of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import make
from tests.browser.looking import settled, shot, sign_in
from vendors.choices import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_it_shows_every_part_and_opens_one(live_server: Any, open_page: Callable[..., Any]) -> None:
    make.make_user("mina", Role.MANAGER)
    watched = open_page()
    page = watched.page
    sign_in(page, "mina")

    answer = page.goto("/api/docs/")
    page.locator(".opblock").first.wait_for()
    page.locator(".opblock-summary").first.click()
    page.wait_for_selector(".opblock.is-open .opblock-body")

    assert "unsafe" not in answer.headers["content-security-policy"]
    shot(settled(page), "api-docs")
    assert watched.complaints == []
    assert watched.hosts == {live_server.url.split("/")[2]}
