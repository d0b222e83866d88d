"""One vendor floods the service; another vendor's feed goes on."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests import processes
from tests.faults.world import furnish, row
from tests.processes import Answer, Caller

pytestmark = pytest.mark.slow
LIMIT = 60
FLOODING = 6
TIMES = 25
SLOWER = 8
"""Generous: on one busy machine senders, server and database share the processors. What would fail is a feed that
waits for the flood to be over."""


def test_a_flood_is_refused_and_does_not_slow_another_vendors_feed(ready_database: str) -> None:
    with processes.broker() as broker, processes.database(template=ready_database) as url:
        limits = {"REQUESTS_PER_MINUTE": str(LIMIT)}
        environment = {"DATABASE_URL": url, "SECRET_KEY": "of faults", **broker, **limits}
        with processes.installation(environment) as installation:
            installation.start_web()
            furnish(installation.caller(installation.manage("create_api_key", "--role", "manager")), ["aa", "bb"])
            flooding, quiet = (
                installation.caller(installation.manage("create_api_key", "--vendor", code, "--scope", "ingest"))
                for code in ("aa", "bb")
            )

            alone = [send(quiet, "bb", number).seconds for number in range(TIMES)]
            over, started = Event(), time.monotonic()
            with ThreadPoolExecutor(FLOODING) as threads:
                floods = [threads.submit(flood, flooding, over) for _ in range(FLOODING)]
                try:
                    beside = [send(quiet, "bb", number) for number in range(TIMES)]
                finally:
                    over.set()
                statuses = [status for one in floods for status in one.result()]
            minutes = 1 + int((time.monotonic() - started) // 60)

    assert {answer.status for answer in beside} == {201}
    assert statuses.count(429) > 0
    assert statuses.count(201) <= LIMIT * minutes
    assert set(statuses) <= {201, 429}
    median = statistics.median(answer.seconds for answer in beside)
    assert median < SLOWER * max(statistics.median(alone), 0.02)


def send(caller: Caller, code: str, number: int) -> Answer:
    return caller.post("/api/v1/submissions/", rows=[row(code, f"2026-03-{1 + number % 28:02}", 100, 50 + number)])


def flood(caller: Caller, over: Event) -> list[int]:
    """Send without pause until told to stop; return the statuses."""
    statuses = []
    while not over.is_set():
        statuses.append(send(caller, "aa", len(statuses)).status)
    return statuses
