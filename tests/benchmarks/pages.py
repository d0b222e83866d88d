"""``scorecard_vs_floor``, ``executive_page_queries``: what a scorecard and the executive's page cost to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import time_machine
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from bpo.models import Scorecard
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.benchmarks import floor, workers
from tests.benchmarks.results import Result, Way, medians_in_turn, ms
from tests.benchmarks.world import LAST_OF_MARCH, MARCH, empty, fill, make_world
from tests.cast import client_for
from tests.make import make_key, make_user
from vendors.models import Contract

NOW = datetime(2026, 4, 8, 3, 0, tzinfo=UTC)
BEGAN = date(2025, 3, 1)
PAGES = {"overview": "/overview/?period=month&start=2026-03-01", "scorecard": "/scorecards/{card}/"}


def scorecard_vs_floor(full: bool) -> Iterator[Result]:
    """``GET scorecards/{id}/`` against a constant answer of its size, to the same key and after one query."""
    card = _make_cards(20 if full else 5)
    client = client_for(make_key("manager"))
    with _floor():
        answer, anew, constant = _timed(client, f"/api/v1/scorecards/{card}/", "/api/v1/floor/card/", "card")
    detail = {"scorecard": ms(answer), "floor": ms(constant), "computed anew": ms(anew)}
    yield Result("scorecard_vs_floor", answer / constant, 3.0, "lower", detail=detail)


def executive_page_queries(full: bool) -> Iterator[Result]:
    """The executive's page with 5 vendors and with 50; and pages against a constant one of their size."""
    counts = {}
    for vendors in (50, 5):
        empty()
        card = _make_cards(vendors)
        reader = Client(headers={"accept-language": "ko"})
        reader.force_login(make_user(role="manager"))
        counts[vendors] = _queries(reader, PAGES["overview"])
    detail = {f"{vendors} vendors": count for vendors, count in counts.items()}
    assert counts[5] == counts[50], detail
    yield Result("executive_page_queries", counts[50], 15, "lower", "count", detail)
    with _floor():
        for name, address in PAGES.items():
            page, anew, constant = _timed(reader, address.format(card=card), f"/floor/{name}/", name)
            detail = {
                "page": ms(page), "floor": ms(constant), "computed anew": ms(anew), "bytes": len(floor.BODIES[name]),
            }  # fmt: skip
            yield Result(f"{name}_page_vs_floor", page / constant, 3.0, "lower", detail=detail)


def _make_cards(vendors: int) -> int:
    """Make a year of cards of as many vendors; return the id of one of the last month."""
    make_world(contracts=vendors, queues_each=2, targets_each=8, weight=12)
    fill(BEGAN, LAST_OF_MARCH)
    mark(contract_ids=list(Contract.objects.values_list("id", flat=True)), first_on=BEGAN, last_on=LAST_OF_MARCH)
    with workers.figures_alone():
        drain(now=NOW)
    return Scorecard.objects.filter(start=MARCH).order_by("id")[0].pk


def _floor() -> override_settings:
    return override_settings(ROOT_URLCONF=floor.__name__)


def _timed(client: Client, address: str, constant: str, name: str) -> tuple[float, float, float]:
    """Return how long an answer takes while nothing is written, computed anew, and a constant one of its size."""
    get = _get(client, address)
    floor.BODIES[name] = get()
    again, anew, of_the_floor = medians_in_turn(
        Way(lambda _nothing: get(), lambda: None),
        Way(lambda _nothing: get(), caches["kept"].clear),
        Way(lambda _nothing: _get(client, constant)(), lambda: None),
        runs=40,
        warm_up=5,
    )
    return again, anew, of_the_floor


def _get(client: Client, address: str) -> Callable[[], bytes]:
    def get() -> bytes:
        with time_machine.travel(NOW, tick=False):
            answer = client.get(address)
        assert answer.status_code == 200, answer.content
        return answer.content

    return get


def _queries(client: Client, address: str) -> int:
    get = _get(client, address)
    get()
    with CaptureQueriesContext(connection) as captured:
        get()
    return len(captured)
