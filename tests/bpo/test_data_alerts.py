"""Alerts about the data: raised by the schedule, once a slot, and ended when what was missing has come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bpo.models import Alert, AlertEvent, JobRun
from bpo.queries.alert_words import message_of
from bpo.services import alerts
from bpo.services.sweep import look_at_data
from kpis.models import ExternalFactor, Reconciliation, Target
from kpis.services import factors
from kpis.services.submissions import submit
from tests.bpo.alerts_world import compute, raised, the_alert
from tests.checks import queries_of
from tests.make import (
    make_contract,
    make_figures,
    make_key,
    make_kpi,
    make_queue,
    make_submission,
    make_target,
)
from vendors.actors import SYSTEM
from vendors.models import ApiKey, Contract, Queue
from vendors.services.contracts import change_contract

pytestmark = pytest.mark.django_db

BEFORE = datetime(2026, 3, 20, 0, 30, tzinfo=UTC)
"""Half past nine in Seoul, half an hour before the cut-off."""
AFTER = BEFORE + timedelta(hours=1)
FIRST, YESTERDAY = date(2026, 3, 1), date(2026, 3, 19)
ONLY_DATA = {"kind__in": sorted(alerts.data.OF_THE_DATA)}


def make_feed(**fields: Any) -> tuple[Contract, Queue]:
    """Make a contract from March with a cut-off at ten and a queue that reported every day but yesterday in time."""
    fields = {"closing": {"daily_cutoff": "10:00"}, "completeness_bar": 0, "starts_on": FIRST, **fields}
    contract = make_contract(**fields)
    queue = make_queue(contract)
    make_target(contract, make_kpi(), 50, valid_from=FIRST)
    for number in range((YESTERDAY - FIRST).days):
        report(queue, FIRST + timedelta(days=number))
    return contract, queue


def report(queue: Queue, day: date) -> None:
    at = datetime(day.year, day.month, day.day, 22, tzinfo=UTC)
    metric = make_figures(queue, day, offered=100, answered=90)
    metric.submission = make_submission(received_at=at)
    metric.save()


def look(now: datetime = AFTER) -> None:
    alerts.look_at_data(now=now)


# The feed -------------------------------------------------------------------------------------------


def test_what_is_missing_at_the_cut_off_raises_an_alert_and_not_before() -> None:
    contract, queue = make_feed()

    look(BEFORE)
    assert raised() == []

    look()
    alert = the_alert(kind="feed_missing")
    assert (alert.severity, alert.contract, alert.vendor) == ("warning", contract, contract.vendor)
    assert alert.facts == {"count": 1, "day": "2026-03-19", "queues": [queue.code]}


def test_a_contract_without_a_cut_off_is_never_late() -> None:
    make_feed(closing={})

    look()

    assert raised() == []


def test_what_comes_late_ends_its_alert_with_the_drain() -> None:
    contract, queue = make_feed()
    look()

    rows = [{"queue": queue.code, "date": "2026-03-19", "measures": {"offered": 100, "answered": 90}}]
    submit(actor=SYSTEM, rows=rows, now=AFTER)
    compute(contract, now=AFTER)

    assert raised(kind="feed_missing") == [("feed_missing", "warning", "resolved")]


def test_what_is_missing_for_days_is_critical() -> None:
    make_feed()

    look(AFTER + timedelta(days=3))

    alert = the_alert(kind="feed_missing")
    assert (alert.severity, alert.facts["count"]) == ("critical", 4)


def test_a_value_corrected_after_the_cut_off_is_told_for_a_week() -> None:
    _contract, queue = make_feed()
    report(queue, YESTERDAY)
    rows = [{"queue": queue.code, "date": "2026-03-18", "measures": {"answered": 80}}]
    submit(actor=SYSTEM, rows=rows, now=AFTER, reason="late_data")

    look(AFTER + timedelta(hours=1))
    alert = the_alert(kind="corrected_late")
    assert (alert.severity, alert.facts["count"], alert.facts["day"]) == ("caution", 1, "2026-03-18")

    look(AFTER + timedelta(days=9))
    assert the_alert(kind="corrected_late").status == "resolved"


def test_too_few_days_under_the_bar_of_the_contract() -> None:
    contract, _queue = make_feed(completeness_bar=95, closing={})
    kpi = make_kpi(formula="100 * taken / offered")
    make_target(contract, kpi, 50, valid_from=FIRST)
    compute(contract, now=AFTER)

    look()

    alert = the_alert(kind="incomplete")
    assert (alert.kpi, alert.start) == (kpi, FIRST)
    assert alert.facts == {"reported": 0, "expected": 19, "percent": "0.0", "bar": "95"}


def test_early_in_a_month_the_last_one_is_held_against_the_bar() -> None:
    contract, _queue = make_feed(completeness_bar=50, closing={})
    compute(contract, now=AFTER + timedelta(days=15))

    look(AFTER + timedelta(days=15))

    assert raised(**ONLY_DATA) == []


def test_a_month_before_the_first_deadline_is_not_held_against_the_bar() -> None:
    contract, _queue = make_feed(completeness_bar=95, closing={})
    make_target(contract, make_kpi(formula="100 * taken / offered"), 50, valid_from=FIRST)
    compute(contract, now=AFTER)
    change_contract(contract, {"closing": "korean_default"}, actor=SYSTEM, now=AFTER, valid_from=date(2026, 4, 1))

    look()

    assert raised(**ONLY_DATA) == []


# Differences, targets, keys -------------------------------------------------------------------------


def test_open_differences_are_one_alert_of_their_contract() -> None:
    contract, queue = make_feed(closing={})
    receipt = make_submission()
    for number in (1, 2):
        Reconciliation.objects.create(
            contract=contract, queue=queue, date=date(2026, 3, number), measure="offered", first_source="client",
            second_source="vendor", figures={"first": 1, "second": 2}, first_submission=receipt,
            second_submission=receipt, opened_at=BEFORE,
        )  # fmt: skip

    look()
    assert the_alert(kind="reconciliation").facts == {"count": 2, "day": "2026-03-01"}

    Reconciliation.objects.update(status="settled")
    look()
    assert raised(kind="reconciliation") == [("reconciliation", "caution", "resolved")]


def test_claims_that_wait_are_one_alert_of_their_vendor_until_they_are_decided() -> None:
    contract, queue = make_feed(closing={})
    times = {"starts_at": BEFORE - timedelta(hours=2), "ends_at": BEFORE - timedelta(hours=1)}
    for _ in range(2):
        claim = factors.register({"kind": "outage", "title": "Down", **times}, queues=[queue], actor=SYSTEM, now=BEFORE)
        factors.claim(claim.pk, evidence="Ticket 4711", actor=SYSTEM, now=BEFORE)

    look()
    alert = the_alert(kind="factor_waiting")
    assert (alert.vendor, alert.facts["count"], alert.severity) == (contract.vendor, 2, "caution")
    assert "2" in message_of(alert)

    look(BEFORE + timedelta(days=8))
    assert the_alert(kind="factor_waiting").severity == "warning"
    ExternalFactor.objects.update(status="rejected")
    look(BEFORE + timedelta(days=8))
    assert raised(kind="factor_waiting") == [("factor_waiting", "warning", "resolved")]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(15, []), (14, ["caution"]), (4, ["warning"]), (0, [])],
)
def test_a_target_that_ends_within_two_weeks_and_has_no_other_after_it(days: int, expected: list[str]) -> None:
    make_feed(closing={})
    Target.objects.update(valid_until=date(2026, 3, 20) + timedelta(days=days))

    look()

    assert [severity for _kind, severity, _status in raised(kind="target_expiring")] == expected


def test_a_target_with_another_after_it_or_with_its_contract_over_is_none_to_tell_of() -> None:
    contract, _queue = make_feed(closing={})
    Target.objects.update(valid_until=date(2026, 3, 25))
    contract.ends_on = date(2026, 3, 24)
    contract.save()
    other, _queue = make_feed(closing={})
    target = Target.objects.get(series__contract=other)
    Target.objects.filter(pk=target.pk).update(valid_until=date(2026, 3, 25))
    Target.objects.create(series=target.series, target=60, valid_from=date(2026, 3, 25))

    look()

    assert raised() == []


def test_a_key_that_expires_within_two_weeks_is_told_to_whose_it_is() -> None:
    contract, _queue = make_feed(closing={})
    make_key("vendor", contract.vendor, ("ingest",))
    make_key("manager")
    ApiKey.objects.update(expires_at=AFTER + timedelta(days=10))

    look()

    keys = Alert.objects.filter(kind="key_expiring")
    assert {alert.vendor_id for alert in keys} == {contract.vendor_id, None}
    assert {alert.facts["key"] for alert in keys} == set(ApiKey.objects.values_list("prefix", flat=True))

    ApiKey.objects.update(revoked_at=AFTER)
    look()
    assert not Alert.objects.filter(is_live=True).exists()


# The schedule ---------------------------------------------------------------------------------------


def test_it_is_looked_at_once_a_day_and_once_after_each_cut_off() -> None:
    make_feed()

    found = [look_at_data(now=now) for now in (BEFORE, BEFORE, AFTER, AFTER)]

    assert found == [["Asia/Seoul 2026-03-20"], [], ["Asia/Seoul 2026-03-20 10:00"], []]
    assert JobRun.objects.filter(name="data-alerts").count() == 2
    assert AlertEvent.objects.count() == 1


def test_a_snoozed_alert_is_open_again_when_its_time_is_over() -> None:
    make_feed()
    look()
    Alert.objects.update(status="snoozed", snoozed_until=AFTER + timedelta(days=1))

    assert alerts.wake(now=AFTER) == 0
    assert alerts.wake(now=AFTER + timedelta(days=1)) == 1

    assert (the_alert().status, the_alert().snoozed_until) == ("open", None)
    assert the_alert().events.last().action == "wake"


def test_any_number_of_contracts_takes_the_same_number_of_statements() -> None:
    def looked_at(count: int) -> int:
        for _ in range(count):
            contract, _queue = make_feed(completeness_bar=100)
            compute(contract, now=AFTER)
            Target.objects.filter(series__contract=contract).update(valid_until=date(2026, 3, 25))
        return len(queries_of(look))

    assert looked_at(1) == looked_at(4)
