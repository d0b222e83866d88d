"""Two schedulers at once: what both find is raised once, and told once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.db import connection

from bpo.models import Alert, AlertEvent, Delivery, JobRun, SentReport
from bpo.services.delivery import deliver
from bpo.services.reports import make_due
from bpo.services.sweep import sweep
from kpis.services.marks import mark
from tests.bpo.alerts_world import report
from tests.bpo.reports.world import BD7, make_subscription
from tests.bpo.test_usual import CAME, make_watched
from tests.make import make_user
from vendors.choices import Role

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 4, 20, 3, 0, tzinfo=UTC)
PATIENCE = 60


def at_once(work: Callable[[], object], count: int = 2) -> None:
    """Do the work in so many threads that start together; raise what went wrong in one of them."""
    start, wrong = threading.Barrier(count), []

    def run() -> None:
        try:
            start.wait(PATIENCE)
            work()
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    if wrong:
        raise wrong[0]


def test_two_schedulers_raise_and_tell_nothing_twice() -> None:
    for number in range(4):
        contract, queue = make_watched(code=f"contract-{number}")
        report(queue, date(2026, 4, 1), date(2026, 4, 18), 780, stray=20)
        report(queue, date(2026, 4, 19), date(2026, 4, 19), 600)
        mark(contract_ids=[contract.pk], first_on=date(2026, 3, 1), last_on=CAME)

    make_user("mina", Role.MANAGER)

    def tick() -> None:
        for _ in range(3):
            sweep(now=NOW)
            deliver(now=NOW)

    at_once(tick)

    live = Counter(Alert.objects.filter(is_live=True).values_list("kind", "subject"))
    assert sum(kind == "worse_than_usual" for kind, _subject in live) == 4
    assert set(live.values()) == {1}
    assert Alert.objects.count() == len(live)
    opened = Counter(AlertEvent.objects.filter(action="open").values_list("alert", flat=True))
    assert set(opened.values()) == {1}
    assert len(opened) == len(live)
    slots = Counter(JobRun.objects.values_list("name", "slot"))
    assert set(slots.values()) == {1}
    told = Counter(Delivery.objects.exclude(status="dropped").values_list("kind", "user", "events"))
    assert set(told.values()) == {1}


def test_two_schedulers_make_a_report_once_and_send_it_once() -> None:
    people = [make_user(name, Role.EXECUTIVE) for name in ("mina", "sora", "jisu")]
    make_subscription(users=people)

    def tick() -> None:
        for _ in range(3):
            make_due(now=BD7)
            deliver(now=BD7)

    at_once(tick)

    assert sorted(SentReport.objects.values_list("address", flat=True)) == sorted(user.email for user in people)
    assert Counter(message.to[0] for message in mail.outbox) == {user.email: 1 for user in people}
    assert set(Delivery.objects.values_list("status", "tries")) == {("sent", 1)}
    assert JobRun.objects.filter(name="report").count() == 1
