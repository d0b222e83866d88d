"""A month is closed while somebody sends figures into it."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection, transaction

from kpis.models import DailyMetric, MonthClose
from kpis.services import closing
from tests.conftest import NOW
from tests.kpis.closing_world import a_contract, close, row, send
from vendors.errors import Conflict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_a_submission_beside_a_closing_is_stored_before_it_or_refused(attempt: int) -> None:
    contract = a_contract()
    start, outcomes = threading.Barrier(5), []

    def act(number: int) -> None:
        start.wait()
        try:
            if number:
                send(row(contract, f"2026-10-{number:02}"))
            else:
                close(contract)
            outcomes.append((number, "done"))
        except Conflict as refused:
            outcomes.append((number, refused.code))
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=[number]) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (0, "done") in outcomes
    assert {outcome for number, outcome in outcomes if number} <= {"done", "period_closed"}
    stored_days = set(DailyMetric.objects.values_list("date__day", flat=True))
    assert stored_days == {number for number, outcome in outcomes if number and outcome == "done"}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_closing_waits_for_a_submission_that_has_looked_already() -> None:
    contract = a_contract()
    looked, closing_begun = threading.Event(), threading.Event()

    def send_slowly() -> None:
        try:
            with transaction.atomic():
                send(row(contract, "2026-10-05"))
                looked.set()
                closing_begun.wait(5)
                threading.Event().wait(0.3)
        finally:
            connection.close()

    sender = threading.Thread(target=send_slowly)
    sender.start()
    assert looked.wait(5)
    closing_begun.set()
    act = close(contract)
    seen = DailyMetric.objects.count()
    sender.join()

    assert act.is_closed
    assert seen == 1, "the month closed while a submission for it was still being stored"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_schedulers_close_a_month_once() -> None:
    contract = a_contract(closing={"feed_closed": 2}, valid_from=date(2026, 10, 1))
    start, faults = threading.Barrier(4), []

    def ring() -> None:
        start.wait()
        try:
            closing.close_due_months(now=NOW)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=ring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert MonthClose.objects.filter(contract=contract).count() == 1
