"""Worker processes for the benchmarks: started and warm before the clock runs, as those of a service are."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from django.db import connections


class Workers:
    """Processes that drain when they are told to, all at once, each on a connection of its own."""

    def __init__(self, ends: list[Connection]) -> None:
        self._ends = ends

    def drain(self, *, now: datetime, with_alerts: bool) -> None:
        """Have every worker drain until nothing is left, and wait for all of them."""
        for end in self._ends:
            end.send((now, with_alerts))
        for end in self._ends:
            failed = end.recv()
            assert not failed, failed


@contextmanager
def running(count: int) -> Iterator[Workers]:
    """Yield ``count`` workers on the database of this process."""
    connections.close_all()
    context = multiprocessing.get_context("spawn")
    pairs = [context.Pipe() for _ in range(count)]
    processes = [context.Process(target=_work, args=(theirs,), daemon=True) for _ours, theirs in pairs]
    for process in processes:
        process.start()
    try:
        yield Workers([ours for ours, _theirs in pairs])
    finally:
        for ours, _theirs in pairs:
            ours.send(None)
        for process in processes:
            process.join(10)


@contextmanager
def figures_alone(alone: bool = True) -> Iterator[None]:
    """Have drains store figures and cards, and leave the alerts that follow (``alerts_vs_recompute``) to others."""
    from bpo.receivers import owe_alerts
    from kpis.signals import attainments_computed

    if alone:
        attainments_computed.disconnect(dispatch_uid="bpo.owe_alerts")
    try:
        yield
    finally:
        attainments_computed.connect(owe_alerts, dispatch_uid="bpo.owe_alerts")


def _work(end: Connection) -> None:
    import django

    django.setup()
    from kpis.services.recalculation import drain

    job: Any
    while job := end.recv():
        now, with_alerts = job
        with figures_alone(not with_alerts):
            report = drain(now=now)
        end.send(report.failed)
