"""What the tests of pages share: the programme they show, and a clock that stands in the month after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from kpis.services.catalogue import load_catalogue
from kpis.services.target_sets import load_target_sets
from tests.bpo.pages_sample import AFTER, Programme, make_programme


@pytest.fixture
def programme() -> Programme:
    return make_programme()


@pytest.fixture
def after_the_month() -> Iterator[None]:
    with time_machine.travel(AFTER, tick=False):
        yield


@pytest.fixture
def shipped(after_the_month: None) -> None:
    """The catalogue and the target sets, as a new installation has them."""
    load_catalogue(AFTER)
    load_target_sets(AFTER)
