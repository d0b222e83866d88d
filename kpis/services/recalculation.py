"""The drain: turns recalculation marks into stored attainments.

Every entrance calls the same function: a Celery task, the sweep, ``manage.py drain``, and the web process where
no broker is configured. Marks of one contract are worked on under that contract's lock, taken before anything is
read; what was computed is written only where the inputs changed; the marks used are deleted in the same
transaction. A crash at any point leaves the marks, and the next drain starts over.
"""

from __future__ import annotations

import gc
import random
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Count, F, Max, Min, QuerySet

from kpis.models import RecalculationMark
from kpis.services.computation import Spans, recompute
from kpis.services.locks import commit_lazily, held_by_others, lock_keys
from kpis.signals import attainments_computed
from vendors.models import ContractQueue
from vendors.querysets import one_of
from vendors.waiting import is_passing

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
BATCH = {"postgresql": (100, 50_000), "sqlite": (5, 50_000)}
"""How many contracts are worked on together at most, and how many queue-days: a batch is held in memory, and its
contracts are locked. A larger one saves little, and leaves nothing for a second worker. SQLite has one writer: a long
batch there would hold up every submission."""
BREATH = {"postgresql": 0.0, "sqlite": 0.12}
"""Seconds between two batches: who waits for SQLite's write lock asks every 0.1 s, and would wait for the whole drain
where the next batch takes it at once."""


@dataclass(slots=True)
class DrainReport:
    """What a drain did: contracts worked on, attainments written or found unchanged, contracts that failed."""

    contracts: int = 0
    written: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def drain(*, now: datetime) -> DrainReport:
    """Compute everything that is marked and return what was done.

    Several at once share the work: each takes contracts that nobody is working on. Those of somebody else are waited
    for, last of all. One whose computation raises, or kills the process, keeps its marks; after :data:`MAX_ATTEMPTS`
    they are set aside for a person to look at.
    """
    report = DrainReport()
    tried: set[int | None] = set()
    while True:
        chosen = _next_batch(excluding=tried | held_by_others(), today=now.date())
        if not chosen:
            of_others = _next_batch(excluding=tried, today=now.date())
            if not of_others:
                return report
            _wait_for(of_others)
            continue
        if report.contracts:
            time.sleep(BREATH[connection.vendor])
        batch = _begin(chosen)
        if not batch:
            # Others were quicker.
            continue
        with _without_collections():
            _drain_batch(batch, now, report)
        # A contract that is marked again while we work is taken up once more; one that failed is not.
        tried.update(_still_tried(batch))


def is_worth_sharing() -> bool:
    """Say whether more contracts are marked, and not begun, than one batch holds."""
    waiting = RecalculationMark.objects.filter(attempts=0).order_by().values("contract_id").distinct()
    most_contracts, _most_days = BATCH[connection.vendor]
    return waiting.count() > most_contracts


