"""Background work of the bpo app: a task is one more entrance to a service."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from bpo.services import delivery, reports
from bpo.services import sweep as sweeping
from vendors import clock


@shared_task(name="bpo.tasks.sweep")
def sweep(**_: Any) -> dict[str, Any]:
    """Begin new days and drain what is marked: what a lost message could delay, by 30 seconds at most."""
    now = clock.now()
    sweeping.record_heartbeat(now=now)
    return sweeping.sweep(now=now)


@shared_task(name="bpo.tasks.deliver")
def deliver(**_: Any) -> dict[str, int]:
    """Tell people of alerts; beside the sweep, so that a slow mail server holds up no figures."""
    return delivery.deliver(now=clock.now())


@shared_task(name="bpo.tasks.send_reports")
def send_reports(**_: Any) -> dict[str, int]:
    """Write the reports that are due into the outbox; :func:`deliver` sends them."""
    return reports.make_due(now=clock.now())
