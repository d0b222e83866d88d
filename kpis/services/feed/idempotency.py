"""Idempotency-Key: the same key and body again get the answer of the first time, and nothing happens.

A key is used up by what was stored, and by nothing else: a refusal stores nothing, so the sender mends the body and
sends it under the same key. A key belongs to who sent it, and is kept for 90 days.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta

from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from kpis.models import IdempotencyKey, ImportJob, Submission
from vendors.actors import Actor
from vendors.errors import Conflict, Unprocessable
from vendors.waiting import LOCK_NOT_AVAILABLE, sqlstate_of

KEPT_FOR = timedelta(days=90)
WAIT_MS = 1_000
"""How long a body waits for another one with its key that is being stored at this moment."""
RETRY_SECONDS = 2
LOCK = 7102
"""First half of the advisory lock's number; the second is the key."""


def digest_of(actor: Actor, key: str) -> str:
    """Return a digest of the key and whose it is: two senders may choose the same one."""
    return hashlib.sha256(f"{actor.api_key_id or ''}/{actor.user_id or ''}/{key}".encode()).hexdigest()


def used_digest(actor: Actor, key: str, *, dry_run: bool) -> str | None:
    """Return the digest of a key that the body may use up; null where it has none, or is only checked."""
    return digest_of(actor, key) if key and not dry_run and not actor.is_sandbox else None


def earlier(digest: str, body_hash: str, now: datetime) -> Submission | None:
    """Return the receipt the key got before; raise Unprocessable where it came with another body, or a large file."""
    kept = IdempotencyKey.objects.select_related("submission").filter(digest=digest, kept_at__gt=now - KEPT_FOR).first()
    if kept is not None and kept.submission.body_hash == body_hash:
        return kept.submission
    if kept is not None or ImportJob.objects.filter(key_digest=digest).exclude(content_hash=body_hash).exists():
        raise mismatch()
    return None


def mismatch() -> Unprocessable:
    """Return the refusal of a key that came with another body before."""
    text = _("This Idempotency-Key came with another body before; give each new body a key of its own.")
    return Unprocessable("idempotency_mismatch", text)


def hold(digest: str) -> None:
    """Keep others with the key out until the transaction ends; raise Conflict where one is still at work.

    The lock goes with the connection, so a killed process leaves no key "in progress". On SQLite every transaction
    that writes waits for the one before it.
    """
    if connection.vendor != "postgresql":
        return
    number = int(digest[:8], 16) - 2**31
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_MS}ms'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, number])
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        if sqlstate_of(error) != LOCK_NOT_AVAILABLE:
            raise
        text = _("A body with this Idempotency-Key is being stored at this moment; send it again in %(seconds)s s.")
        raise Conflict("in_progress", text % {"seconds": RETRY_SECONDS}, retry_after=RETRY_SECONDS) from None


def remember(digest: str, submission_id: uuid.UUID, now: datetime) -> None:
    """Note that the key was used up by the submission. Call it with the key held."""
    IdempotencyKey.objects.bulk_create(
        [IdempotencyKey(digest=digest, submission_id=submission_id, kept_at=now)],
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["submission", "kept_at"],
    )


def forget(*, now: datetime) -> int:
    """Forget the keys that are older than 90 days and return how many; the receipts stay."""
    return IdempotencyKey.objects.filter(kept_at__lte=now - KEPT_FOR).delete()[0]