@contextmanager
def _without_collections() -> Iterator[None]:
    """Keep the garbage collector from walking the batch's figures over and over: measured, a third of the time.

    They hold no cycles, and a batch is bounded.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _next_batch(*, excluding: set[int | None], today: date) -> list[int | None]:
    """Return contracts to work on together: new ones in batches, one that was tried before by itself."""
    marked = RecalculationMark.objects.filter(attempts__lt=MAX_ATTEMPTS).order_by()
    about = marked.values_list("contract_id").annotate(Max("attempts"), Min("first_on"), Max("last_on"))
    rows = sorted((row for row in about if row[0] not in excluding), key=lambda row: (row[1] > 0, row[0] or 0))
    fresh = {key: (first, min(last, today)) for key, attempts, first, last in rows if attempts == 0}
    return _that_fit(fresh) or [row[0] for row in rows[:1]]


def _that_fit(fresh: Mapping[int | None, tuple[date, date]]) -> list[int | None]:
    """Return the first contracts whose queue-days are no more than a batch may hold, and one at least."""
    most_contracts, most_days = BATCH[connection.vendor]
    links = ContractQueue.objects.filter(contract__in=one_of([key for key in fresh if key is not None])).order_by()
    sizes = {
        key: (queues, begins)
        for key, queues, begins in links.values_list("contract_id").annotate(Count("queue_id"), Min("valid_from"))
    }
    batch: list[int | None] = []
    held = 0
    for key, (first, last) in fresh.items():
        queues, begins = sizes.get(key, (0, first)) if key is not None else (most_days, first)
        held += queues * max((last - max(first, begins)).days + 1, 1)
        if batch and (held > most_days or len(batch) == most_contracts):
            break
        batch.append(key)
    return batch


@transaction.atomic
def _begin(batch: list[int | None]) -> list[int | None]:
    """Count the attempt before the work, committed by itself, so that even a killed process leaves it behind.

    Return the contracts that it is ours to work on: neither locked nor begun by somebody else since they were chosen.
    Waiting for somebody else's attempt is none: a few drains in a queue would use up all of them with one crash.
    """
    commit_lazily()
    marks = _marks_of(lock_keys(batch, wait=False))
    begun = marks.filter(attempts__lt=MAX_ATTEMPTS) if len(batch) == 1 else marks.filter(attempts=0)
    ids = dict(begun.order_by().values_list("id", "contract_id"))
    RecalculationMark.objects.filter(id__in=one_of(ids)).update(attempts=F("attempts") + 1)
    ours = set(ids.values())
    return [key for key in batch if key in ours]


@transaction.atomic
def _wait_for(batch: list[int | None]) -> None:
    """Wait until whoever has these contracts is done with the first of them."""
    lock_keys(batch[:1])


def _still_tried(batch: list[int | None]) -> set[int | None]:
    return set(_marks_of(batch).filter(attempts__gt=0).order_by().values_list("contract_id", flat=True))


def _drain_batch(batch: list[int | None], now: datetime, report: DrainReport, tries: int = 4) -> None:
    try:
        afterwards = _drain_locked(batch, now, report)
    except Exception as error:
        if tries > 1 and is_passing(error):
            time.sleep(random.uniform(0.02, 0.2))
            _drain_batch(batch, now, report, tries - 1)
            return
        if len(batch) > 1:
            # One bad contract must not hold up the others: try each by itself.
            for contract in batch:
                _drain_batch([contract], now, report)
            return
        report.failed += 1
        log.exception("recalculation_failed", contract=batch[0])
        _marks_of(batch).filter(attempts__gt=0).update(error=f"{type(error).__name__}: {error}"[:2000])
        return
    for act in afterwards:
        act()


def _marks_of(contracts: Collection[int | None]) -> QuerySet[RecalculationMark]:
    named = RecalculationMark.objects.filter(contract_id__in=one_of([key for key in contracts if key is not None]))
    return named | RecalculationMark.objects.filter(contract__isnull=True) if None in contracts else named


@transaction.atomic
def _drain_locked(batch: list[int | None], now: datetime, report: DrainReport) -> list[Callable[[], None]]:
    """Compute and store a batch; return what the receivers of the signal have to do after the commit."""
    commit_lazily()
    contracts = lock_keys(batch)
    marks = list(_marks_of(contracts).filter(attempts__lte=MAX_ATTEMPTS).order_by("id"))
    spans: Spans = defaultdict(list)
    for row in marks:
        spans[row.contract_id].append((row.first_on, row.last_on))
    if not spans:
        return []
    done = recompute(spans, now=now)
    RecalculationMark.objects.filter(id__in=one_of([row.pk for row in marks])).delete()
    answers: list[tuple[Any, Any]] = attainments_computed.send(
        sender=None, months=done.months, world=done.world, figures=done.figures, now=now
    )
    # Last of all: what is tried again as a whole counts once.
    report.contracts += len(spans)
    report.written += done.written
    report.unchanged += done.unchanged
    report.removed += done.removed
    return [act for _receiver, act in answers if act is not None]
