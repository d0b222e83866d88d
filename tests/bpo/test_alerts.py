"""Alerts follow the figures: raised after a drain, worsened, carried on, ended by the service, and raised again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bpo.models import Alert, AlertEvent
from kpis.models import Target
from kpis.services import factors
from kpis.services.recalculation import drain
from tests.bpo.alerts_world import (
    FEBRUARY,
    IN_APRIL,
    IN_MARCH,
    MARCH,
    compute,
    make_monthly,
    raised,
    report,
    restate,
    the_alert,
)
from tests.checks import queries_of
from tests.make import make_actor, make_figures, make_kpi, make_queue, make_target
from vendors.actors import SYSTEM

pytestmark = pytest.mark.django_db

LAST_OF_MARCH = date(2026, 3, 31)
YESTERDAY = date(2026, 3, 19)


def settle(alert: Alert) -> None:
    """Resolve an alert as a person does."""
    Alert.objects.filter(pk=alert.pk).update(status="resolved", resolved_at=IN_APRIL)


# Settled periods ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("in_time", "weight", "expected"),
    [
        (740, 100, [("below_minimum", "critical", "open")]),
        (760, 100, [("below_target", "warning", "open")]),
        (740, None, [("below_minimum", "warning", "open")]),
        (760, None, [("below_target", "caution", "open")]),
        (810, 100, []),
    ],
)
def test_a_settled_month_that_missed_a_level_raises_one_alert(in_time: int, weight: Any, expected: Any) -> None:
    contract, queue = make_monthly(weight=weight)
    report(queue, MARCH, LAST_OF_MARCH, in_time)

    compute(contract)

    assert raised() == expected


def test_it_holds_the_figures_its_message_is_written_with() -> None:
    contract, queue = make_monthly()
    report(queue, MARCH, LAST_OF_MARCH, 740)

    compute(contract)

    alert = the_alert()
    assert (alert.vendor, alert.contract, alert.queue) == (contract.vendor, contract, None)
    assert (alert.period, alert.start, alert.subject) == ("month", MARCH, f"series:{alert.series_id}")
    facts = {name: alert.facts[name] for name in ("value", "target", "minimum", "attainment", "unit", "weight_share")}
    assert facts == {
        "value": "74", "target": "80", "minimum": "75", "attainment": "92.5", "unit": "%", "weight_share": "100.0",
    }  # fmt: skip
    assert list(AlertEvent.objects.values_list("alert", "action", "by")) == [(alert.pk, "open", "system")]


def test_a_light_kpi_is_less_grave_than_a_heavy_one() -> None:
    contract, queue = make_monthly(weight=86)
    light = make_kpi(formula="100 * in_time / offered")
    make_target(contract, light, 80, minimum=75, weight=14, valid_from=FEBRUARY)
    report(queue, MARCH, LAST_OF_MARCH, 740)

    compute(contract)

    assert sorted(raised()) == [("below_minimum", "critical", "open"), ("below_minimum", "warning", "open")]
    assert the_alert(severity="warning").kpi == light


def test_a_month_that_is_mended_ends_its_alert() -> None:
    contract, queue = make_monthly()
    report(queue, MARCH, LAST_OF_MARCH, 740)
    compute(contract)

    restate(queue, MARCH, LAST_OF_MARCH, 810)
    compute(contract)

    alert = the_alert()
    assert (alert.status, alert.is_live, alert.resolved_at) == ("resolved", False, IN_APRIL)
    assert list(alert.events.values_list("action", "by")) == [("open", "system"), ("end", "system")]


def test_a_month_that_gets_worse_by_a_step_says_so_once() -> None:
    contract, queue = make_monthly(weight=None)
    report(queue, MARCH, LAST_OF_MARCH, 740)
    compute(contract)

    for in_time in (738, 700, 700):
        restate(queue, MARCH, LAST_OF_MARCH, in_time)
        compute(contract)

    alert = the_alert()
    assert (alert.facts["value"], alert.step) == ("70", 2)
    assert list(alert.events.values_list("action", flat=True)) == ["open", "worsen"]


def test_what_was_below_target_and_is_below_the_minimum_is_another_alert() -> None:
    contract, queue = make_monthly()
    report(queue, MARCH, LAST_OF_MARCH, 760)
    compute(contract)

    restate(queue, MARCH, LAST_OF_MARCH, 740)
    compute(contract)

    assert raised() == [("below_target", "warning", "resolved"), ("below_minimum", "critical", "open")]


def test_a_resolved_alert_stays_so_until_it_gets_worse_by_a_step() -> None:
    contract, queue = make_monthly()
    report(queue, MARCH, LAST_OF_MARCH, 740)
    compute(contract)
    settle(the_alert())

    restate(queue, MARCH, LAST_OF_MARCH, 735)
    compute(contract)
    assert raised() == [("below_minimum", "critical", "resolved")]

    restate(queue, MARCH, LAST_OF_MARCH, 600)
    compute(contract)
    assert raised() == [("below_minimum", "critical", "resolved"), ("below_minimum", "critical", "open")]


def test_a_resolved_alert_comes_back_once_its_condition_has_been_away() -> None:
    contract, queue = make_monthly()
    report(queue, MARCH, LAST_OF_MARCH, 740)
    compute(contract)
    settle(the_alert())

    restate(queue, MARCH, LAST_OF_MARCH, 810)
    compute(contract)
    restate(queue, MARCH, LAST_OF_MARCH, 740)
    compute(contract)

    assert raised(is_live=True) == [("below_minimum", "critical", "open")]
    assert Alert.objects.count() == 2


def test_the_next_month_that_misses_carries_the_open_alert_on_and_a_resolved_one_anew() -> None:
    contract, queue = make_monthly()
    report(queue, FEBRUARY, LAST_OF_MARCH, 740)
    compute(contract, now=IN_APRIL - timedelta(days=31))
    assert the_alert(kind="below_minimum").start == FEBRUARY

    compute(contract)

    alert = the_alert(kind="below_minimum")
    assert alert.start == MARCH
    assert list(alert.events.values_list("action", flat=True)) == ["open", "go_on"]


def test_a_snoozed_alert_wakes_when_it_gets_worse() -> None:
    contract, queue = make_monthly()
    report(queue, MARCH, LAST_OF_MARCH, 740)
    compute(contract)
    Alert.objects.update(status="snoozed", snoozed_until=IN_APRIL + timedelta(days=9))

    restate(queue, MARCH, LAST_OF_MARCH, 600)
    compute(contract)

    assert (the_alert().status, the_alert().snoozed_until) == ("open", None)


def test_old_months_that_are_restated_raise_nothing() -> None:
    contract, queue = make_monthly()
    report(queue, FEBRUARY, date(2026, 2, 28), 740)
    report(queue, MARCH, LAST_OF_MARCH, 810)

    compute(contract)

    assert raised(period="month") == []


def test_a_target_that_is_taken_back_ends_its_alert() -> None:
    contract, queue = make_monthly()
    report(queue, MARCH, LAST_OF_MARCH, 740)
    compute(contract)

    Target.objects.all().delete()
    compute(contract)

    assert raised() == [("below_minimum", "critical", "resolved")]


def test_targets_of_a_queue_and_of_the_programme_have_alerts_of_their_own() -> None:
    contract, queue = make_monthly()
    kpi = make_kpi(formula="100 * in_time / offered")
    make_target(contract, kpi, 80, queue=queue, valid_from=FEBRUARY)
    make_target(None, kpi, 80, valid_from=FEBRUARY)
    report(queue, MARCH, LAST_OF_MARCH, 760)
    compute(contract)

    found = {(row.contract_id, row.queue_id, row.vendor_id) for row in Alert.objects.filter(kpi=kpi)}

    assert found == {(contract.pk, queue.pk, contract.vendor_id), (None, None, None)}


# Open periods ---------------------------------------------------------------------------------------


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


# What holds for all ---------------------------------------------------------------------------------


def test_two_live_alerts_of_a_kind_for_a_subject_cannot_be() -> None:
    about = {"kind": "below_target", "subject": "series:1", "severity": "caution", "opened_at": IN_APRIL}
    Alert.objects.create(**about, changed_at=IN_APRIL)

    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(**about, changed_at=IN_APRIL)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(**about | {"subject": "series:2"}, changed_at=IN_APRIL, is_live=False)


def test_looking_again_changes_and_writes_nothing() -> None:
    contract, queue = make_monthly()
    report(queue, FEBRUARY, YESTERDAY, 760, stray=20)
    compute(contract, now=IN_MARCH)
    before = list(Alert.objects.values())

    compute(contract, now=IN_MARCH)

    assert list(Alert.objects.values()) == before
    assert AlertEvent.objects.count() == len(before)


def test_any_number_of_contracts_takes_the_same_number_of_statements() -> None:
    def close(count: int) -> int:
        made = [make_monthly() for _ in range(count)]
        for _contract, queue in made:
            report(queue, MARCH, YESTERDAY, 700)
        return len(queries_of(lambda: compute(*(contract for contract, _queue in made), now=IN_MARCH)))

    assert close(1) == close(4)


# External factors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "now", "kind"),
    [(LAST_OF_MARCH, IN_APRIL, "below_target"), (YESTERDAY, IN_MARCH, "projected_to_miss")],
)
def test_an_approved_factor_takes_the_alert_back(last: date, now: datetime, kind: str) -> None:
    """A month of 81 % with one day of outage: without that day it is on target, now and at its end."""
    contract, queue = make_monthly()
    report(queue, MARCH, last - timedelta(days=1), 810, stray=5)
    make_figures(queue, last, in_time=0, offered=1000)
    compute(contract, now=now)
    assert [row[0] for row in raised(status="open")] == [kind]

    times = {"starts_at": datetime.combine(last, time(1), UTC), "ends_at": datetime.combine(last, time(2), UTC)}
    about = {"kind": "outage", "title": "Lines down", **times}
    factor = factors.register(about, queues=[queue], actor=make_actor(), now=now)
    factors.approve(factor.pk, decision="As logged", actor=SYSTEM, now=now)
    drain(now=now)

    assert raised(status="open") == []
    assert the_alert(kind=kind).status == "resolved"
