"""Backlog days: the stock of the last reported evening per queue, against the period's daily completions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.journeys.journey import Journey, daily, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

HEAD = "queue,date,work_open_end,work_completed"
APRIL = "2026-04-01"


@pytest.fixture
def journey() -> Journey:
    journey = Journey.begun(starts_on=APRIL)
    for code in ("refunds", "claims"):
        journey.queue(code, channel="backoffice")
    return journey


def test_it_takes_the_last_evening_of_each_queue_and_sums_queues(journey: Journey) -> None:
    journey.target("bo_backlog_days", target=5)
    journey.send(
        HEAD,
        *daily("refunds", "2026-04", 29, 999, 10),
        "refunds,2026-04-30,40,10",
        *daily("claims", "2026-04", 27, 888, 5),
        "claims,2026-04-28,20,15",
    )

    line, figure = journey.line("bo_backlog_days", APRIL)

    # (40 + 20) × 30 dates ÷ 450; the last evening of claims is the 28th.
    assert figure["inputs"] == {"work_open_end": 60, "calendar_days": 30, "work_completed": 450}
    assert told(line, "value", "attainment", "status") == ("4.00", "120.0000", "met")
    assert told(line, "days_expected", "days_reported", "flags") == (60, 58, [])
    [row] = journey.get("kpi-values", kpi="bo_backlog_days", **{"from": APRIL, "to": "2026-05-01"})
    assert told(row, "value", "volume") == ("4.00", "450")


def test_a_queue_without_any_evening_makes_it_incomplete(journey: Journey) -> None:
    journey.target("bo_backlog_days", target=5)
    journey.send(HEAD, *daily("refunds", "2026-04", 30, 40, 10))

    line, _figure = journey.line("bo_backlog_days", APRIL)

    assert told(line, "value", "flags", "days_reported") == ("4.00", ["incomplete_stock"], 30)


def test_a_target_that_changes_inside_the_month_counts_as_it_stood_at_its_end(journey: Journey) -> None:
    first = journey.target("bo_backlog_days", target=5, valid_until="2026-04-16")
    journey.target("bo_backlog_days", target=3, valid_from="2026-04-16")
    journey.send(HEAD, *daily("refunds", "2026-04", 30, 40, 10), *daily("claims", "2026-04", 30, 20, 5))

    line, figure = journey.line("bo_backlog_days", APRIL)

    assert first["target"] == "5"
    assert told(line, "value", "target", "attainment", "status") == ("4.00", "3", "66.6667", "below_target")
    assert "target_changed" in line["flags"]
    assert [(Decimal(one["target"]), one["weight"]) for one in figure["target_versions"]] == [(5, "0"), (3, "1")]


def test_no_completions_leave_it_undefined(journey: Journey) -> None:
    journey.target("bo_backlog_days", target=5)
    journey.send(HEAD, *daily("refunds", "2026-04", 30, 40, 0), *daily("claims", "2026-04", 30, 20, 0))

    line, _figure = journey.line("bo_backlog_days", APRIL)

    assert told(line, "value", "score", "status") == (None, None, "no_volume")
