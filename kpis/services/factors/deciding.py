"""Deciding on an external factor: by another person than those who registered or claimed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import ANSWERS, FactorKind, FactorStatus
from kpis.models import ExternalFactor, FactorSlice
from kpis.queries.relief import Slice
from kpis.services.effect import months_of
from kpis.services.factors.deadlines import answer_until, claim_until
from kpis.services.factors.filing import check_relievable, locked, log, queues_of
from kpis.services.factors.kept import kept_effect
from kpis.services.factors.limits import check_answered, check_caps, check_method, lock_contracts
from kpis.services.factors.methods import treatments_of
from kpis.services.factors.slices import check_fit, slices_of
from kpis.services.feed.facts import contract_on
from kpis.services.feed.links import load_links
from kpis.services.feed.storing import lock_queues
from kpis.services.marks import mark_contract_days
from vendors.actors import SYSTEM, Actor, Capability
from vendors.clock import local_date
from vendors.errors import Conflict, Invalid, RowError
from vendors.queries.people import person_of

UNDECIDED = frozenset({FactorStatus.DRAFT, FactorStatus.CLAIMED, FactorStatus.EVIDENCE_ASKED})


@transaction.atomic
def confirm(factor_id: int, *, answer: str, note: str = "", actor: Actor, now: datetime) -> ExternalFactor:
    """Note what the department in charge says of it. Without an answer the manager decides on the evidence."""
    factor = locked(factor_id, actor=actor, needs=Capability.ANSWER_FACTORS, statuses=UNDECIDED)
    words = [word for word, _label in ANSWERS]
    if answer not in words:
        text = _("Choose one of: %(choices)s.") % {"choices": ", ".join(words)}
        raise _wrong("answer", "invalid_choice", text)
    queues = list(queues_of(factor))
    until = answer_until(factor, queues)
    is_late = until is not None and min(local_date(now, queue.centre.timezone) for queue in queues) > until
    factor.department_answer = answer
    factor.save()
    log(factor, answer, actor=actor, now=now, note=note, **({"late": True} if is_late else {}))
    return factor


@transaction.atomic
def ask(factor_id: int, *, note: str, actor: Actor, now: datetime) -> ExternalFactor:
    """Ask for evidence; claiming it again gives it."""
    factor = _to_decide(factor_id, actor)
    factor.status = FactorStatus.EVIDENCE_ASKED
    factor.save()
    log(factor, "ask", actor=actor, now=now, note=_said(note, "note"))
    return factor


@transaction.atomic
def approve(
    factor_id: int, *, decision: str, slices: Sequence[int] | None = None, actor: Actor, now: datetime
) -> ExternalFactor:
    """Take the slices out of the figures: all, or those at the places ``slices`` of :func:`slices_of`.

    They stay out, also where that lowers a figure, and for every KPI that counts their measures. What that does to
    scores, grades and money stays with the decision. Raises Unprocessable for slices that are no part of their day,
    Conflict ``own_claim`` (four eyes), ``decided`` or what the contract's terms do not agree to
    (:mod:`kpis.services.factors.limits`), Forbidden, NotFound.
    """
    factor = _to_decide(factor_id, actor)
    check_relievable(factor)
    decision = _said(decision, "decision")
    queues = list(queues_of(factor))
    check_answered(factor, queues, now)
    lock_contracts(months_of(slices_of(factor, queues)))
    lock_queues({queue.pk for queue in queues})
    all_slices = treatments_of(factor, queues, now=now)
    chosen = _chosen(all_slices, slices)
    check_method(factor.method, months_of(chosen))
    check_fit(chosen)
    check_caps(chosen, now=now)
    effect = kept_effect(chosen, now=now)
    FactorSlice.objects.bulk_create(
        FactorSlice(
            factor=factor,
            queue_id=one.queue,
            date=one.date,
            measures=_document(one),
            method=one.method,
            terms=dict(one.terms),
        )
        for one in chosen
    )
    mark_contract_days(marks_of(chosen))
    is_whole = len(chosen) == len(all_slices)
    factor.status = FactorStatus.APPROVED if is_whole else FactorStatus.PARTLY_APPROVED
    return _decided(factor, "approve", decision, actor, now, slices=len(chosen), of=len(all_slices), **effect)


@transaction.atomic
def reject(factor_id: int, *, decision: str, actor: Actor, now: datetime) -> ExternalFactor:
    """Refuse the relief and say why; nothing changes. Raises as :func:`approve` does."""
    factor = _to_decide(factor_id, actor)
    check_answered(factor, list(queues_of(factor)), now)
    factor.status = FactorStatus.REJECTED
    return _decided(factor, "reject", _said(decision, "decision"), actor, now)


def expire(now: datetime) -> int:
    """Let what vendors registered and did not claim in time expire; return how many. Run by the sweep.

    An improvement is not claimed, so it stays.
    """
    drafts = ExternalFactor.objects.filter(status=FactorStatus.DRAFT, is_from_vendor=True, ends_at__lt=now)
    drafts = drafts.exclude(kind=FactorKind.IMPROVEMENT)
    expired = 0
    for pk in drafts.values_list("pk", flat=True):
        with transaction.atomic():
            factor = ExternalFactor.objects.select_for_update(of=("self",)).get(pk=pk)
            queues = list(queues_of(factor))
            today = min(local_date(now, queue.centre.timezone) for queue in queues)
            if factor.status == FactorStatus.DRAFT and today > claim_until(factor, queues):
                factor.status = FactorStatus.EXPIRED
                factor.save()
                log(factor, "expire", actor=SYSTEM, now=now)
                expired += 1
    return expired


def is_own(factor: ExternalFactor, actor: Actor) -> bool:
    """Say whether the actor, or the person behind it, registered or claimed the factor."""
    person = person_of(actor)
    return actor.label[:200] in (factor.filed_by, factor.claimed_by) or (
        person is not None and person in (factor.user_id, factor.claimant_id)
    )


def marks_of(slices: Iterable[Slice]) -> list[tuple[int, date, date]]:
    """Return the contract and the day of every slice: what is to be computed anew."""
    slices = list(slices)
    links = load_links(sorted({one.queue for one in slices}))
    found = ((contract_on(links.get(one.queue, ()), one.date), one.date) for one in slices)
    return sorted({(contract, day, day) for contract, day in found if contract is not None})


def _to_decide(factor_id: int, actor: Actor) -> ExternalFactor:
    factor = locked(factor_id, actor=actor, needs=Capability.DECIDE_FACTORS, statuses=UNDECIDED, for_all=True)
    if is_own(factor, actor):
        raise Conflict("own_claim", _("Nobody decides on a factor of one's own; another manager does."))
    return factor


def _chosen(slices: Sequence[Slice], places: Sequence[int] | None) -> list[Slice]:
    if places is None:
        return list(slices)
    if not places or any(not 0 <= place < len(slices) for place in places):
        text = _("Name slices by their places from 0 to %(last)s.") % {"last": len(slices) - 1}
        raise _wrong("slices", "invalid_choice", text)
    return [slices[place] for place in sorted(set(places))]


def _document(one: Slice) -> dict[str, Any]:
    return {code: _plain(value) for code, value in one.measures.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, int) else f"{value:f}"


def _said(text: str, field: str) -> str:
    if not text.strip():
        raise _wrong(field, "required", _("Say why: the other side reads it."))
    return text.strip()


def _decided(
    factor: ExternalFactor, action: str, decision: str, actor: Actor, now: datetime, **details: Any
) -> ExternalFactor:
    factor.decision, factor.decided_by, factor.decided_at = decision[:2000], actor.label[:200], now
    factor.save()
    # Printed as it was at that moment: silence of the department costs the vendor nothing.
    log(factor, action, actor=actor, now=now, note=decision, department=factor.department_answer or "none", **details)
    return factor


def _wrong(field: str, code: str, detail: str) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, field)])
