"""What alerts owe to figures: noted with the figures, paid after their commit, by the drain or else by the sweep.

Alerts hold up no figure, and no failure there costs one. A look that failed, or that a killed process owes, is tried
again by the sweep; after :data:`MAX_ATTEMPTS` its mark is set aside for a person to look at, and paid with the next
figures of its contract.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet

from bpo.models import AlertMark
from bpo.services.alerts.evaluating import evaluate
from bpo.services.alerts.usual import look_at_the_usual
from kpis.queries.figures import Figures
from kpis.queries.series import World
from kpis.services.locks import commit_lazily, lock_keys
from vendors import bulk
from vendors.querysets import one_of
from vendors.waiting import is_passing

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
BATCH = 50
"""So many contracts are looked at, and locked, at once by the sweep."""
Months = Mapping[int | None, Sequence[date]]
"""By contract (null for the programme) the first days of the months that were computed."""


def owe(months: Months, *, world: World, figures: Figures, now: datetime) -> Callable[[], None]:
    """Note, in the transaction of the figures, that their alerts are to follow; return what has them follow.

    ``world`` and ``figures`` are what the drain has read, so that the look reads none of it again.
    """
    marks = [
        AlertMark(contract_id=contract, months=[day.isoformat() for day in months.get(contract, ())])
        for contract in world.contracts
    ]
    bulk.create(AlertMark, marks)
    newest = {mark.contract_id: mark.pk for mark in marks}
    return lambda: _pay_now(newest, world, figures, now)


def pay_owed(*, now: datetime) -> int:
    """Have the alerts follow whose look failed, or whose drain was killed; return the number of contracts looked at."""
    waiting = AlertMark.objects.filter(attempts__lt=MAX_ATTEMPTS).order_by("contract_id")
    contracts = list(waiting.values_list("contract_id", flat=True).distinct())
    for first in range(0, len(contracts), BATCH):
        batch = contracts[first : first + BATCH]
        # Counted before the work, and committed by itself: even a look that kills the process is not tried for ever.
        _marks_of(batch).update(attempts=F("attempts") + 1)
        _pay(batch, now)
    return len(contracts)


def _pay_now(newest: Mapping[int | None, int], world: World, figures: Figures, now: datetime) -> None:
    """Pay what was just noted, from what was read for it; leave alone what others have paid or computed anew."""
    _trying(list(newest), lambda: _look_with(newest, world, figures, now), now)


def _pay(contracts: Sequence[int | None], now: datetime) -> None:
    _trying(contracts, lambda: _look_anew(contracts, now), now)


def _trying(contracts: Sequence[int | None], look: Callable[[], None], now: datetime, tries: int = 4) -> None:
    """Look; again where it was broken off for another's sake, and one by one where one of many cannot be looked at."""
    try:
        look()
    except Exception as error:
        if tries > 1 and is_passing(error):
            time.sleep(random.uniform(0.02, 0.2))
            _trying(contracts, look, now, tries - 1)
        elif len(contracts) > 1:
            for contract in contracts:
                _pay([contract], now)
        else:
            log.exception("alerts_failed", contract=contracts[0])
            _marks_of(contracts).update(error=f"{type(error).__name__}: {error}"[:2000])


@transaction.atomic
def _look_with(newest: Mapping[int | None, int], world: World, figures: Figures, now: datetime) -> None:
    commit_lazily()
    lock_keys(newest)
    marks = list(_marks_of(newest).order_by("id"))
    there = {mark.contract_id: mark.pk for mark in marks}
    if there == newest:
        _follow(marks, world, figures, now)
        return
    # Somebody was quicker with some of them: what was read of these is out of date.
    ours = [contract for contract, pk in newest.items() if there.get(contract) == pk]
    if ours:
        _look_anew(ours, now)


@transaction.atomic
def _look_anew(contracts: Sequence[int | None], now: datetime) -> None:
    commit_lazily()
    lock_keys(contracts)
    marks = list(_marks_of(contracts).order_by("id"))
    if marks:
        found = {mark.contract_id for mark in marks}
        _follow(marks, World([key for key in contracts if key in found], now=now), Figures([]), now)


def _follow(marks: Sequence[AlertMark], world: World, figures: Figures, now: datetime) -> None:
    """Have the alerts of the contracts of ``marks``, which are locked and those of ``world``, follow; then forget."""
    months: dict[int, list[date]] = {}
    for mark in marks:
        if mark.contract_id is not None:
            months.setdefault(mark.contract_id, []).extend(map(date.fromisoformat, mark.months))
    evaluate(world=world, figures=figures, now=now)
    if months:
        look_at_the_usual(months, world=world, figures=figures, now=now)
    AlertMark.objects.filter(pk__in=one_of([mark.pk for mark in marks])).delete()


def _marks_of(contracts: Collection[int | None]) -> QuerySet[AlertMark]:
    named = Q(contract_id__in=one_of([key for key in contracts if key is not None]))
    return AlertMark.objects.filter(named | Q(contract__isnull=True) if None in contracts else named)
