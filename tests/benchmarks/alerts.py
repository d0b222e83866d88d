"""``alerts_vs_recompute``: what it costs to look at the alerts of figures that were just computed."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from statistics import median
from time import perf_counter

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bpo.models import Alert
from bpo.services import alerts
from kpis.models import Attainment
from kpis.services.computation import Done, Spans, recompute
from tests.benchmarks.results import Result, ms
from tests.benchmarks.world import MARCH, fill, make_world
from vendors.models import Contract

NOW = datetime(2026, 3, 24, 3, 0, tzinfo=UTC)
YESTERDAY = date(2026, 3, 23)


def alerts_vs_recompute(full: bool) -> Iterator[Result]:
    """Look at the alerts of an open month after it was recomputed: raised, then followed while nothing changes.

    Both as in a drain, which keeps the garbage collector off.
    Nearly every target of this world is missed and has an alert: the dearest case there is.
    """
    contracts = 100 if full else 30
    make_world(contracts=contracts, queues_each=10, targets_each=12)
    fill(date(2026, 1, 1), YESTERDAY)
    spans: Spans = {pk: [(MARCH, YESTERDAY)] for pk in Contract.objects.values_list("id", flat=True)}

    gc.disable()
    computing = _median(lambda: _compute(spans), before=lambda: Attainment.objects.all().delete())
    Attainment.objects.all().delete()
    with transaction.atomic():
        done = _compute(spans)
    raising = _median(lambda: _evaluate(done), before=_forget)
    following = _median(lambda: _evaluate(done))
    gc.enable()
    count = Alert.objects.count()
    assert count > 10 * contracts, count
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        _evaluate(done)
    detail = {
        "recompute": ms(computing), "raise": ms(raising), "follow": ms(following), "alerts": count,
        "statements": len(captured),
    }  # fmt: skip
    yield Result("alerts_vs_recompute", max(raising, following) / computing, 1.0, "lower", detail=detail)
    yield _usual(done, computing)


def _usual(done: Done, computing: float) -> Result:
    """Hold the same figures against what is usual, as a drain does with what it has read; its level is kept."""
    months = {contract: starts for contract, starts in done.months.items() if contract is not None}
    gc.disable()
    looking = _median(lambda: alerts.look_at_the_usual(months, world=done.world, figures=done.figures, now=NOW))
    gc.enable()
    detail = {"recompute": ms(computing), "look": ms(looking)}
    return Result("usual_vs_recompute", looking / computing, 1.0, "lower", detail=detail)


def _median(call: Callable[[], object], before: Callable[[], object] = lambda: None, runs: int = 7) -> float:
    """Return the median time of a call inside a transaction; a drain commits both together, once."""
    taken = []
    for _ in range(runs + 1):
        before()
        with transaction.atomic():
            started = perf_counter()
            call()
            taken.append(perf_counter() - started)
    return median(taken[1:])


def _forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bpo_alert, bpo_alertevent CASCADE")


def _compute(spans: Spans) -> Done:
    return recompute(spans, now=NOW)


def _evaluate(done: Done) -> None:
    alerts.evaluate(world=done.world, figures=done.figures, now=NOW)
