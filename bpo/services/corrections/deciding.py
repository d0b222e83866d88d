"""Deciding a correction request: accepted by another person than the one who filed it, refused, or withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bpo.choices import CorrectionStatus
from bpo.models import CorrectionRequest
from bpo.services.corrections.filing import MOST_ROWS, changes_of, log
from kpis.choices import SubmissionWay
from kpis.services.effect import effect_of
from kpis.services.feed.merging import Merged
from kpis.services.feed.storing import lock_queues
from kpis.services.submissions import LONGEST_NOTE, submit
from vendors.actors import SYSTEM, Actor, Capability
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, RowError
from vendors.models import Queue
from vendors.queries.people import person_of


@transaction.atomic
def accept(request_id: int, *, decision: str = "", actor: Actor, now: datetime) -> CorrectionRequest:
    """Apply the rows as a submission that names the request; a final card gets a next version beside it.

    The rows are checked against the figures as they stand now, and so is what they change. Raise Unprocessable where
    they no longer fit, Conflict ``own_request`` (four eyes) or ``decided``, Forbidden, NotFound.
    """
    request = _locked(request_id, actor=actor, needs=Capability.DECIDE_CORRECTIONS)
    _check_another_person(request, actor)
    _hold_queues(request)
    days = _days_now(request, actor, now)
    request.effect = effect_of(days, actor=actor, now=now)
    request.changes = changes_of(days) or request.changes
    result = submit(
        actor=actor,
        rows=request.rows,
        now=now,
        note=_provenance(request),
        reason=request.reason,
        way=SubmissionWay.CORRECTION,
        most_rows=MOST_ROWS,
    )
    request.submission_id = result.id
    return _decided(request, CorrectionStatus.ACCEPTED, decision, actor, now)


@transaction.atomic
def refuse(request_id: int, *, decision: str, actor: Actor, now: datetime) -> CorrectionRequest:
    """Refuse a request and say why; nothing changes. Raise as :func:`accept` does."""
    request = _locked(request_id, actor=actor, needs=Capability.DECIDE_CORRECTIONS)
    _check_another_person(request, actor)
    if not decision.strip():
        text = _("This must say why.")
        raise Invalid("required", text, [RowError("required", text, "decision")])
    return _decided(request, CorrectionStatus.REFUSED, decision, actor, now)


@transaction.atomic
def withdraw(request_id: int, *, decision: str = "", actor: Actor, now: datetime) -> CorrectionRequest:
    """Take back a request; a manager may do so for the vendor, as it may submit for it.

    Raise Conflict ``not_yours`` where a vendor would take back what the BPO side filed.
    """
    request = _locked(request_id, actor=actor, needs=Capability.REQUEST_CORRECTIONS)
    if actor.is_of_a_vendor and not request.is_from_vendor:
        raise Conflict("not_yours", _("The BPO side filed this request; only it withdraws it."))
    return _decided(request, CorrectionStatus.WITHDRAWN, decision, actor, now)


def effect_now(request: CorrectionRequest, *, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return what accepting the request would do as the figures stand now; raise where its rows no longer fit.

    The figures are those ``actor`` may read; that the rows fit was checked for who filed them.
    """
    return effect_of(_days_now(request, SYSTEM, now), actor=actor, now=now)


def _days_now(request: CorrectionRequest, actor: Actor, now: datetime) -> list[Merged]:
    checked = submit(
        actor=actor, rows=request.rows, now=now, way=SubmissionWay.CORRECTION, dry_run=True, most_rows=MOST_ROWS
    )
    return [day for day in checked.days if day.is_stored]


def _hold_queues(request: CorrectionRequest) -> None:
    """Let nobody change the figures between saying what accepting does to them and doing it."""
    codes = {row["queue"] for row in request.rows}
    lock_queues(set(Queue.objects.filter(code__in=codes).values_list("pk", flat=True)))


def is_own(request: CorrectionRequest, actor: Actor) -> bool:
    """Say whether the actor, or the person behind it, filed the request."""
    person = person_of(actor)
    return request.filed_by == actor.label[:200] or (person is not None and person == request.user_id)


def _check_another_person(request: CorrectionRequest, actor: Actor) -> None:
    if is_own(request, actor):
        raise Conflict("own_request", _("Nobody decides a request of one's own; another manager does."))


def _locked(request_id: int, *, actor: Actor, needs: Capability) -> CorrectionRequest:
    if not actor.may(needs):
        raise Forbidden("role", _("Your role does not include this function."))
    visible = CorrectionRequest.objects.visible_to(actor.limited_to(needs)).select_related("contract__vendor")
    request: CorrectionRequest | None = visible.select_for_update(of=("self",)).filter(pk=request_id).first()
    if request is None:
        raise NotFound("not_found", _("There is no such request."))
    if request.status != CorrectionStatus.OPEN:
        text = _("This request is decided already: %(status)s.")
        raise Conflict("decided", text % {"status": request.get_status_display()})
    return request


def _provenance(request: CorrectionRequest) -> str:
    text = _("Correction request #%(number)s of %(who)s") % {"number": request.pk, "who": request.filed_by}
    return f"{text}: {request.note}"[:LONGEST_NOTE] if request.note else text


def _decided(
    request: CorrectionRequest, status: CorrectionStatus, decision: str, actor: Actor, now: datetime
) -> CorrectionRequest:
    request.status, request.decision = status, decision.strip()[:2000]
    request.decided_by, request.decided_at = actor.label[:200], now
    request.save()
    log(request, str(status), actor=actor, now=now, decision=request.decision, submission=request.submission_id)
    return request
