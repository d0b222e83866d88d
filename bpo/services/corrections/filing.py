"""Filing a correction request: the rows are checked as if they were sent, against a month that takes none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bpo.models import CorrectionRequest
from kpis.choices import SubmissionWay
from kpis.services.effect import effect_of
from kpis.services.feed.merging import Merged
from kpis.services.submissions import check_reason, submit
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, DomainError, Forbidden, Invalid, RowError
from vendors.models import Contract
from vendors.queries.people import person_of
from vendors.services.audit import record

MOST_ROWS = 500
"""Queue-days in one request: it is read, and decided, by a person."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a request would change, and what that does to the month's figures and points."""

    contract: Contract
    start: date
    changes: list[dict[str, Any]]
    effect: list[dict[str, Any]]


def preview(*, rows: Sequence[object], actor: Actor, now: datetime) -> Preview:
    """Return what these rows would change; raise as :func:`file` does for rows that cannot be filed."""
    _may_file(actor)
    days = _days(rows, actor, now)
    contract, start = _month(days)
    _check_closed(rows, actor, now)
    return Preview(contract, start, changes_of(days), effect_of(days, actor=actor, now=now))


@transaction.atomic
def file(*, rows: Sequence[object], reason: str, note: str = "", actor: Actor, now: datetime) -> CorrectionRequest:
    """File a request to change figures of one contract's closed month.

    Raise Unprocessable with every bad row, as a submission does; Invalid ``one_month`` for rows of several months or
    contracts, ``nothing_changes``; Conflict ``period_open`` where a plain submission would be taken; Forbidden.
    """
    _may_file(actor)
    if not reason:
        text = _("This must say why.")
        raise Invalid("required", text, [RowError("required", text, "reason")])
    check_reason(reason, note)
    days = _days(rows, actor, now)
    contract, start = _month(days)
    _check_closed(rows, actor, now)
    request = CorrectionRequest.objects.create(
        contract=contract,
        start=start,
        rows=rows,
        changes=changes_of(days),
        reason=reason,
        note=note.strip(),
        filed_by=actor.label[:200],
        filed_at=now,
        is_from_vendor=actor.is_of_a_vendor,
        user_id=person_of(actor),
    )
    log(request, "file", actor=actor, now=now, changes=len(request.changes))
    return request


def _may_file(actor: Actor) -> None:
    if not actor.may(Capability.REQUEST_CORRECTIONS):
        raise Forbidden("role", _("Your role does not include this function."))


def _days(rows: Sequence[object], actor: Actor, now: datetime) -> list[Merged]:
    """Return the queue-days the rows change."""
    result = submit(
        actor=actor.limited_to(Capability.REQUEST_CORRECTIONS),
        rows=rows,
        now=now,
        way=SubmissionWay.CORRECTION,
        dry_run=True,
        most_rows=MOST_ROWS,
    )
    days = [day for day in result.days if day.is_stored]
    if not days:
        text = _("These rows change nothing: the figures are as you ask already.")
        raise Invalid("nothing_changes", text, [RowError("nothing_changes", text, "rows")])
    return days


def _month(days: Iterable[Merged]) -> tuple[Contract, date]:
    months = {(day.row.contract_id, day.row.key.date.replace(day=1)) for day in days}
    if len(months) > 1:
        text = _("A request is about one month of one contract; file one for each.")
        raise Invalid("one_month", text, [RowError("one_month", text, "rows")])
    ((contract, start),) = months
    return Contract.objects.select_related("vendor").get(pk=contract), start


def _check_closed(rows: Sequence[object], actor: Actor, now: datetime) -> None:
    """Refuse a request for what may simply be sent: it would only wait for a person."""
    try:
        submit(actor=actor, rows=rows, now=now, dry_run=True, reason="late_data", most_rows=MOST_ROWS)
    except DomainError:
        return
    raise Conflict("period_open", _("This month is open: send the figures as a submission."))


def changes_of(days: Iterable[Merged]) -> list[dict[str, Any]]:
    """Return old and new of every value that changes, in the order of queue, day and measure."""
    found = []
    for day in sorted(days, key=lambda day: (day.row.queue.code, day.row.key.date)):
        key = day.row.key
        changed = day.changes or {code: [None, value, 1] for code, value in day.measures.items()}
        found += [
            {
                "queue": day.row.queue.code,
                "date": key.date.isoformat(),
                "month": key.is_month,
                "measure": code,
                "old": old,
                "new": new,
            }
            for code, (old, new, _revision) in sorted(changed.items())
        ]
    return found


def log(request: CorrectionRequest, action: str, *, actor: Actor, now: datetime, **changes: Any) -> None:
    """Write a step of a request to the audit trail."""
    about = {"contract": request.contract.code, "start": request.start, **changes}
    vendor = request.contract.vendor
    record(actor=actor, action=f"correction.{action}", obj=request, now=now, vendor=vendor, changes=about)
