"""Refused feeds: their answer, and their log: which queue-days were named, by whom, what was wrong; never figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import ngettext

from kpis.models import RefusedDay, RefusedFeed
from kpis.services.feed.body import Body
from kpis.services.feed.facts import Problems, QueueFacts
from kpis.services.feed.periods import only_closed
from vendors.errors import Conflict, RowError, Unprocessable

MOST_DAYS = 1_000
"""Queue-days noted of one refused feed."""
MOST_A_DAY = 200
"""Refused feeds noted of one sender in 24 hours; the same body counts once."""


def refusal_of(body: Body) -> Conflict | Unprocessable:
    """Return the answer to a body that is refused: Conflict where closed months are all that is wrong with it."""
    bad = len(body.problems.rows)
    text = ngettext(
        "%(bad)s of %(all)s rows is wrong (errors: %(count)s); nothing was stored.",
        "%(bad)s of %(all)s rows are wrong (errors: %(count)s); nothing was stored.",
        bad,
    )
    filling = {"bad": bad, "all": body.all_rows, "count": body.problems.count}
    if only_closed(body.problems.codes):
        return Conflict("period_closed", body.problems.listed[0].detail, in_order(body.problems))
    return Unprocessable("invalid_rows", text % filling, in_order(body.problems))


def in_order(problems: Problems) -> list[RowError]:
    """Return what is listed in the order of the rows."""
    return sorted(problems.listed, key=lambda problem: problem.row or 0)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A body of which rows were refused: those with problems (the others were stored), or all of them."""

    body: Body
    only_bad_rows: bool


@contextmanager
def noted_afterwards() -> Iterator[list[Refusal]]:
    """Give a list for refusals, and note them at the end: open it outside a transaction that may be given up.

    Noted inside, they would be given up with it.
    """
    refusals: list[Refusal] = []
    try:
        yield refusals
    finally:
        for refusal in refusals:
            _note(refusal.body, only_bad_rows=refusal.only_bad_rows)


@transaction.atomic
def _note(body: Body, *, only_bad_rows: bool) -> None:
    """Note a refused body, but not the same one, nor more than :data:`MOST_A_DAY` of a sender, on one day."""
    refused = [
        row
        for index, row in enumerate(body.rows)
        if not only_bad_rows or (body.numbers[index] if body.numbers else index) in body.problems.rows
    ]
    named = _named(refused, body.context.queues)
    sender, since = body.actor.label, body.now - timedelta(days=1)
    recent = RefusedFeed.objects.filter(submitted_by=sender, refused_at__gt=since)
    hashes = list(recent.values_list("body_hash", flat=True)[: MOST_A_DAY + 1])
    if not named or body.body_hash in hashes or len(hashes) >= MOST_A_DAY:
        return
    vendors = {queue.vendor_id for queue, _day in named}
    feed = RefusedFeed.objects.create(
        vendor_id=vendors.pop() if len(vendors) == 1 else None,
        refused_at=body.now,
        submitted_by=sender,
        way=body.way,
        body_hash=body.body_hash,
        row_count=len(body.problems.rows) if only_bad_rows else len(body.rows),
        codes=dict(Counter(error.code for error in body.problems.listed)),
    )
    RefusedDay.objects.bulk_create([RefusedDay(feed=feed, queue_id=queue.id, date=day) for queue, day in named])


def _named(rows: Iterable[object], queues: Mapping[str, QueueFacts]) -> Collection[tuple[QueueFacts, date]]:
    """Return the queue-days the rows name, as far as the sender may submit for the queue and its day has come."""
    found: dict[tuple[int, date], tuple[QueueFacts, date]] = {}
    for row in rows:
        code, given = (row.get("queue"), row.get("date")) if isinstance(row, Mapping) else (None, None)
        queue = queues.get(code) if isinstance(code, str) else None
        day = _day(given)
        if queue is not None and day is not None and day <= queue.today:
            found[queue.id, day] = (queue, day)
            if len(found) >= MOST_DAYS:
                break
    return [found[key] for key in sorted(found)]


def _day(given: object) -> date | None:
    if isinstance(given, str):
        with suppress(ValueError):
            return date.fromisoformat(given) if len(given) == 10 else None
    return given if type(given) is date else None
