"""Two drains at once: the lock per contract keeps a stale figure from winning."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection

from kpis.models import Attainment, DailyMetric, RecalculationMark
from kpis.queries.series import World
from kpis.services import recalculation
from kpis.services.marks import mark
from tests.make import make_contract, make_figures, make_kpi, make_queue, make_target

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MARCH = date(2026, 3, 1)
PATIENCE = 10


def in_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def interleave(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a slow drain read, change the figures, let a second drain run, and only then let the slow one write."""
    contract = make_contract()
    queue = make_queue(contract)
    make_target(contract, make_kpi(), 90)
    make_figures(queue, MARCH, offered=100, answered=10)
    mark(contract_ids=[contract.pk], first_on=MARCH, last_on=MARCH)
    has_read, may_write = threading.Event(), threading.Event()
    load_figures = World.load_figures

    def slow(world: World, wanted: Any) -> Any:
        figures = load_figures(world, wanted)
        if not has_read.is_set():
            has_read.set()
            may_write.wait(PATIENCE)
        return figures

    monkeypatch.setattr(World, "load_figures", slow)
    first = in_thread(lambda: recalculation.drain(now=NOW))
    assert has_read.wait(PATIENCE)
    DailyMetric.objects.update(measures={"offered": 100, "answered": 15})
    mark(contract_ids=[contract.pk], first_on=MARCH, last_on=MARCH)
    second = in_thread(lambda: recalculation.drain(now=NOW))
    second.join(1)  # without the lock it is done by now; with it, it waits for the first
    may_write.set()
    first.join(PATIENCE)
    second.join(PATIENCE)


def test_the_later_figures_win_under_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    interleave(monkeypatch)

    assert Attainment.objects.get(start=MARCH).value == 15
    assert not RecalculationMark.objects.exists()


def test_without_the_lock_the_stale_figure_wins_and_no_mark_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalculation, "lock_keys", lambda keys, wait=True: sorted(keys))

    interleave(monkeypatch)

    assert Attainment.objects.get(start=MARCH).value == 10, "this interleaving no longer shows why the lock is there"
    assert not RecalculationMark.objects.exists()


def test_two_drains_share_the_contracts(monkeypatch: pytest.MonkeyPatch) -> None:
    contracts = [make_contract() for _ in range(4)]
    for each in contracts:
        make_target(each, make_kpi(), 90)
        make_figures(make_queue(each), MARCH, offered=100, answered=95)
    mark(contract_ids=[each.pk for each in contracts], first_on=MARCH, last_on=MARCH)
    monkeypatch.setitem(recalculation.BATCH, "postgresql", (2, 50_000))
    assert recalculation.is_worth_sharing()
    both_work = threading.Barrier(2, timeout=PATIENCE)
    load_figures, shares = World.load_figures, []

    def together(world: World, wanted: Any) -> Any:
        shares.append(set(world.contracts))
        both_work.wait()  # neither goes on before the other has contracts of its own in hand
        return load_figures(world, wanted)

    monkeypatch.setattr(World, "load_figures", together)
    threads = [in_thread(lambda: recalculation.drain(now=NOW)) for _ in range(2)]
    for thread in threads:
        thread.join(PATIENCE)

    assert (len(shares), shares[0] | shares[1]) == (2, {each.pk for each in contracts})
    assert Attainment.objects.filter(start=MARCH, status="met").count() == 4
    assert not RecalculationMark.objects.exists()
    assert not recalculation.is_worth_sharing()
