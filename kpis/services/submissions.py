"""Takes in figures: validated, merged, stored with where they came from, and marked for recalculation, at once."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import CorrectionReason, SubmissionWay
from kpis.services import second_check
from kpis.services.feed import idempotency, receipts, sources, storing, suspicions
from kpis.services.feed.body import Body, Progress
from kpis.services.feed.checking import Checker
from kpis.services.feed.context import read_context
from kpis.services.feed.facts import CleanRow, Current, FileSource, Key, Maker
from kpis.services.feed.merging import Merged, merge, spans_to_mark
from kpis.services.feed.periods import check_periods
from kpis.services.feed.refusals import Refusal, in_order, noted_afterwards, refusal_of
from kpis.services.feed.results import SubmissionResult
from kpis.services.feed.validation import Validator
from kpis.services.limits import count_rows
from kpis.services.marks import mark_contract_days
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Forbidden, Invalid, RowError, TooLarge, Unprocessable

MOST_ROWS = 5_000
"""Queue-days in one submission."""
MOST_FILE_ROWS = 50_000
"""Queue-days in one file."""
LONGEST_NOTE = 2_000
DECIDED = frozenset({SubmissionWay.CORRECTION, SubmissionWay.RECONCILIATION})
"""Ways of figures that people decided on: they count whichever source reported first, and however old they are."""


def submit(
    *,
    actor: Actor,
    rows: Sequence[object],
    now: datetime,
    note: str = "",
    reason: str = "",
    way: str = SubmissionWay.API,
    dry_run: bool = False,
    partial: bool = False,
    body_hash: str = "",
    file_name: str = "",
    numbers: Sequence[int] | None = None,
    found: Sequence[RowError] = (),
    most_rows: int = MOST_ROWS,
    idempotency_key: str = "",
    source: FileSource | None = None,
    progress: Progress | None = None,
    maker: Maker | None = None,
    refusals: list[Refusal] | None = None,
) -> SubmissionResult:
    """Take in rows of ``{"queue", "date" or "month", "measures"}`` and return what became of them.

    All or nothing, unless ``partial`` asks for the good rows to be stored. Dates are ISO text or dates, values
    numbers or numeric text; null withdraws a value. ``numbers`` are the rows' line numbers where they come from
    a file (else rows count from 0), ``found`` the errors of lines that could not be read as rows. ``dry_run``
    checks everything and stores nothing, as does whatever a sandbox key sends. A body with an ``idempotency_key``
    that this sender used before is answered as it was then, and nothing happens; with another body that is refused.
    ``source`` says how a file was read, ``reason`` (a :class:`CorrectionReason`) why values that stood are replaced.
    What needs a second person is held (``status`` "held", nothing stored), unless ``actor`` confirms what ``maker``
    sent. Only the ``way`` CORRECTION enters a closed month, and what the contract's closing calendar holds too old.
    ``progress`` is told how many rows were checked, before anything is locked. A caller with a transaction of its own
    gives the ``refusals`` of :func:`noted_afterwards`, opened around it, so that they are noted all the same.

    Raises Unprocessable with every bad row (Conflict where closed months are all that is wrong), Invalid for an
    empty body, a bad note or reason, TooLarge, Forbidden, and Conflict where another body with its key is being
    stored at this moment, TooMany beyond a vendor's rows of the day.
    """
    dry_run = dry_run or actor.is_sandbox
    if not actor.may(Capability.SUBMIT):
        raise Forbidden("forbidden", _("Your role does not submit figures."))
    _check_size(len(rows) or len(found), note, most_rows)
    check_reason(reason, note)
    body = Body(
        actor=actor,
        now=now,
        note=note,
        reason=reason,
        way=way,
        body_hash=body_hash or _hash(rows),
        file_name=file_name,
        partial=partial,
        rows=rows,
        numbers=numbers,
        key_digest=idempotency.used_digest(actor, idempotency_key, dry_run=dry_run),
        source=source or FileSource(),
        progress=progress,
        maker=maker,
    )
    return _answered(body, found, refusals, dry_run=dry_run)


def _answered(
    body: Body, found: Sequence[RowError], refusals: list[Refusal] | None, *, dry_run: bool
) -> SubmissionResult:
    """Return what an earlier body with the same key was answered, else take the body in and note what is refused."""
    earlier = _earlier(body)
    if earlier is not None:
        return earlier
    # Who decides on figures sees what is wrong and decides again: only what was sent is a refused feed.
    if dry_run or body.way in DECIDED:
        return _taken_in(body, found, dry_run=dry_run)
    if refusals is not None:
        return _noted(body, found, refusals)
    with noted_afterwards() as own:
        return _noted(body, found, own)


def _noted(body: Body, found: Sequence[RowError], refusals: list[Refusal]) -> SubmissionResult:
    """Take the body in; put what of it is refused among ``refusals``."""
    try:
        result = _taken_in(body, found, dry_run=False)
    except (Conflict, Unprocessable):
        if body.problems.count:
            refusals.append(Refusal(body, only_bad_rows=False))
        raise
    if result.error_count and not result.is_replay:
        refusals.append(Refusal(body, only_bad_rows=True))
    return result


def _taken_in(body: Body, found: Sequence[RowError], *, dry_run: bool) -> SubmissionResult:
    _validate(body, found)
    if body.problems.count and not body.clean:
        raise refusal_of(body)
    if body.partial or not body.problems.count:
        suspicions.warn(body.context, body.clean, body.warnings)
    if dry_run:
        # Nothing is stored, so nothing is locked: a check waits for nobody, and nobody for a check.
        return _result(body, *_merged(body, uuid.uuid4()), None)
    with transaction.atomic():
        if body.key_digest:
            idempotency.hold(body.key_digest)
        # The same key at the same moment: the other one was first, and this one is answered like it.
        return _earlier(body) or _merge_and_store(body)


def _earlier(body: Body) -> SubmissionResult | None:
    if body.key_digest is None:
        return None
    receipt = idempotency.earlier(body.key_digest, body.body_hash, body.now)
    return SubmissionResult.of(receipt) if receipt else None


def _check_size(rows: int, note: str, most: int) -> None:
    if not rows:
        raise Invalid("empty_batch", _("There are no rows: send at least one queue-day."))
    if rows > most:
        text = _("One submission holds at most %(most)s queue-days, not %(given)s; send several.")
        raise TooLarge("too_many_rows", text % {"most": f"{most:,}", "given": f"{rows:,}"})
    if len(note) > LONGEST_NOTE:
        text = _("The note has at most %(most)s characters.") % {"most": f"{LONGEST_NOTE:,}"}
        raise Invalid("too_long", text, [RowError(code="too_long", detail=text, field="note")])


def check_reason(reason: str, note: str) -> None:
    """Raise Invalid where ``reason`` is none of the short list, or "other" comes without a note."""
    if reason and reason not in CorrectionReason.values:
        text = _("Choose one of: %(choices)s.") % {"choices": ", ".join(CorrectionReason.values)}
        raise Invalid("invalid_choice", text, [RowError("invalid_choice", text, "reason")])
    if reason == CorrectionReason.OTHER and not note.strip():
        text = _("Say in the note what the other reason is.")
        raise Invalid("required", text, [RowError("required", text, "note")])


def _validate(body: Body, found: Sequence[RowError]) -> None:
    codes = {code for row in body.rows if isinstance(row, Mapping) and isinstance(code := row.get("queue"), str)}
    body.context = read_context(actor=body.actor, codes=codes, now=body.now)
    validator = Validator(body.context, row_word="row" if body.numbers is None else "line")
    validator.problems.source = validator.warnings.source = body.source
    body.clean = _cleaned(body, validator)
    body.problems, body.warnings = validator.problems, validator.warnings
    body.warnings.listed += body.source.warnings
    body.warnings.count += len(body.source.warnings)
    for error in found:
        body.problems.add(error.row or 0, error.field, error.code, str(error.detail))
    body.all_rows = len(body.rows) + len(found)


def _cleaned(body: Body, validator: Validator) -> list[CleanRow]:
    if body.progress is None or body.numbers is None:
        return validator.clean(body.rows, body.numbers)
    clean = []
    for start in range(0, len(body.rows), MOST_ROWS):
        part = slice(start, start + MOST_ROWS)
        clean += validator.clean(body.rows[part], body.numbers[part])
        body.progress(min(start + MOST_ROWS, len(body.rows)))
    return clean


def _merge_and_store(body: Body) -> SubmissionResult:
    """Merge under the queues' locks, check the outcome, and write it."""
    storing.lock_queues({row.key.queue_id for row in body.clean})
    submission_id = uuid.uuid4()
    good, beside = _merged(body, submission_id)
    result = _result(body, good, beside, submission_id)
    return _held(body, good, result) or _store(body, good, beside, result)


