"""The way of figures from a page: read, kept as a draft, checked, and sent when their sender has seen the outcome.

Between the check and the sending the rows stay in the database; the browser carries nothing but the draft's id.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import CorrectionReason, DraftStatus
from kpis.models import SubmissionDraft
from kpis.services import second_check
from kpis.services.draft_body import draft_body
from kpis.services.feed.facts import FileSource
from kpis.services.feed.refusals import noted_afterwards
from kpis.services.feed.results import SubmissionResult
from kpis.services.submissions import MOST_FILE_ROWS, submit
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, RowError
from vendors.models import Contract
from vendors.services.audit import record

KEPT = timedelta(days=7)
"""How long an open draft waits for its sender."""
MOST_OPEN = 20
"""Open drafts one person may have; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Check:
    """What would become of a draft: the answer, or why it is refused and what its good rows alone would come to."""

    result: SubmissionResult | None
    refusal: DomainError | None = None
    good: SubmissionResult | None = None

    @property
    def errors(self) -> Sequence[RowError]:
        if self.refusal is None:
            return ()
        return self.refusal.errors or [RowError(code=self.refusal.code, detail=self.refusal.detail)]

    @property
    def warnings(self) -> Sequence[RowError]:
        found = self.result or self.good
        return found.warnings if found else ()


def keep(
    *,
    actor: Actor,
    contract: Contract,
    rows: Sequence[object],
    now: datetime,
    numbers: Sequence[int] | None = None,
    errors: Sequence[RowError] = (),
    way: str,
    file_name: str = "",
    body_hash: str,
    text: str = "",
    source: FileSource | None = None,
    is_saved: bool = False,
    replaces: SubmissionDraft | None = None,
) -> SubmissionDraft:
    """Keep what was read from a form, a paste or a file, and return its draft. Nothing counts yet.

    ``text`` is what was pasted; ``replaces`` an open draft that this one takes the place of, unless it was thrown
    away or sent in the meantime. ``numbers`` and ``errors`` as in :func:`kpis.services.submissions.submit`. Raises
    Forbidden, and Invalid ``empty_batch`` where there is nothing in it.
    """
    if not actor.may(Capability.SUBMIT, contract.vendor_id):
        raise Forbidden("forbidden", _("Your role does not submit figures."))
    if not rows and not errors:
        raise Invalid("empty_batch", _("There are no rows: send at least one queue-day."))
    with transaction.atomic():
        if replaces is not None:
            _throw_away(replaces.pk, actor)
        _tidy(actor, now)
        return SubmissionDraft.objects.create(
            vendor_id=contract.vendor_id,
            contract=contract,
            way=way,
            file_name=file_name,
            body=draft_body(rows, numbers, source, errors=errors, text=text),
            body_hash=body_hash,
            is_saved=is_saved,
            made_by=actor.label,
            user_id=actor.user_id,
            made_at=now,
        )


def _tidy(actor: Actor, now: datetime) -> None:
    """Let go of this person's forgotten drafts."""
    mine = SubmissionDraft.objects.filter(made_by=actor.label, status=DraftStatus.OPEN)
    mine.filter(made_at__lt=now - KEPT).delete()
    recent = list(mine.order_by("-made_at", "-id").values_list("pk", flat=True)[: MOST_OPEN - 1])
    mine.exclude(pk__in=recent).delete()


def find(draft_id: uuid.UUID, *, actor: Actor, lock: bool = False) -> SubmissionDraft:
    """Return a draft that exists for ``actor``: an open one is its maker's alone. Raises NotFound."""
    drafts = SubmissionDraft.objects.visible_to(actor.limited_to(Capability.SUBMIT))
    if lock:
        drafts = drafts.select_for_update(of=("self",))
    draft: SubmissionDraft | None = drafts.filter(pk=draft_id).first()
    if draft is None or (draft.status == DraftStatus.OPEN and draft.made_by != actor.label):
        raise NotFound("not_found", _("There is no such draft."))
    return draft


