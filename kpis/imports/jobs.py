"""Large files are taken in by a worker: a row says what is to be done, so that a lost message loses nothing.

Whoever runs a job holds it for a while; one whose worker died is due again when that time is over. The attempt is
counted before the work begins, and after three the job is set aside: a file that ends its reader cannot go on for ever.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.db.models import CharField, F, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import translation
from django.utils.translation import gettext as _

from kpis.choices import ImportStatus
from kpis.imports.grids import too_many_rows
from kpis.imports.layouts import FeedRows
from kpis.imports.taking import ImportOptions, read_file, take_in
from kpis.models import ImportJob
from kpis.services.feed import idempotency
from kpis.services.submissions import MOST_FILE_ROWS, MOST_ROWS, check_reason
from vendors.actors import Actor, Capability
from vendors.authentication import actor_of, actor_of_key, is_live
from vendors.errors import Conflict, DomainError, Forbidden, NotFound, RowError
from vendors.models import Queue
from vendors.querysets import one_of

log = structlog.get_logger(__name__)

MOST_AT_ONCE = MOST_ROWS
"""Rows that are taken in while their sender waits; a file with more becomes a job."""
MOST_ATTEMPTS = 3
HELD_FOR = timedelta(minutes=5)
"""Longer than a task may run."""
KEPT_FOR = timedelta(days=7)
"""How long a refused file is kept for its error report."""
MOST_A_SWEEP = 10
NO_KEY = Cast("pk", CharField(max_length=64))
"""What a job has for the digest of a key that is free again: no two the same."""


def queue_import(
    content: bytes, feed: FeedRows, options: ImportOptions, *, actor: Actor, now: datetime, idempotency_key: str = ""
) -> tuple[ImportJob, bool]:
    """Keep a file as a job that is due, and return it, and whether it is one the same key got before.

    A file that is only checked leaves the key free for the real one. Raises TooLarge ``too_many_rows``, Forbidden, and
    Unprocessable where the key came with another file.
    """
    if not actor.may(Capability.SUBMIT):
        raise Forbidden("forbidden", _("Your role does not submit figures."))
    if len(feed.rows) > MOST_FILE_ROWS:
        raise too_many_rows()
    digest = idempotency.used_digest(actor, idempotency_key, dry_run=options.dry_run)
    content_hash = hashlib.sha256(content).hexdigest()
    if digest:
        idempotency.earlier(digest, content_hash, now)
    read_as = msgspec.structs.replace(options, profile_version=feed.source.profile_version_id)
    job, is_new = ImportJob.objects.defer("content").get_or_create(
        key_digest=digest or str(uuid.uuid4()),
        defaults={
            "vendor_id": _vendor_of(feed, actor),
            "filename": options.filename,
            "content": content,
            "content_hash": content_hash,
            "size": len(content),
            "options": msgspec.to_builtins(read_as),
            "submitted_by": actor.label,
            "api_key_id": actor.api_key_id,
            "user_id": actor.user_id,
            "total": len(feed.rows),
            "created_at": now,
        },
    )
    if job.content_hash != content_hash:
        raise idempotency.mismatch()
    return job, not is_new


def _vendor_of(feed: FeedRows, actor: Actor) -> int | None:
    """Return the vendor whose people may follow the job: that of all the queues the actor knows, where it is one."""
    codes = {code for row in feed.rows if isinstance(code := row.get("queue"), str)}
    queues = Queue.objects.visible_to(actor.limited_to(Capability.SUBMIT)).filter(code__in=one_of(codes, "text"))
    # Two are as many as a thousand: the job is nobody's but the company's then.
    named = queues.order_by().values_list("centre__vendor_id", flat=True).distinct()[:2]
    vendors = set(named) or set(actor.vendor_ids)
    return int(vendors.pop()) if len(vendors) == 1 else None


# Running -------------------------------------------------------------------------------------------
def due_imports(now: datetime) -> QuerySet[ImportJob]:
    """Return the jobs that wait, and those whose worker did not come back, the oldest first."""
    given_up = Q(status=ImportStatus.RUNNING, leased_until__lt=now)
    rows: QuerySet[ImportJob] = ImportJob.objects.filter(Q(status=ImportStatus.QUEUED) | given_up)
    return rows.order_by("created_at", "pk")


def run_due_imports(*, now: datetime) -> int:
    """Take in what is due and return how many files were run; set aside what broke off, let go of content and keys."""
    stuck = due_imports(now).filter(attempts__gte=MOST_ATTEMPTS)
    stuck.update(status=ImportStatus.QUARANTINED, ended_at=now, leased_until=None, key_digest=NO_KEY)
    ids = list(due_imports(now).values_list("pk", flat=True)[:MOST_A_SWEEP])
    ran = sum(run_import(job_id, now=now) for job_id in ids)
    ImportJob.objects.filter(ended_at__lt=now - KEPT_FOR, content__isnull=False).update(content=None)
    old = ImportJob.objects.filter(ended_at__lte=now - idempotency.KEPT_FOR)
    old.exclude(key_digest=NO_KEY).update(key_digest=NO_KEY)
    return ran


def run_import(job_id: uuid.UUID, *, now: datetime) -> bool:
    """Take in one file, if it is due and nobody else has it; say whether it was run. Safe to call again."""
    if not _claim(job_id, now):
        return False
    job = ImportJob.objects.get(pk=job_id)
    with translation.override(job.options.get("language") or settings.LANGUAGE_CODE):
        try:
            _run(job, now)
        except DomainError as refused:
            _end(job, now, status=ImportStatus.FAILED, problem=_problem(refused))
        except Exception:
            # The attempt counts; the next sweep tries again, the last one sets the job aside.
            log.exception("import_broke_off", job=str(job.pk), attempt=job.attempts)
            _held(job).update(status=ImportStatus.QUEUED, leased_until=None)
    return True


def _claim(job_id: uuid.UUID, now: datetime) -> bool:
    mine = due_imports(now).filter(pk=job_id, attempts__lt=MOST_ATTEMPTS).order_by()
    held = {"status": ImportStatus.RUNNING, "attempts": F("attempts") + 1, "leased_until": now + HELD_FOR}
    return mine.update(**held, started_at=now) == 1


def _held(job: ImportJob) -> QuerySet[ImportJob]:
    """Return the job as long as this attempt has it."""
    rows: QuerySet[ImportJob] = ImportJob.objects.filter(pk=job.pk, status=ImportStatus.RUNNING, attempts=job.attempts)
    return rows


def _run(job: ImportJob, now: datetime) -> None:
    options = options_of(job)
    content = bytes(job.content or b"")
    sender = _sender(job, now)
    feed = read_file(content, options, sender)
    result = take_in(
        feed,
        options,
        actor=sender,
        now=now,
        content_hash=job.content_hash,
        # An attempt that stored everything and died before it could say so is answered by its own receipt.
        idempotency_key=f"job {job.pk}",
        progress=lambda done: _note_progress(job, done, len(feed.rows)),
    )
    answer = {**result.as_dict(), "file": feed.found}
    keeps = bool(result.errors) or options.waits_for_its_sender
    _end(job, now, status=ImportStatus.DONE, result=answer, submission_id=result.id, keeps_content=keeps)


def _sender(job: ImportJob, now: datetime) -> Actor:
    """Return who sent the file, with the roles they hold by now."""
    if job.api_key is not None and is_live(job.api_key, now):
        return actor_of_key(job.api_key)
    if job.user is not None and job.user.is_active:
        return actor_of(job.user)
    raise Forbidden("forbidden", _("Whoever sent the file may not submit figures any more."))


def _note_progress(job: ImportJob, done: int, total: int) -> None:
    _held(job).update(done=done, total=total)


def _end(
    job: ImportJob, now: datetime, *, status: ImportStatus, keeps_content: bool | None = None, **fields: Any
) -> None:
    """Write how it ended. Content stays only where somebody may want it back with messages."""
    if keeps_content is None:
        keeps_content = status is ImportStatus.FAILED
    if not keeps_content:
        fields["content"] = None
    if status is ImportStatus.DONE:
        fields["done"] = F("total")
    else:
        # Nothing was stored: the sender mends the file and sends it under the same key.
        fields["key_digest"] = NO_KEY
    _held(job).update(status=status, ended_at=now, leased_until=None, **fields)


def _problem(refused: DomainError) -> dict[str, Any]:
    return {
        "code": refused.code,
        "status": refused.status,
        "detail": str(refused.detail),
        "errors": [error.as_dict() for error in refused.errors],
    }


# Sending what was checked --------------------------------------------------------------------------
def send_checked(job_id: uuid.UUID, *, actor: Actor, now: datetime, note: str = "", reason: str = "") -> None:
    """Make a file that a page had checked due again, this time to be stored; sent twice, it is stored once.

    Raises NotFound for one that somebody else uploaded, Conflict ``not_checked`` for one that had errors or is not
    kept any more, Invalid for a bad reason.
    """
    mine = ImportJob.objects.filter(user_id=actor.user_id) if actor.user_id else ImportJob.objects.none()
    job: ImportJob | None = mine.defer("content").filter(pk=job_id).first()
    if job is None:
        raise NotFound("not_found", _("There is no such file."))
    check_reason(reason, note)
    options = options_of(job)
    if not options.dry_run:
        return
    if not may_be_sent(job):
        text = _("Only a file that was checked without errors can be submitted, for seven days. Upload it again.")
        raise Conflict("not_checked", text)
    sent = msgspec.to_builtins(msgspec.structs.replace(options, dry_run=False, note=note, reason=reason))
    # Of two at the same moment the first one finds it as it was checked.
    ImportJob.objects.filter(pk=job.pk, status=ImportStatus.DONE, ended_at=job.ended_at).update(
        options=sent, status=ImportStatus.QUEUED, attempts=0, done=0, result=None, started_at=None, ended_at=None
    )


def may_be_sent(job: ImportJob) -> bool:
    """Say whether the file was checked without errors, waits for its sender, and is still kept."""
    is_checked = job.status == ImportStatus.DONE and options_of(job).waits_for_its_sender and not errors_of(job)
    return is_checked and _is_kept(job)


# Following -----------------------------------------------------------------------------------------
def jobs_for(actor: Actor) -> QuerySet[ImportJob]:
    """Return the jobs that exist for ``actor``: of vendors whose submissions it reads, and what a key sent itself.

    Their files, up to 20 MiB each, are read only where asked for.
    """
    rows: QuerySet[ImportJob] = ImportJob.objects.visible_to(actor.limited_to(Capability.READ_SUBMISSIONS))
    if actor.api_key_id is not None:
        rows = ImportJob.objects.filter(Q(pk__in=rows.values("pk")) | Q(api_key_id=actor.api_key_id))
    return rows.defer("content")


def has_report(job: ImportJob) -> bool:
    """Say whether the file is still kept and something is wrong with its rows, without reading it."""
    return bool(errors_of(job)) and _is_kept(job)


def _is_kept(job: ImportJob) -> bool:
    return ImportJob.objects.filter(pk=job.pk, content__isnull=False).exists()


def errors_of(job: ImportJob) -> Sequence[RowError]:
    """Return what was wrong with single rows: of a file that was refused, or taken in without them."""
    kept = (job.problem or job.result or {}).get("errors", [])
    return [RowError(**error) for error in kept]


def options_of(job: ImportJob) -> ImportOptions:
    """Return how the sender wanted the file read."""
    return msgspec.convert(job.options, ImportOptions)
