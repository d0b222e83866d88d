"""Many senders at once, over HTTP, on every database: nothing twice, nothing lost, numbers without gaps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from tests.faults.conftest import Installs
from tests.faults.world import KPI, assert_world_ok, furnish, made, row, values_of
from tests.processes import Caller, Installation

pytestmark = pytest.mark.slow
TIMES = 50
THREADS = 10
DAY = "2026-03-02"


@pytest.fixture
def running(install: Installs) -> Installation:
    """Web and worker with one contract."""
    installation = install()
    installation.start_worker()
    return installation


@pytest.fixture
def manager(running: Installation) -> Caller:
    caller = running.caller(running.manage("create_api_key", "--role", "manager"))
    furnish(caller, ["hanbit"])
    return caller


def send_all(manager: Caller, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Send one submission for each row, ten at a time; return the answers."""
    with ThreadPoolExecutor(THREADS) as threads:
        answers = threads.map(lambda one: manager.post("/api/v1/submissions/", rows=[one]), rows)
        return [made(answer) for answer in answers]


def current(manager: Caller) -> dict[str, tuple[Any, int]]:
    """Return value and revision of every measure of the day."""
    rows = manager.get("/api/v1/daily-metrics/", queue="hanbit-voice").body["results"]
    return {row["measure"]: (int(row["value"]), row["revision"]) for row in rows}


def revisions(manager: Caller, answers: list[dict[str, Any]]) -> list[tuple[int, int, int]]:
    """Return every revision of ``answered``: number, old and new value, in the order of their numbers."""
    found = []
    for answer in answers:
        receipt = manager.get(f"/api/v1/submissions/{answer['id']}/").body
        found += [(change["revision"], int(change["old"]), int(change["new"])) for change in receipt["changes"]]
    return sorted(found)


def test_the_same_figures_sent_by_ten_at_once_are_stored_once(running: Installation, manager: Caller) -> None:
    rows = [row("hanbit", DAY, 100, 81)]

    answers = send_all(manager, rows * TIMES)

    counts = [answer["values"] for answer in answers]
    assert counts.count({"new": 2, "changed": 0, "unchanged": 0}) == 1
    assert counts.count({"new": 0, "changed": 0, "unchanged": 2}) == TIMES - 1
    assert current(manager) == {"offered": (100, 1), "answered": (81, 1)}
    assert revisions(manager, answers) == []
    assert_world_ok(running, values_of(rows), within=30)


def test_different_figures_for_one_day_are_numbered_without_gap_and_the_last_one_counts(
    running: Installation, manager: Caller
) -> None:
    answers = send_all(manager, [row("hanbit", DAY, 100, 1 + number) for number in range(TIMES)])

    chain = revisions(manager, answers)
    assert [number for number, _old, _new in chain] == list(range(2, TIMES + 1))
    assert all(before[2] == after[1] for before, after in pairwise(chain)), "a revision was skipped"
    assert {chain[0][1], *(new for _number, _old, new in chain)} == set(range(1, TIMES + 1))
    last = chain[-1][2]
    assert current(manager) == {"offered": (100, 1), "answered": (last, TIMES)}
    assert_world_ok(running, values_of([row("hanbit", DAY, 100, last)]), within=30)
    (shown,) = manager.get("/api/v1/attainments/", kpi=KPI, start="2026-03-01", period="month").body["results"]
    assert float(shown["value"]) == last