def check(draft: SubmissionDraft, *, actor: Actor, now: datetime) -> Check:
    """Hold a draft against the figures as they stand now; nothing is stored.

    The reason of a correction is given when the draft is sent, so its lack is no fault here.
    """
    reason = CorrectionReason.RESTATEMENT
    try:
        found = _submit(draft, actor=actor, now=now, partial=True, reason=reason, dry_run=True)
    except DomainError as refusal:
        return Check(None, refusal)
    return Check(None, found.refusal, found) if found.refusal else Check(found)


def send(
    draft_id: uuid.UUID, *, actor: Actor, now: datetime, partial: bool = False, note: str = "", reason: str = ""
) -> SubmissionDraft:
    """Send a draft and return it with its submission. Sent twice, the second answers like the first.

    Raises NotFound, Conflict ``draft_closed`` for one that was returned or discarded, and what ``submit`` raises
    where the figures have changed since the check.
    """
    with noted_afterwards() as refusals, transaction.atomic():
        draft = find(draft_id, actor=actor, lock=True)
        if draft.status == DraftStatus.SUBMITTED:
            return draft
        if draft.status != DraftStatus.OPEN:
            raise Conflict("draft_closed", _("This draft was already decided on."))
        draft.note = note
        result = _submit(draft, actor=actor, now=now, partial=partial, reason=reason, refusals=refusals)
        if result.held_id:
            draft.delete()
            return SubmissionDraft.objects.get(pk=result.held_id)
        _close(draft, result, actor, now)
    return draft


def confirm(draft_id: uuid.UUID, *, actor: Actor, now: datetime) -> SubmissionDraft:
    """Let figures count that somebody else of the vendor submitted; the receipt names both.

    Raises what :func:`kpis.services.second_check.held_for` raises, and what ``submit`` raises where the draft no
    longer fits the figures as they stand.
    """
    with noted_afterwards() as refusals, transaction.atomic():
        draft = second_check.held_for(draft_id, actor)
        maker = second_check.maker_of(draft)
        result = _submit(draft, actor=actor, now=now, reason=draft.correction, maker=maker, refusals=refusals)
        _close(draft, result, actor, now)
        record(actor=actor, action="confirm", obj=draft, now=now, vendor=draft.vendor)
    return draft


def _close(draft: SubmissionDraft, result: SubmissionResult, actor: Actor, now: datetime) -> None:
    draft.submission_id, draft.status = result.id, DraftStatus.SUBMITTED
    draft.decided_by, draft.decided_at = actor.label, now
    # The figures are stored as such now; the draft keeps only where they went.
    draft.body = draft_body([], None)
    draft.save()


def discard(draft_id: uuid.UUID, *, actor: Actor) -> None:
    """Throw one's own draft away, open or returned. Raises NotFound."""
    with transaction.atomic():
        find(draft_id, actor=actor)
        _throw_away(draft_id, actor)


def _throw_away(draft_id: uuid.UUID, actor: Actor) -> None:
    """Delete the draft if it is the actor's own and has gone nowhere yet; one being sent is waited for."""
    mine = SubmissionDraft.objects.filter(made_by=actor.label, status__in=[DraftStatus.OPEN, DraftStatus.RETURNED])
    draft = mine.select_for_update(of=("self",)).filter(pk=draft_id).first()
    if draft is not None:
        draft.delete()


def _submit(draft: SubmissionDraft, *, actor: Actor, now: datetime, **options: Any) -> SubmissionResult:
    body: Mapping[str, Any] = draft.body
    return submit(
        actor=actor,
        rows=body["rows"],
        now=now,
        note=draft.note,
        way=draft.way,
        body_hash=draft.body_hash,
        file_name=draft.file_name,
        numbers=body["numbers"],
        found=[RowError(**error) for error in body["errors"]],
        source=FileSource.of(body["source"]),
        most_rows=MOST_FILE_ROWS,
        **options,
    )
