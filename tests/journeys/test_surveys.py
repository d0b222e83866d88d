"""NPS, effort scores and first-contact resolution: sampled, settled late, on scales of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kpis.services.recalculation import drain
from tests.journeys.journey import Journey, told
from vendors import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

MARCH = "2026-03-01"
NPS = "queue,date,nps_responses,nps_promoters,nps_detractors"


@pytest.fixture
def journey() -> Journey:
    journey = Journey.begun()
    for code in ("care", "orders"):
        journey.queue(code, opened_on="2026-03-02", closed_on="2026-03-02")
    return journey


@pytest.mark.parametrize(
    ("lines", "value", "half_width", "score", "status"),
    [
        # The two queues pooled: 35 points of 300 answers, not the mean of 50 and 20.
        (["care,2026-03-02,150,90,15", "orders,2026-03-02,150,60,30"], "35.00", "8.2188", "75.0000", "below_target"),
        (["care,2026-03-02,300,40,120"], "-26.67", "7.6934", "0.0000", "below_minimum"),
        (["care,2026-03-02,150,75,30"], "30.00", "12.4990", "50.0000", "low_volume"),
        (["care,2026-03-02,40,20,8"], "30.00", "24.2042", "50.0000", "low_volume"),
    ],
)
def test_nps_is_interpolated_and_says_how_sure_it_is(
    journey: Journey, lines: list[str], value: str, half_width: str, score: str, status: str
) -> None:
    target = journey.target("nps", minimum=20, target=40, score_at_minimum=0)
    journey.send(NPS, *lines)

    line, figure = journey.line("nps", MARCH)

    assert target["attainment_mode"] == "interpolate"
    assert told(line, "value", "score", "status") == (value, score, status)
    assert figure["result"]["half_width"] == half_width


def test_nps_cannot_be_held_against_its_target_as_a_quotient(journey: Journey) -> None:
    body = {"contract": "c", "kpi": "nps", "target": 40, "attainment_mode": "ratio"}

    answer = journey.manager.post("/api/v1/targets/", body, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "attainment_mode")


def test_nps_flags_an_interval_that_holds_the_target(journey: Journey) -> None:
    journey.target("nps", minimum=20, target=40)
    journey.send(NPS, "care,2026-03-02,300,150,45")

    line, _figure = journey.line("nps", MARCH)

    assert told(line, "value", "flags") == ("35.00", ["uncertain"])


def test_an_effort_score_is_the_mean_of_all_answers(journey: Journey) -> None:
    journey.target("ces", minimum=5, target="5.5")
    journey.send("queue,date,ces_responses,ces_score_sum", "care,2026-03-02,100,520", "orders,2026-03-02,50,300")

    line, figure = journey.line("ces", MARCH)

    # 820 ÷ 150; the mean of 5.2 and 6.0 would be 5.6 and on target.
    assert told(line, "value", "score", "status") == ("5.47", "97.6000", "below_target")
    assert (figure["result"]["half_width"], line["unit"]) == (None, "points(1-7)")


def test_a_score_off_the_scale_is_refused_by_line(journey: Journey) -> None:
    answer = journey.upload(
        "queue,date,ces_responses,ces_score_sum", "care,2026-03-02,100,99", "orders,2026-03-02,100,701"
    )

    assert answer.status_code == 422
    assert [row["row"] for row in answer.json()["errors"]] == [2, 3]


def test_first_contact_resolution_is_provisional_until_its_window_has_closed(
    journey: Journey, frozen_clock: Any
) -> None:
    frozen_clock.move_to(datetime(2026, 4, 7, 14, 59, tzinfo=UTC))  # 23:59 of the 7th in Seoul
    journey.target("fcr", minimum=70, target=75)
    journey.send("queue,date,fcr_eligible,fcr_resolved", "care,2026-03-02,200,160", "orders,2026-03-02,200,144")

    before, _figure = journey.line("fcr", MARCH)
    frozen_clock.move_to(datetime(2026, 4, 7, 15, 0, tzinfo=UTC))
    journey.send("queue,date,fcr_eligible,fcr_resolved", "care,2026-03-02,200,156")
    drain(now=clock.now())
    after, figure = journey.line("fcr", MARCH)

    assert told(before, "value", "status") == ("76.00", "provisional")
    assert told(after, "value", "status", "flags") == ("75.00", "met", ["uncertain"])
    assert figure["settle_days"] == 7
