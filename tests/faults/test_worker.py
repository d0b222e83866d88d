"""Workers and schedulers that are killed, or that are one too many."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psutil
import psycopg
import pytest

from tests.faults.broker import Broker
from tests.faults.conftest import Installs
from tests.faults.world import Value, assert_world_ok, furnish, made, row, values_of
from tests.processes import Caller, Installation

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.broker]
CODES = [f"vendor{number}" for number in range(4)]
TABLES_A_DRAIN_WRITES = ["kpis_attainment", "bpo_scorecard"]


@pytest.fixture
def running(install: Installs, broker: Broker) -> Installation:
    """Web and worker; no scheduler."""
    installation = install(broker.url)
    installation.start_worker()
    return installation


@contextlib.contextmanager
def drain_stopped_at(table: str, running: Installation) -> Iterator[None]:
    """Hold a table against writers, so that a drain has read and computed when it stops there."""
    with psycopg.connect(running.environment["DATABASE_URL"]) as connection:
        connection.execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield
        connection.rollback()


def is_waited_for(running: Installation, table: str) -> bool:
    """Say whether somebody waits to write to the table."""
    sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
    with psycopg.connect(running.environment["DATABASE_URL"], autocommit=True) as connection:
        found = connection.execute(sql, [table]).fetchone()
    return bool(found and found[0])


def submit(manager: Caller, month: int) -> list[Value]:
    rows = [row(code, f"2026-{month:02}-{day:02}", 100, 50 + day) for code in CODES for day in range(1, 29)]
    made(manager.post("/api/v1/submissions/", rows=rows))
    return values_of(rows)


def manager_of(running: Installation) -> Caller:
    manager = running.caller(running.manage("create_api_key", "--role", "manager"))
    furnish(manager, CODES)
    return manager


def pool_process(running: Installation) -> psutil.Process:
    """Return the worker's child that does the work."""
    return psutil.Process(running.running["worker"].pid).children()[0]


def test_a_pool_process_killed_while_it_writes_loses_nothing(running: Installation) -> None:
    manager = manager_of(running)
    assert_world_ok(running, [], within=30)
    accepted: list[Value] = []

    for month, table in enumerate(TABLES_A_DRAIN_WRITES, start=1):
        with drain_stopped_at(table, running):
            accepted += submit(manager, month)
            running.wait(lambda table=table: is_waited_for(running, table), f"drain at {table}", 20)
            pool_process(running).kill()
        assert_world_ok(running, accepted, within=20)


def test_a_worker_killed_with_everything_it_started_loses_nothing(running: Installation) -> None:
    manager = manager_of(running)
    assert_world_ok(running, [], within=30)
    accepted: list[Value] = []

    for month, table in enumerate(TABLES_A_DRAIN_WRITES, start=1):
        with drain_stopped_at(table, running):
            accepted += submit(manager, month)
            running.wait(lambda table=table: is_waited_for(running, table), f"drain at {table}", 20)
            running.kill("worker")
        running.start_worker()
        # Nobody rings: a worker looks for what its predecessor left as soon as it is up.
        assert_world_ok(running, accepted, within=30)


def test_drains_that_wait_for_one_that_is_killed_do_not_use_up_its_attempts(running: Installation) -> None:
    manager = manager_of(running)
    assert_world_ok(running, [], within=30)
    workers = ["worker", "second", "third"]
    for name in workers[1:]:
        running.start_worker(name)
    # Each of them looks around once it is up: a sweep that meets the closed table would hold its worker up.
    running.wait(lambda: _sweeps(running, *workers) >= len(workers), "the workers' first sweeps", 30)

    with drain_stopped_at("kpis_attainment", running):
        accepted = submit(manager, 1)
        running.wait(lambda: is_waited_for(running, "kpis_attainment"), "drain", 20)
        for count in range(1, len(workers)):
            submit(manager, 1)  # the same again changes nothing, but rings
            running.wait(lambda count=count: _drains_waiting(running) >= count, "waiting drain", 20)
        for name in workers:
            running.kill(name)
    running.start_worker()

    assert_world_ok(running, accepted, within=30)


def _drains_waiting(running: Installation) -> int:
    sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
    with psycopg.connect(running.environment["DATABASE_URL"], autocommit=True) as connection:
        found = connection.execute(sql).fetchone()
    return int(found[0]) if found else 0


def test_two_schedulers_do_the_work_of_one(running: Installation) -> None:
    manager = manager_of(running)
    accepted = submit(manager, 3)
    today = datetime.now(ZoneInfo("Asia/Seoul")).date()

    running.start_worker("second")
    running.start_beat()
    running.start_beat("other-beat")
    running.wait(lambda: _sweeps(running, "worker", "second") >= 2, "two sweeps", 40)

    assert_world_ok(running, accepted, within=30)
    with psycopg.connect(running.environment["DATABASE_URL"]) as connection:
        slots = [row[0] for row in connection.execute("SELECT slot FROM bpo_jobrun WHERE name = 'new-day'")]
    assert len(slots) == len(set(slots)) == 1
    assert slots[0] in {f"Asia/Seoul {today}", f"Asia/Seoul {today + timedelta(days=1)}"}
    codes = running.terminate("worker", "second", "beat", "other-beat")
    assert set(codes.values()) == {0}, codes


def _sweeps(running: Installation, *workers: str) -> int:
    lines = [line for name in workers for line in running.log(name).splitlines()]
    return sum("bpo.tasks.sweep" in line and "succeeded" in line for line in lines)
