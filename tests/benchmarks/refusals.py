"""``refusal_vs_accepted``, ``refusal_vs_limit``: the slowest refusal of all the bad input that reliability §6 names."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import count
from statistics import median

import time_machine
from django.db import transaction

from tests.bad_input import BODIES, DATES, FILES, GOOD, NUMBERS, TEXTS, Case
from tests.benchmarks.results import Result, median_seconds, ms
from tests.cast import Cast
from tests.conftest import NOW
from tests.test_bad_input import ADDRESSES, HEADERS, SETUP, at_address, make_world, send, with_headers

LIMIT = 0.3
"""Seconds a refusal may take on an idle machine."""
MOST_OF_ACCEPTED = 10.0
SHOWN = 5


def cases() -> list[Case]:
    """Return every bad request that the tests send over HTTP and that fits in a request of its own."""
    requests = [*(at_address(*row) for row in ADDRESSES), *(with_headers(*row) for row in HEADERS)]
    return [*BODIES, *NUMBERS, *DATES, *TEXTS, *FILES, *SETUP, *requests]


def refusals(full: bool) -> Iterator[Result]:
    """Send each of them a few times, and between them figures that are accepted and stored.

    All within one transaction, so that neither waits for the disk.
    """
    logging.disable(logging.WARNING)
    with time_machine.travel(NOW, tick=False), transaction.atomic():
        accepted, taken = time_refusals(make_world(), runs=7 if full else 3)
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)
    ranked = sorted(taken, key=lambda row: row[1], reverse=True)
    slowest = ranked[0][1]
    detail = {
        "accepted": ms(accepted), "cases": len(taken), "median": ms(median(seconds for _case, seconds in taken)),
        "slowest": [f"{case} {ms(seconds)}" for case, seconds in ranked[:SHOWN]],
    }  # fmt: skip
    yield Result("refusal_vs_accepted", slowest / accepted, MOST_OF_ACCEPTED, "lower", detail=detail)
    yield Result("refusal_vs_limit", slowest / LIMIT, 1.0, "lower", detail={"limit": ms(LIMIT)})


def time_refusals(world: Cast, *, runs: int) -> tuple[float, list[tuple[Case, float]]]:
    """Return the median time of a plain accepted request, and that of each refusal, in seconds."""
    figures = count(1)

    def accept() -> None:
        body = GOOD.replace('"offered": 1', f'"offered": {next(figures)}')
        assert send(world, Case("", body.encode(), ""), "en").status_code == 201

    before = median_seconds(accept, runs=runs)
    taken = [(case, median_seconds(_sending(world, case), runs=runs)) for case in cases()]
    return median([before, median_seconds(accept, runs=runs)]), taken


def _sending(world: Cast, case: Case) -> Callable[[], None]:
    def refuse() -> None:
        assert send(world, case, "ko").status_code == case.status, str(case)

    return refuse
