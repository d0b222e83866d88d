"""What the tests of pages share: the programme they show, and a clock that stands in the month after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from tests.bpo.pages_sample import AFTER, Programme, make_programme


@pytest.fixture
def programme() -> Programme:
    return make_programme()


@pytest.fixture
def after_the_month() -> Iterator[None]:
    with time_machine.travel(AFTER, tick=False):
        yield
