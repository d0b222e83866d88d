"""Programmes that are set up from names and ticks, for the tests of what is made, of its pages and of its sheet."""

from __future__ import annotations

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
