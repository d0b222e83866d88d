"""The second-person check (이중 확인): what is held until somebody else of the vendor has confirmed it.

A term of the contract, off by default. ``people``: what a vendor's member submits waits for an administrator of
that vendor; ``all``: what comes with the vendor's API keys waits too. Whoever may confirm is not held.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, When
from django.utils.translation import gettext as _

from kpis.choices import DraftStatus
from kpis.models import SubmissionDraft
from kpis.services.draft_body import draft_body
from kpis.services.feed.facts import FileSource, Maker
from vendors.actors import Actor, Capability, KeyRole
from vendors.choices import Role, SecondCheck
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, RowError
from vendors.models import ContractTerms
from vendors.queries.people import maker_of_key, person_of
from vendors.services.audit import record

Spans = Mapping[int, tuple[date, date]]
MOST_WAITING = 50
"""Drafts listed of those that wait or were returned."""


def vendors_that_wait(actor: Actor, contracts: Mapping[int, int], spans: Spans) -> set[int]:
    """Return the vendors (by contract) whose figures of these days must wait when ``actor`` sends them."""
    modes = {vendor: _modes_that_hold(actor, vendor) for vendor in set(contracts.values())}
    held = [contract for contract, vendor in contracts.items() if modes[vendor]]
    if not held:
        return set()
    rows = ContractTerms.objects.filter(contract_id__in=held).exclude(second_check=SecondCheck.OFF)
    return {
        vendor
        for contract, first, end, mode in rows.values_list("contract_id", "valid_from", "valid_until", "second_check")
        if mode in modes[vendor := contracts[contract]]
        and (first is None or first <= spans[contract][1])
        and (end is None or end > spans[contract][0])
    }


def _modes_that_hold(actor: Actor, vendor_id: int) -> set[str]:
    if actor.is_superuser or actor.may(Capability.CONFIRM_SUBMISSIONS, vendor_id):
        return set()
    roles = {grant.role for grant in actor.grants if grant.vendor_id == vendor_id}
    if any(grant.role == Role.MANAGER for grant in actor.grants):
        return set()
    if Role.VENDOR_MEMBER in roles:
        return {SecondCheck.PEOPLE, SecondCheck.ALL}
    return {SecondCheck.ALL} if KeyRole.VENDOR_INGEST in roles else set()


def hold(
    *,
    actor: Actor,
    vendor_id: int,
    spans: Spans,
    rows: Sequence[object],
    numbers: Sequence[int] | None,
    body_hash: str,
    source: FileSource,
    now: datetime,
    **fields: Any,
) -> SubmissionDraft:
    """Keep a body that was found right until a second person decides. The same body twice is held once."""
    mine = SubmissionDraft.objects.filter(made_by=actor.label, status=DraftStatus.HELD, body_hash=body_hash)
    held: SubmissionDraft | None = mine.filter(vendor_id=vendor_id).first()
    if held is not None:
        return held
    return SubmissionDraft.objects.create(
        vendor_id=vendor_id,
        contract_id=next(iter(spans)),
        status=DraftStatus.HELD,
        body=draft_body(rows, numbers, source),
        body_hash=body_hash,
        made_by=actor.label,
        user_id=actor.user_id,
        api_key_id=actor.api_key_id,
        made_at=now,
        held_at=now,
        **fields,
    )


def held_for(draft_id: uuid.UUID, actor: Actor) -> SubmissionDraft:
    """Return a held draft that ``actor`` may decide on, locked. Call it inside a transaction.

    Raises NotFound, Conflict ``draft_closed`` for one that does not wait (any more), and Forbidden
    ``own_submission`` for one's own.
    """
    scope = actor.limited_to(Capability.CONFIRM_SUBMISSIONS)
    drafts = SubmissionDraft.objects.visible_to(scope).select_for_update(of=("self",))
    draft: SubmissionDraft | None = drafts.filter(pk=draft_id).exclude(status=DraftStatus.OPEN).first()
    if draft is None:
        raise NotFound("not_found", _("There is no such draft."))
    if draft.status != DraftStatus.HELD:
        raise Conflict("draft_closed", _("This draft was already decided on."))
    if is_own(draft, actor):
        raise Forbidden("own_submission", _("Somebody else has to confirm what you submitted yourself."))
    return draft


def is_own(draft: SubmissionDraft, actor: Actor) -> bool:
    """Say whether ``actor``, or the person behind it, made the draft."""
    person = person_of(actor)
    maker = draft.user_id if draft.user_id is not None else maker_of_key(draft.api_key_id)
    return draft.made_by == actor.label or (person is not None and person == maker)


def maker_of(draft: SubmissionDraft) -> Maker:
    """Return who a receipt names as the one who submitted."""
    return Maker(draft.made_by, draft.user_id, draft.api_key_id)


@transaction.atomic
def send_back(draft_id: uuid.UUID, *, reason: str, actor: Actor, now: datetime) -> SubmissionDraft:
    """Return a held draft to its maker with a reason; it counts nowhere, and its maker may mend and send it again."""
    draft = held_for(draft_id, actor)
    if not reason.strip():
        text = _("Say why it is returned, so that it can be mended.")
        raise Invalid("required", text, [RowError("required", text, "reason")])
    draft.status, draft.reason = DraftStatus.RETURNED, reason.strip()[:2000]
    draft.decided_by, draft.decided_at = actor.label, now
    draft.save(update_fields=["status", "reason", "decided_by", "decided_at"])
    record(actor=actor, action="return", obj=draft, now=now, vendor=draft.vendor, changes={"reason": draft.reason})
    return draft


def waiting(actor: Actor) -> list[SubmissionDraft]:
    """Return what waits for a second person, and then what was returned, as far as it exists for ``actor``."""
    drafts = SubmissionDraft.objects.visible_to(actor.limited_to(Capability.READ_SUBMISSIONS))
    shown = drafts.filter(status__in=[DraftStatus.HELD, DraftStatus.RETURNED])
    # What was returned stays until its maker mends it, and must not push out what waits.
    ordered = shown.order_by(Case(When(status=DraftStatus.HELD, then=0), default=1), "-held_at")
    return list(ordered.select_related("vendor", "contract").defer("body")[:MOST_WAITING])
