"""``recompute_vs_sql``, ``drain_growth``, ``values_growth``, ``peer_close``: what a change and a read cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bpo.models import FrozenScorecard, Scorecard
from kpis.choices import SubmissionWay
from kpis.models import Attainment
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from kpis.services.submissions import submit
from tests.benchmarks import workers
from tests.benchmarks.results import Result, Way, median_seconds, medians_in_turn, ms
from tests.benchmarks.world import (
    FIRST,
    LAST_OF_MARCH,
    MARCH,
    empty,
    fill,
    make_world,
    sum_bare_rows,
    unfold_to_bare_rows,
)
from tests.cast import client_for
from tests.make import make_key
from vendors.actors import SYSTEM
from vendors.models import Contract

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
APRIL = date(2026, 4, 1)


def recompute_vs_sql(full: bool) -> Iterator[Result]:
    """Recompute and write a month of many contracts, against one bare sum of the same values.

    Each in one process; with the alerts that follow stands beside it.
    """
    contracts = 100 if full else 30
    make_world(contracts=contracts, queues_each=10, targets_each=12)
    fill(date(2025, 4, 1), LAST_OF_MARCH)
    unfold_to_bare_rows()
    ids = list(Contract.objects.values_list("id", flat=True))

    def forget() -> None:
        Attainment.objects.all().delete()
        mark(contract_ids=ids, first_on=MARCH, last_on=LAST_OF_MARCH)

    def figures_alone(_nothing: None) -> None:
        with workers.figures_alone():
            drain(now=NOW)

    bare, ours, with_alerts = medians_in_turn(
        Way(lambda _nothing: sum_bare_rows(MARCH, APRIL), lambda: None),
        Way(figures_alone, forget),
        Way(lambda _nothing: drain(now=NOW), forget),
        runs=7,
    )
    assert Attainment.objects.count() == 12 * contracts
    detail = {
        "recompute": ms(ours), "sql": ms(bare), "attainments": 12 * contracts,
        "with alerts": round(with_alerts / bare, 1),
    }  # fmt: skip
    yield Result("recompute_vs_sql", ours / bare, 1.5, "lower", detail=detail)


def drain_growth(full: bool) -> Iterator[Result]:
    """One restated queue-day to its stored attainment, with 36 months of history against one."""
    make_world(contracts=10, queues_each=10 if full else 5, targets_each=12)
    fill(MARCH, LAST_OF_MARCH)
    _restate(0)
    short = _time_restatement()
    fill(date(2023, 4, 1), LAST_OF_MARCH)
    long = _time_restatement()
    yield Result("drain_growth", long / short, 1.2, "lower", detail={"36 months": ms(long), "1 month": ms(short)})


def _time_restatement() -> float:
    figures = iter(range(10_000, 20_000))

    def once() -> None:
        _restate(next(figures))
        drain(now=NOW)

    return median_seconds(once, runs=15, warm_up=3)


def _restate(figure: int) -> None:
    rows = [{"queue": "qcv0-0", "date": "2026-03-10", "measures": {"m01": 20_000, "m02": figure}}]
    submit(actor=SYSTEM, rows=rows, note="", way=SubmissionWay.API, now=NOW)


def values_growth(full: bool) -> Iterator[Result]:
    """``GET kpi-values`` of one contract-month, with many queues in the table against ten."""
    make_world(contracts=1, queues_each=10, targets_each=12)
    fill(date(2025, 4, 1), LAST_OF_MARCH)
    few = _time_values()
    empty()
    make_world(contracts=100 if full else 20, queues_each=10, targets_each=12)
    fill(date(2025, 4, 1), LAST_OF_MARCH)
    many = _time_values()
    yield Result("values_growth", many / few, 1.3, "lower", detail={"many queues": ms(many), "10 queues": ms(few)})


def _time_values() -> float:
    client = client_for(make_key("manager"))
    query = {"kpi": "k01", "contract": "cv0", "from": "2026-03-01", "to": "2026-04-01"}

    def get() -> None:
        answer = client.get("/api/v1/kpi-values/", query)
        assert answer.json()["results"][0]["value"], answer.content

    return median_seconds(get, runs=25, warm_up=3)


def peer_close(full: bool) -> Iterator[Result]:
    """Close one new month: attainments and draft scorecards of every vendor, against the bare sum of the month.

    By the two worker processes of ``compose.yaml``; by one, and with the alerts that follow, stands beside it. The bar
    is for the largest; the ratios of the smaller ones, where fixed costs rule, stand beside it too.
    """
    beside = {}
    for vendors, months in [(10, 12), (10, 36), (200, 12), (200, 36)] if full else [(10, 12), (50, 12)]:
        empty()
        make_world(contracts=vendors, queues_each=1, targets_each=5, weight=20)
        fill(FIRST.replace(month=4) if months == 36 else date(2025, 4, 1), LAST_OF_MARCH)
        unfold_to_bare_rows()
        ratio, detail = _close(vendors)
        beside[f"{vendors}x{months}"] = round(ratio, 1)
    yield Result("peer_close", ratio, 5.0, "lower", detail={**detail, "vendors x months": beside})
    statements = {"statements": detail["statements"], "vendors": vendors}
    yield Result("peer_close_statements", detail["statements"] / vendors, 2.0, "lower", "count", statements)


def _close(vendors: int) -> tuple[float, dict[str, Any]]:
    forget = _forgetting()
    bare = median_seconds(lambda: sum_bare_rows(MARCH, APRIL))
    two, two_with_alerts = _drained_by(2, forget)
    one, _one_with_alerts = _drained_by(1, forget)
    forget()
    with CaptureQueriesContext(connection) as captured:
        drain(now=NOW)
    assert Scorecard.objects.count() == vendors
    return two / bare, {
        "close": ms(two), "sql": ms(bare), "by one worker": round(one / bare, 1),
        "with alerts": round(two_with_alerts / bare, 1), "statements": len(captured),
    }  # fmt: skip


def workers_scaling(full: bool) -> Iterator[Result]:
    """Recompute a month of many contracts, cards and alerts too, with two worker processes against one."""
    make_world(contracts=400 if full else 200, queues_each=2, targets_each=5, weight=20)
    fill(date(2026, 1, 1), LAST_OF_MARCH)
    forget = _forgetting()
    _bare, one = _drained_by(1, forget)
    _bare, two = _drained_by(2, forget)
    yield Result("workers_scaling", one / two, 1.6, "higher", detail={"one": ms(one), "two": ms(two)})


def _forgetting() -> Callable[[], None]:
    """Return what forgets everything that was computed, and marks the month of every contract."""
    ids = list(Contract.objects.values_list("id", flat=True))

    def forget() -> None:
        FrozenScorecard.objects.all().delete()
        Scorecard.objects.all().delete()
        Attainment.objects.all().delete()
        mark(contract_ids=ids, first_on=MARCH, last_on=LAST_OF_MARCH)

    return forget


def _drained_by(count: int, forget: Callable[[], None]) -> tuple[float, float]:
    """Return how long so many workers take to store figures and cards, and with the alerts that follow."""
    with workers.running(count) as staff:
        cards = median_seconds(lambda: staff.drain(now=NOW, with_alerts=False), before=forget)
        return cards, median_seconds(lambda: staff.drain(now=NOW, with_alerts=True), before=forget)
