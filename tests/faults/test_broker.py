"""The broker is a bell: frozen, gone or emptied, figures are still taken in on time and computed afterwards."""

from __future__ import annotations

import signal
from decimal import Decimal

import pytest

from tests.faults.broker import Broker
from tests.faults.conftest import Installs
from tests.faults.world import Value, assert_world_ok, furnish, made, row, values_of
from tests.processes import Caller, Installation

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.broker]
CODES = ["hanbit", "narae"]
POSTS = 25
ALLOWANCE = 0.6
"""Seconds a submission may take longer than with a broker that answers."""
RECOVERY = 40
"""Seconds until everything is computed: one sweep and what it takes to connect again."""


@pytest.fixture
def running(install: Installs, broker: Broker) -> Installation:
    """Web, worker and scheduler on a broker that can be broken."""
    installation = install(broker.url)
    installation.start_worker()
    installation.start_beat()
    return installation


def submit(manager: Caller, month: int) -> tuple[list[Value], float]:
    """Send ``POSTS`` submissions, all of which must be taken in; return the values, and the slowest's seconds."""
    accepted: list[Value] = []
    slowest = 0.0
    for number in range(POSTS):
        rows = [row(code, f"2026-{month:02}-{number + 1:02}", 100, 50 + number) for code in CODES]
        answer = manager.post("/api/v1/submissions/", rows=rows)
        made(answer)
        accepted += values_of(rows)
        slowest = max(slowest, answer.seconds)
    return accepted, slowest


def furnished(running: Installation) -> tuple[Caller, list[Value], float]:
    """Set up two contracts and submit while all is well; return the manager, the values and the slowest answer."""
    manager = running.caller(running.manage("create_api_key", "--role", "manager"))
    furnish(manager, CODES)
    running.wait(lambda: "ready." in running.log("worker"), "worker", 30)
    accepted, slowest = submit(manager, 1)
    return manager, accepted, slowest


def test_a_frozen_broker_holds_nobody_up(running: Installation, broker: Broker) -> None:
    manager, accepted, idle = furnished(running)

    broker.freeze()
    more, slowest = submit(manager, 2)
    not_ready = running.caller().get("/readyz")
    broker.thaw()

    assert slowest <= idle + ALLOWANCE
    assert (not_ready.status, not_ready.seconds < 3) == (503, True), not_ready
    assert_world_ok(running, accepted + more, within=RECOVERY)


def test_a_broker_that_is_killed_and_comes_back_empty_loses_nothing(running: Installation, broker: Broker) -> None:
    manager, accepted, idle = furnished(running)

    running.signal("worker", signal.SIGSTOP)
    pending, _ = submit(manager, 2)
    broker.kill()
    refused, slowest = submit(manager, 3)
    not_ready = running.caller().get("/readyz")
    broker.start()
    running.signal("worker", signal.SIGCONT)

    assert slowest <= idle + ALLOWANCE
    assert (not_ready.status, not_ready.seconds < 3) == (503, True), not_ready
    assert_world_ok(running, accepted + pending + refused, within=RECOVERY)
    manager.post("/api/v1/submissions/", rows=[row("hanbit", "2026-04-01", 100, 90)])
    running.wait(lambda: _value(manager) == 90, "wake-up after the broker came back", 15)


def _value(manager: Caller) -> Decimal | None:
    """Return the value of April, null where there is none yet."""
    rows = manager.get("/api/v1/attainments/", contract="hanbit", start="2026-04-01", period="month").body["results"]
    return Decimal(rows[0]["value"]) if rows and rows[0]["value"] else None
