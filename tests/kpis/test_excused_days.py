"""Days that are taken out of what is expected, and months that are closed to it."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import translation

from kpis.models import ExcusedDay
from kpis.services import excuses
from kpis.services.excuses import excuse, withdraw
from tests.cast import client_for
from tests.checks import assert_problem, queries_of
from tests.conftest import NOW
from tests.kpis.closing_world import MANAGER, OCTOBER, a_contract, close, reopen
from tests.make import make_key
from vendors.errors import Conflict
from vendors.models import Contract, Queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

URL = "/api/v1/excused-days/"


@pytest.fixture
def contract(db: None) -> Contract:
    return a_contract()


@pytest.fixture
def queue(contract: Contract) -> Queue:
    return contract.queues.get()


def excused(queue: Queue, *days: date) -> list[ExcusedDay]:
    return excuse(queues=[queue], dates=days, cause="client", reason="outage", actor=MANAGER, now=NOW)


def test_it_writes_many_days_as_one(queue: Queue) -> None:
    queue = Queue.objects.select_related("centre__vendor").get(pk=queue.pk)

    few = queries_of(lambda: excused(queue, OCTOBER))
    many = queries_of(lambda: excused(queue, *(OCTOBER + timedelta(days=number) for number in range(1, 31))))

    assert len(few) == len(many)
    assert ExcusedDay.objects.count() == 31


def test_a_day_of_a_closed_month_is_neither_excused_nor_expected_again(contract: Contract, queue: Queue) -> None:
    (row,) = excused(queue, OCTOBER)
    close(contract)

    with pytest.raises(Conflict, match="period_closed"), translation.override("en"):
        excused(queue, date(2026, 10, 5), date(2026, 11, 2))
    with pytest.raises(Conflict, match="period_closed"):
        withdraw(row, reason="a mistake", actor=MANAGER, now=NOW)

    assert list(ExcusedDay.objects.filter(withdrawn_at=None)) == [row]
    excused(queue, date(2026, 11, 2))
    reopen(contract)
    withdraw(row, reason="a mistake", actor=MANAGER, now=NOW)


def test_what_is_excused_already_may_be_asked_for_again_in_a_closed_month(contract: Contract, queue: Queue) -> None:
    (row,) = excused(queue, OCTOBER)
    close(contract)

    assert excused(queue, OCTOBER) == [row]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "2026-10 is closed. Open the month again first"), ("ko", "먼저 마감을 해제")]
)
def test_the_api_says_what_to_do(contract: Contract, queue: Queue, language: str, words: str) -> None:
    close(contract)
    client = client_for(make_key("manager"))
    body = {"queues": [queue.code], "dates": ["2026-10-05"], "cause": "client", "reason": "outage"}

    answer = client.post(URL, body, format="json", headers={"accept-language": language})

    problem = assert_problem(answer, 409, "period_closed")
    assert words in problem["detail"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_closing_waits_for_who_is_excusing(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = a_contract()
    looked = threading.Event()
    closed: list[bool] = []
    record_many = excuses.record_many

    def slowly(**about: Any) -> None:
        looked.set()
        closer.join(0.5)
        closed.append(not closer.is_alive())
        record_many(**about)

    def close_it() -> None:
        looked.wait(5)
        try:
            with transaction.atomic():
                close(contract)
        finally:
            connection.close()

    closer = threading.Thread(target=close_it)
    closer.start()
    monkeypatch.setattr(excuses, "record_many", slowly)
    excused(contract.queues.get(), OCTOBER)
    closer.join()

    assert closed == [False]
