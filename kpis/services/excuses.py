"""Taking queue-days out of what is expected, and putting them back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kpis.models import ExcusedDay
from kpis.queries.closing import closed_months
from kpis.services.feed.facts import contract_on
from kpis.services.feed.links import load_links
from kpis.services.feed.periods import PERIOD_CLOSED
from kpis.services.feed.storing import lock_queues
from kpis.services.marks import mark_contract_days
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Forbidden, Invalid, RowError
from vendors.models import Queue
from vendors.services.audit import record, record_many

MOST_DAYS = 5_000
"""Queue-days excused in one act."""
LONGEST_REASON = 500
Mark = tuple[int, date, date]
"""A contract and the first and last day whose figures change."""


def excuse(
    *, queues: Sequence[Queue], dates: Collection[date], cause: str, reason: str, actor: Actor, now: datetime
) -> list[ExcusedDay]:
    """Take every one of ``queues`` on every one of ``dates`` out of what is expected; return the rows.

    A day that is excused already for the same cause stays as it is and is returned too. What was reported stays
    and counts. Raises Invalid for a day in no contract or too many of them, Conflict for one with another cause or
    in a closed month, Forbidden.
    """
    _check(queues, dates, reason, actor)
    with transaction.atomic():
        # Whoever closes a month waits for the queues, and so sees all that is expected in it.
        lock_queues({queue.pk for queue in queues})
        links = load_links([queue.pk for queue in queues])
        known = _active(queues, dates)
        missing = _missing(queues, dates, known, cause)
        rows = [
            ExcusedDay(
                queue=queue, date=day, cause=cause, reason=reason.strip(), excused_by=actor.label, excused_at=now
            )
            for queue, day in missing
        ]
        marks = [(_needed(contract_on(links.get(queue.pk, ()), day), queue, day), day, day) for queue, day in missing]
        _check_open(marks)
        _store(rows)
        vendors = {queue.pk: queue.centre.vendor for queue in queues}
        about = [(row, vendors[row.queue_id], _changes(row)) for row in rows]
        record_many(actor=actor, action="excuse", objects=about, now=now)
        mark_contract_days(marks)
        return sorted([*known.values(), *rows], key=lambda row: (row.date, row.queue.code))


@transaction.atomic
def withdraw(row: ExcusedDay, *, reason: str, actor: Actor, now: datetime) -> ExcusedDay:
    """Let an excused day be expected again; return the row.

    Raises Conflict where it was withdrawn or its month is closed, Forbidden.
    """
    lock_queues([row.queue_id])
    row = ExcusedDay.objects.select_for_update(of=("self",)).select_related("queue__centre__vendor").get(pk=row.pk)
    if not actor.may(Capability.DECIDE_FIGURES, row.queue.centre.vendor_id):
        raise Forbidden("forbidden", _("Only a BPO manager decides what is expected."))
    if row.withdrawn_at is not None:
        raise Conflict("already_withdrawn", _("This was withdrawn already; the day is expected."))
    contract = contract_on(load_links([row.queue_id]).get(row.queue_id, ()), row.date)
    marks = [] if contract is None else [(contract, row.date, row.date)]
    _check_open(marks)
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = now, actor.label, _clean_reason(reason)
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    changes = {**_changes(row), "withdrawn_reason": row.withdrawn_reason}
    record(actor=actor, action="withdraw", obj=row, now=now, vendor=row.queue.centre.vendor, changes=changes)
    mark_contract_days(marks)
    return row


def _check(queues: Sequence[Queue], dates: Collection[date], reason: str, actor: Actor) -> None:
    if not all(actor.may(Capability.DECIDE_FIGURES, queue.centre.vendor_id) for queue in queues):
        raise Forbidden("forbidden", _("Only a BPO manager decides what is expected."))
    if not queues or not dates:
        raise _wrong("required", "dates" if queues else "queues", _("Name at least one queue and one day."))
    if len(queues) * len(dates) > MOST_DAYS:
        text = _("At most %(most)s queue-days are excused at once.") % {"most": f"{MOST_DAYS:,}"}
        raise _wrong("too_many_rows", "dates", text)
    _clean_reason(reason)


def _clean_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise _wrong("required", "reason", _("Say why: the other side reads it."))
    if len(reason) > LONGEST_REASON:
        text = _("The reason has at most %(most)s characters.") % {"most": LONGEST_REASON}
        raise _wrong("too_long", "reason", text)
    return reason


def _wrong(code: str, field: str, detail: str) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, field)])


def _check_open(marks: Iterable[Mark]) -> None:
    """Refuse what would change which days a closed month expected."""
    closed = closed_months((contract, day.replace(day=1)) for contract, day, _last in marks)
    if closed:
        first = min(start for _contract, start in closed)
        text = _("%(month)s is closed. Open the month again first, and close it when its days are as they should be.")
        text %= {"month": f"{first:%Y-%m}"}
        raise Conflict(PERIOD_CLOSED, text)


def _needed(contract: int | None, queue: Queue, day: date) -> int:
    if contract is None:
        text = _("%(queue)s is in no contract on %(day)s.") % {"queue": queue.code, "day": day.isoformat()}
        raise _wrong("outside_contract", "dates", text)
    return contract


def _active(queues: Sequence[Queue], dates: Collection[date]) -> dict[tuple[int, date], ExcusedDay]:
    rows = ExcusedDay.objects.filter(
        withdrawn_at__isnull=True, queue__in=queues, date__range=(min(dates), max(dates))
    ).select_related("queue")
    return {(row.queue_id, row.date): row for row in rows if row.date in set(dates)}


def _missing(
    queues: Sequence[Queue], dates: Collection[date], known: dict[tuple[int, date], ExcusedDay], cause: str
) -> list[tuple[Queue, date]]:
    others = [row for row in known.values() if row.cause != cause]
    if others:
        text = _("%(queue)s is excused on %(day)s for another cause; withdraw that first.")
        raise Conflict("already_excused", text % {"queue": others[0].queue.code, "day": others[0].date.isoformat()})
    return [(queue, day) for queue in queues for day in sorted(set(dates)) if (queue.pk, day) not in known]


def _store(rows: list[ExcusedDay]) -> None:
    try:
        with transaction.atomic():
            ExcusedDay.objects.bulk_create(rows)
    except IntegrityError:
        raise Conflict("already_excused", _("Somebody else has just excused one of these days.")) from None


def _changes(row: ExcusedDay) -> dict[str, Any]:
    return {"queue": row.queue.code, "date": row.date, "cause": row.cause, "reason": row.reason}
