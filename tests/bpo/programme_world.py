"""Programmes that are set up from names and ticks, for the tests of what is made, of its pages and of its sheet."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

from bpo.models import SetUp
from bpo.services.programme import Wish, create_programme
from tests import make
from tests.bpo.pages_sample import AFTER
from vendors.choices import Role

MANAGER = make.make_actor(Role.MANAGER)
OCTOBER = date(2026, 10, 1)


def wish(*names: str, **more: Any) -> Wish:
    return Wish(**{"vendors": names or ("한빛컨택",), "month": OCTOBER, "services": {"order": "every"}, **more})


def made(*names: str, **more: Any) -> SetUp:
    return create_programme(wish(*names, **more), actor=MANAGER, now=AFTER)


def fields_of(page: str, **more: str) -> dict[str, Any]:
    """Return what a browser sends of the form of the page: inputs, and the choices that stand."""
    form = page.partition('class="mapping"')[2].partition("</form>")[0]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name:
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found | more


def in_the_open(page: str) -> str:
    """Return what stands on the page of a sheet before its first folded part."""
    return page.partition("<h1")[2].partition("<details")[0]
