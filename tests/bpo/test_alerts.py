"""Alerts follow the figures: raised after a drain, worsened, carried on, ended by the service, and raised again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
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
from tests.make import make_actor, make_figures, make_kpi, make_target
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
