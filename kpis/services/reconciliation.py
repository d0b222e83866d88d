"""Settling a difference between two sources by decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import CorrectionReason, ReconciliationDecision, ReconciliationStatus, SubmissionWay
from kpis.models import Reconciliation
from kpis.services.feed.storing import lock_queues
from kpis.services.submissions import LONGEST_NOTE, submit
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Forbidden, Invalid, RowError
from vendors.services.audit import record


@transaction.atomic
def settle(pk: int, *, decision: str, note: str, value: Any = None, actor: Actor, now: datetime) -> Reconciliation:
    """Decide which figure counts: the "first" source's, the "second" one's, or an "agreed" ``value``.

    The current value is revised by an ordinary submission with the note. Raises Invalid, Conflict for an item that
    is not open or a month that is closed, Unprocessable for a value the measure does not take, Forbidden.
    """
    item = _locked(pk)
    vendor = item.queue.centre.vendor
    if not actor.may(Capability.DECIDE_FIGURES, vendor.pk):
        raise Forbidden("forbidden", _("Only a BPO manager settles differences."))
    if item.status != ReconciliationStatus.OPEN:
        raise Conflict("not_open", _("This item is not open any more."))
    decided = _decided(item, decision, value)
    when = {"month": f"{item.date:%Y-%m}"} if item.is_month else {"date": item.date.isoformat()}
    rows = [{"queue": item.queue.code, **when, "measures": {item.measure: decided}}]
    result = submit(
        actor=actor,
        rows=rows,
        now=now,
        note=_clean_note(note),
        reason=CorrectionReason.RESTATEMENT,
        way=SubmissionWay.RECONCILIATION,
    )
    item.status, item.decision, item.note = ReconciliationStatus.SETTLED, decision, note.strip()
    decided = result.days[0].measures[item.measure]
    item.figures = {**item.figures, "decided": decided}
    item.decided_by, item.decided_at, item.settlement_id = actor.label, now, result.id
    item.save()
    changes = {"measure": item.measure, "date": item.date, "decision": decision, "value": str(decided)}
    record(actor=actor, action="settle", obj=item, now=now, vendor=vendor, changes=changes)
    return item


def _locked(pk: int) -> Reconciliation:
    """Return the item, locked after its queue: a submission that changes it takes them in this order."""
    items = Reconciliation.objects.select_related("queue__centre__vendor")
    lock_queues([items.values_list("queue_id", flat=True).get(pk=pk)])
    return items.select_for_update(of=("self",)).get(pk=pk)


def _decided(item: Reconciliation, decision: str, value: Any) -> Any:
    if decision not in ReconciliationDecision.values:
        names = ", ".join(ReconciliationDecision.values)
        raise _wrong("decision", "invalid_choice", _("Choose one of: %(choices)s.") % {"choices": names})
    if decision != ReconciliationDecision.AGREED:
        if value is not None:
            raise _wrong("value", "not_asked", _("Give a value only where both sides agreed on another one."))
        return item.figures[decision]
    if value is None or value == "":
        raise _wrong("value", "required", _("Give the value both sides agreed on."))
    return value


def _clean_note(note: str) -> str:
    note = note.strip()
    if not note:
        raise _wrong("note", "required", _("Say why: the other side reads it."))
    if len(note) > LONGEST_NOTE:
        text = _("The note has at most %(most)s characters.") % {"most": f"{LONGEST_NOTE:,}"}
        raise _wrong("note", "too_long", text)
    return note


def _wrong(field: str, code: str, detail: str) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, field)])
