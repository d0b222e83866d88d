"""Every task of the product may be delivered again, late, and several times at once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection

from bpo.queries.readiness import HEARTBEAT
from config.celery import app
from kpis.services.marks import mark
from tests.bpo.delivery.world import make_alert
from tests.bpo.reports.world import make_subscription
from tests.make import (
    make_contract,
    make_figures,
    make_import_job,
    make_kpi,
    make_measure,
    make_queue,
    make_target,
    make_user,
)
from vendors import clock
from vendors.choices import Role

pytestmark = pytest.mark.django_db(transaction=True)

PARALLEL = 4
app.loader.import_default_modules()  # as a worker does when it starts


def marked_contracts() -> None:
    """Two contracts with figures that wait to be computed."""
    kpi = make_kpi()
    for _ in range(2):
        contract = make_contract()
        make_target(contract, kpi, 90, weight=100)
        make_figures(make_queue(contract), date(2026, 3, 2), offered=100, answered=81)
        mark(contract_ids=[contract.pk], first_on=date(2026, 3, 1), last_on=date(2026, 3, 31))


def waiting_file() -> None:
    """A file that waits to be taken in, of somebody who may submit."""
    contract = make_contract()
    queue = make_queue(contract, "waiting")
    make_target(contract, make_kpi(), 90, weight=100)
    make_measure("offered")
    content = b"queue,date,offered\nwaiting,2026-03-02,5\n"
    user = make_user("sender", Role.VENDOR_ADMIN, queue.centre.vendor)
    make_import_job(content, user=user, content_hash=hashlib.sha256(content).hexdigest())


def untold_alert() -> None:
    """An alert that a manager was not told of yet."""
    make_user("manager", Role.MANAGER)
    make_alert(make_contract().vendor, at=clock.now())


def due_report() -> None:
    """A weekly report to a manager that was due a while ago."""
    since = clock.now() - timedelta(days=30)
    make_subscription(users=[make_user("reader", Role.MANAGER)], period="week", business_day=1, since=since)


WORK: dict[str, Callable[[], None]] = {
    "bpo.tasks.deliver": untold_alert,
    "bpo.tasks.send_reports": due_report,
    "bpo.tasks.sweep": marked_contracts,
    "kpis.tasks.drain_marks": marked_contracts,
    "kpis.tasks.run_imports": waiting_file,
}
"""For each registered task, what gives it something to do."""


def digest() -> dict[str, str]:
    """Return a hash of the rows of every table, without when the scheduler was last heard."""
    tables = {}
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        rows = model._default_manager.order_by("pk")
        if model._meta.label == "bpo.JobRun":
            rows = rows.exclude(name=HEARTBEAT)
        text = serializers.serialize("json", rows)
        tables[model._meta.label] = hashlib.sha256(text.encode()).hexdigest()
    return tables


def in_parallel(work: Callable[[], Any]) -> list[BaseException]:
    """Run ``work`` several times at once; return what was raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(PARALLEL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised


def test_every_registered_task_is_checked() -> None:
    app.loader.import_default_modules()

    assert {name for name in app.tasks if not name.startswith("celery.")} == set(WORK)


@pytest.mark.parametrize("name", WORK)
def test_a_task_that_ran_once_changes_nothing_any_more(name: str) -> None:
    WORK[name]()
    task = app.tasks[name]
    before = digest()

    task.apply(throw=True)
    once = digest()
    for _ in range(2):
        task.apply(throw=True)

    assert once != before, "the task had nothing to do"
    assert digest() == once


@pytest.mark.postgres
@pytest.mark.parametrize("name", WORK)
def test_a_task_delivered_several_times_at_once_does_the_work_of_one(name: str) -> None:
    WORK[name]()
    task = app.tasks[name]
    before = digest()

    assert in_parallel(lambda: task.apply(throw=True)) == []
    once = digest()
    assert in_parallel(lambda: task.apply(throw=True)) == []

    assert digest() == once
    assert once != before, "the task had nothing to do"
    assert once["kpis.RecalculationMark"] == hashlib.sha256(b"[]").hexdigest()
