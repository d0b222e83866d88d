"""Who opens the pages of daily figures, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests import make
from tests.bpo.pages_sample import Programme
from tests.bpo.submit_sample import MORNING, make_november
from vendors.choices import Role


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def programme() -> Programme:
    return make_november()


@pytest.fixture
def page() -> Callable[..., Client]:
    def signed_in(role: str | None, vendor: Any = None, language: str = "ko", name: str = "") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(make.make_user(name, role=role, vendor=vendor))
        return client

    return signed_in


@pytest.fixture
def member(programme: Programme, page: Callable[..., Client]) -> Client:
    return page(Role.VENDOR_MEMBER, programme.vendor, name="jisu")