def _merged(body: Body, submission_id: uuid.UUID) -> tuple[list[Merged], sources.Beside]:
    """Return the good queue-days as they would be stored, and what is to be kept beside; raise for bad ones."""
    current = _current(body.clean)
    beside = sources.Beside() if body.way in DECIDED else _set_aside(body, current, submission_id)
    submission = str(submission_id)
    merged = [merge(row, current, submission) for row in body.clean]
    _check(body, merged, current)
    if body.problems.count and not body.partial:
        raise refusal_of(body)
    good = [day for day in merged if day.row.number not in body.problems.rows]
    if not good:
        raise refusal_of(body)
    return good, beside


def _held(body: Body, good: Sequence[Merged], result: SubmissionResult) -> SubmissionResult | None:
    """Hold the good rows where the contract wants a second person to confirm them; null where it does not."""
    # Sending again what was confirmed changes nothing, so nobody has to look at it.
    if body.maker is not None or not any(day.is_stored for day in good):
        return None
    contracts = {day.row.contract_id: day.row.queue.vendor_id for day in good}
    waiting = second_check.vendors_that_wait(body.actor, contracts, result.spans)
    if not waiting:
        return None
    vendor, *others = set(contracts.values())
    if others:
        raise Invalid(
            "one_vendor", _("These figures wait for a second person of each vendor; send one vendor's at a time.")
        )
    numbers = body.numbers or range(len(body.rows))
    kept = {day.row.number for day in good}
    pairs = [(row, number) for row, number in zip(body.rows, numbers, strict=True) if number in kept]
    draft = second_check.hold(
        actor=body.actor,
        vendor_id=vendor,
        spans=result.spans,
        rows=[row for row, _number in pairs],
        numbers=[number for _row, number in pairs] if body.numbers else None,
        body_hash=body.body_hash,
        source=body.source,
        now=body.now,
        way=body.way,
        file_name=body.file_name,
        note=body.note,
        correction=body.reason,
    )
    return replace(result, id=None, status="held", held_id=draft.pk)


