"""The main job with real processes: web, worker and scheduler, figures in over HTTP, a scorecard out."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests import processes
from tests.faults.world import KPI, assert_world_ok, furnish, made, row, values_of
from tests.processes import Caller, Installation

pytestmark = pytest.mark.slow
SECONDS = 15
DAYS = [f"2026-03-{day:02}" for day in range(1, 32)]


@pytest.fixture
def running() -> Iterator[Installation]:
    """An installation as ``setup`` leaves it, on this leg's kind of database and broker."""
    with processes.database() as url, processes.broker() as broker:
        environment = {"DATABASE_URL": url, "SECRET_KEY": "of a journey", **broker}
        with processes.installation(environment) as made_:
            made_.manage("setup")
            made_.start_worker()
            made_.start_beat()
            made_.start_web()
            yield made_


def figures(reader: Caller) -> tuple[Any, Any, Any]:
    """Return value and attainment of March, and the score of its card; null where there is none yet."""
    rows = reader.get("/api/v1/attainments/", contract="hanbit", kpi=KPI, start="2026-03-01").body["results"]
    cards = reader.get("/api/v1/scorecards/", contract="hanbit", start="2026-03-01").body["results"]
    value, attainment = (rows[0]["value"], rows[0]["attainment"]) if rows else (None, None)
    score = cards[0]["score"] if cards else None
    value, attainment, score = (
        None if text is None else round(Decimal(text), 2) for text in (value, attainment, score)
    )
    return value, attainment, score


def test_a_month_goes_in_and_a_scorecard_comes_out_and_a_correction_too(running: Installation) -> None:
    manager = running.caller(running.manage("create_api_key", "--role", "manager"))
    furnish(manager, ["hanbit"])
    key = running.manage("create_api_key", "--vendor", "hanbit", "--scope", "ingest", "--scope", "read")
    vendor = running.caller(key)

    month = [row("hanbit", day, 100, 81) for day in DAYS]
    assert made(vendor.post("/api/v1/submissions/", rows=month))["values"] == {"new": 62, "changed": 0, "unchanged": 0}
    # 81 of 100 is 81 %, which is 90 % of the target of 90 %.
    running.wait(lambda: figures(vendor)[:2] == (81, 90), "attainment", SECONDS)
    running.wait(lambda: figures(manager)[2] is not None, "scorecard", SECONDS)
    first_score = figures(manager)[2]

    correction = row("hanbit", "2026-03-31", 100, 50)
    counts = made(vendor.post("/api/v1/submissions/", rows=[correction], note="late count"))["values"]
    assert counts == {"new": 0, "changed": 1, "unchanged": 1}
    # (30 × 81 + 50) of 3,100 is 80 %.
    running.wait(lambda: figures(vendor)[:2] == (80, Decimal("88.89")), "corrected attainment", SECONDS)
    running.wait(lambda: figures(manager)[2] < first_score, "corrected scorecard", SECONDS)

    running.wait(lambda: running.caller().get("/readyz").status == 200, "readiness", SECONDS)
    assert_world_ok(running, values_of([*month[:-1], correction]), within=SECONDS)
    assert running.terminate("web", "worker", "beat") == {"web": 0, "worker": 0, "beat": 0}
    assert "Traceback" not in "".join(running.log(name) for name in ("web", "worker", "beat"))
