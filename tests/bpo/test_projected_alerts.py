"""An open period that heads for a miss is told before it ends, with what is needed and what is possible."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.bpo.alerts_world import (
    FEBRUARY,
    IN_MARCH,
    MARCH,
    compute,
    make_monthly,
    raised,
    report,
    the_alert,
)
from tests.make import make_figures, make_kpi, make_queue, make_target

pytestmark = pytest.mark.django_db

YESTERDAY = date(2026, 3, 19)
LAST_OF_MARCH = date(2026, 3, 31)


def test_an_open_month_heading_for_a_miss_says_what_is_needed_and_possible() -> None:
    """19 days at 76 % with 12 to come: 86.34 % would be needed, and the pace is 76 %."""
    contract, queue = make_monthly()
    report(queue, FEBRUARY, YESTERDAY, 760, stray=20)

    compute(contract, now=IN_MARCH)

    alert = the_alert(kind="projected_to_miss")
    assert (alert.severity, alert.start) == ("warning", MARCH)
    facts = alert.facts
    assert (facts["needed"], facts["outcome"], facts["remaining_volume"]) == ("86.50", "needed", "12000")
    assert Decimal(facts["lowest"]) < Decimal(facts["projected"]) < 80 < Decimal(facts["highest"])
    assert (facts["misses_allowed"], facts["misses"], facts["chance"]) == ("6200", "4580", "0")
    assert Decimal(facts["needed_if_less"]) > Decimal(facts["needed"]) > Decimal(facts["needed_if_more"])
    assert facts["lost_on"]


def test_a_month_on_course_has_no_alert() -> None:
    contract, queue = make_monthly()
    report(queue, FEBRUARY, YESTERDAY, 830, stray=20)

    compute(contract, now=IN_MARCH)

    assert raised() == []


def test_a_month_that_cannot_be_saved_is_graver_and_says_so() -> None:
    contract, queue = make_monthly(target=95, minimum=90)
    report(queue, FEBRUARY, YESTERDAY, 700)

    compute(contract, now=IN_MARCH)

    alert = the_alert(kind="projected_to_miss")
    assert (alert.severity, alert.facts["outcome"], alert.step) == ("critical", "out_of_reach", 2)


def test_a_clinched_month_has_no_alert_whatever_the_pace() -> None:
    """On the 30th 29 days at 90 % are in: not even two days of nothing spoil 80 %."""
    contract, queue = make_monthly()
    report(queue, FEBRUARY, date(2026, 2, 28), 500)
    report(queue, MARCH, date(2026, 3, 29), 900)

    compute(contract, now=IN_MARCH + timedelta(days=10))

    assert raised(kind="projected_to_miss") == []


def test_nothing_is_projected_in_the_first_fifth_of_a_period() -> None:
    contract, queue = make_monthly()
    report(queue, FEBRUARY, date(2026, 3, 5), 700)

    compute(contract, now=IN_MARCH - timedelta(days=14))
    assert raised(kind="projected_to_miss") == []

    compute(contract, now=IN_MARCH - timedelta(days=12))
    assert raised(kind="projected_to_miss") == [("projected_to_miss", "critical", "open")]


@pytest.mark.parametrize("period", ["week", "quarter", "year"])
def test_weeks_quarters_and_years_are_projected_too(period: str) -> None:
    contract, queue = make_monthly(target=50, minimum=None)
    make_target(contract, make_kpi(formula="100 * in_time / offered"), 80, period=period, valid_from=FEBRUARY)
    report(queue, FEBRUARY, YESTERDAY, 700, stray=10)

    compute(contract, now=IN_MARCH)

    assert the_alert(kind="projected_to_miss").period == period


def test_lower_is_better_is_projected_the_other_way_round() -> None:
    contract, queue = make_monthly(target=50, minimum=None)
    missed = make_kpi(formula="100 * (offered - in_time) / offered", direction="lower", bounds=[0, 100])
    make_target(contract, missed, 5, minimum=8, valid_from=FEBRUARY)
    report(queue, FEBRUARY, YESTERDAY, 940, stray=5)

    compute(contract, now=IN_MARCH)

    facts = the_alert(kind="projected_to_miss").facts
    assert Decimal(facts["needed"]) < 5
    assert (facts["misses_allowed"], facts["direction"]) == ("1550", "lower")


def test_a_projection_gives_way_to_the_settled_month() -> None:
    contract, queue = make_monthly()
    report(queue, FEBRUARY, LAST_OF_MARCH, 760, stray=20)
    compute(contract, now=IN_MARCH)

    compute(contract)

    assert raised(kind="projected_to_miss", start=MARCH) == [("projected_to_miss", "warning", "resolved")]
    assert raised(kind="below_target", is_live=True) == [("below_target", "warning", "open")]


def test_a_month_that_only_settles_is_held_against_what_stands() -> None:
    contract, queue = make_monthly(target=50, minimum=None)
    slow = make_kpi(formula="100 * in_time / offered", settle_days=30)
    make_target(contract, slow, 80, valid_from=FEBRUARY)
    report(queue, MARCH, LAST_OF_MARCH, 760)

    compute(contract)

    alert = the_alert(kind="projected_to_miss")
    assert (alert.start, alert.facts["projected"], alert.facts["outcome"]) == (MARCH, "76.00", None)


def test_without_a_pace_nothing_is_projected() -> None:
    contract, queue = make_monthly()
    report(queue, MARCH, date(2026, 3, 3), 700)

    compute(contract, now=IN_MARCH)

    assert raised() == []


def test_queues_that_report_on_other_days_and_not_everything_are_summed_by_day() -> None:
    contract, queue = make_monthly()
    other = make_queue(contract)
    report(queue, FEBRUARY, YESTERDAY, 760, stray=20)
    report(other, FEBRUARY + timedelta(days=3), YESTERDAY, 700, stray=20)
    make_figures(other, FEBRUARY, offered=1000)

    compute(contract, now=IN_MARCH)

    facts = the_alert(kind="projected_to_miss").facts
    assert (facts["remaining_days"], facts["remaining_volume"], facts["pace"][:2]) == (24, "24000", "73")