def _set_aside(body: Body, current: Mapping[Key, Current], submission_id: uuid.UUID) -> sources.Beside:
    return sources.set_aside(body.actor, body.context, body.clean, current, submission_id, body.warnings)


def _current(rows: Iterable[CleanRow]) -> dict[Key, Current]:
    """Read the queue-days as they stand, and the totals of their months."""
    keys = {row.key for row in rows}
    return storing.read_days(keys | {Key(key.queue_id, key.date.replace(day=1), True) for key in keys})


def _check(body: Body, merged: Sequence[Merged], current: Mapping[Key, Current]) -> None:
    checker = Checker(body.context.measures, body.problems, body.warnings)
    with_days = storing.months_with_days([day.row.key for day in merged if day.row.key.is_month])
    checker.check_months(merged, current, with_days)
    checker.check(merged)
    if body.way != SubmissionWay.CORRECTION:
        is_decided = body.way in DECIDED
        check_periods(merged, body.problems, has_reason=bool(body.reason), asks_age=not is_decided)


def _result(
    body: Body, good: Sequence[Merged], beside: sources.Beside, submission_id: uuid.UUID | None
) -> SubmissionResult:
    return SubmissionResult(
        id=submission_id,
        status="partly_accepted" if body.problems.count else "accepted",
        rows=len(good),
        new=sum(day.new for day in good),
        changed=sum(day.changed for day in good),
        unchanged=sum(day.unchanged for day in good),
        received_at=body.now,
        totals=receipts.totals_of(beside.sent.get(day.row.number, day.row.values) for day in good),
        spans=receipts.spans_of(day.row for day in good),
        changes=receipts.changes_of(good, body.context.measures.by_code),
        warnings=in_order(body.warnings),
        errors=in_order(body.problems),
        error_count=body.problems.count,
        is_sandbox=body.actor.is_sandbox,
        warning_count=body.warnings.count,
        refusal=refusal_of(body) if body.problems.count else None,
        days=good,
    )


def _store(body: Body, good: Sequence[Merged], beside: sources.Beside, result: SubmissionResult) -> SubmissionResult:
    submission_id = result.id
    assert submission_id is not None
    vendors = Counter(day.row.queue.vendor_id for day in good)
    storing.write_days(good, submission_id)
    sources.keep(beside, body.problems.rows, body.now)
    mark_contract_days(spans_to_mark(good))
    # Last of all: a vendor's bodies, and then all bodies of the day, wait for each other from here to the end.
    count_rows(body.actor, vendors, body.now)
    result = replace(result, number=receipts.next_number(body.now))
    receipts.write(body, list(vendors), result)
    if body.key_digest:
        idempotency.remember(body.key_digest, submission_id, body.now)
    return result


def _hash(rows: Sequence[object]) -> str:
    return hashlib.sha256(msgspec.json.encode(list(rows), order="deterministic")).hexdigest()
