"""Every list and every detail of the API makes as many queries with five rows as with one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.cast import client_for
from tests.checks import assert_constant_queries, queries_of
from tests.conftest import NOW
from tests.everything import World, everything
from tests.growth import GROWTH, OURS
from tests.routes import Route, routes
from tests.tenancy import NEED_WEEKS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

EXTRA = {
    "completeness-list": "?from=2026-04-01&to=2026-04-03",
    "kpi-value-list": "?kpi=answer_share&period=day&group_by=queue&from=2026-04-01&to=2026-04-03",
    "daily-metric-history": "?queue=hanbit-order-voice&date=2026-04-01&measure=offered",
    "report-detail": "?start=2026-04-01",
}
NEVER_GROW = {"me", "report-list"}
"""One answer, and the documents there are."""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with everything(NOW, django_db_blocker) as made:
        yield made


MOST_OF_A_PAGE = 20
READ = {route.name: route for route in routes() if "GET" in route.methods}


def test_every_address_that_is_read_is_here() -> None:
    assert set(READ) == set(GROWTH)


@pytest.mark.parametrize("name", sorted(READ))
def test_it_makes_a_constant_number_of_queries(world: World, name: str) -> None:
    route, client = READ[name], client_for(world.cast.manager)
    sizes = []

    def read() -> None:
        answer = client.get(address(route, world))
        assert answer.status_code == 200, answer.content
        sizes.append(len(answer.content))

    assert_constant_queries(read, lambda: GROWTH[name](world))

    assert route.is_detail or name in NEVER_GROW or name in NEED_WEEKS or sizes[-1] > sizes[0], "nothing grew"


@pytest.mark.parametrize("path", ["/today/", "/quality/", "/kpis/answer_share/?contract=hanbit-2026"])
def test_a_page_of_many_parts_takes_at_most_twenty(world: World, path: str) -> None:
    client = Client()
    client.force_login(world.cast.manager)
    client.get(path)

    asked = queries_of(lambda: client.get(path))

    assert 5 < len(asked) <= MOST_OF_A_PAGE, "\n".join(asked)


def address(route: Route, world: World) -> str:
    keys = world.keys[OURS]
    nouns = [noun for noun in keys if "-" in noun and route.name.startswith(noun)]
    noun = nouns[0] if nouns else route.name.split("-")[0]
    key = {"scorecard": keys["draft"], "submission": keys["submission"], "blank": keys["contract"]}.get(
        noun, keys.get(noun)
    )
    if route.name == "scorecard-differences":
        key = keys["second"]
    return route.path(key) + EXTRA.get(route.name, "")
