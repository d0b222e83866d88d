"""Sends the messages that are due: each under a lease, outside any transaction, and marked only afterwards."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q

from bpo.choices import DeliveryKind, DeliveryStatus
from bpo.models import Delivery, DeliveryAttempt, NotificationSettings
from bpo.services.delivery.addresses import Forbidden
from bpo.services.delivery.mails import send_mail_of
from bpo.services.delivery.posting import post_webhook

log = structlog.get_logger("delivery")

LEASE = timedelta(minutes=2)
"""Longer than any try takes; afterwards another sender takes the message over."""
GIVE_UP_AFTER = timedelta(days=3)
LONGEST_PAUSE = timedelta(hours=1)
BUDGET_SECONDS = 100
"""How long one run goes on; what is left waits for the next."""


def send_due(*, now: datetime) -> dict[str, int]:
    """Send what is due; return how many were sent, failed, given up and dropped.

    A way that fails rests for the run, so that a mail server that is down, or an address that hangs, costs one try
    and holds up nobody else.
    """
    done: Counter[str] = Counter()
    resting = Q()
    until = time.monotonic() + BUDGET_SECONDS
    while time.monotonic() < until and (delivery := _lease(now, resting)):
        outcome = _send(delivery, now)
        done[outcome] += 1
        if outcome == "failed":
            resting |= _same_way(delivery)
    return {name: done[name] for name in ("sent", "failed", "given_up", "dropped")}


def _same_way(delivery: Delivery) -> Q:
    return Q(webhook=delivery.webhook_id) if delivery.webhook_id else Q(user__isnull=False)


@transaction.atomic
def _lease(now: datetime, resting: Q) -> Delivery | None:
    """Take the message that is due longest and that nobody is sending; count the try before it is made."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = Delivery.objects.filter(free, status=DeliveryStatus.WAITING, due_at__lte=now)
    if resting:
        due = due.exclude(resting)
    found: Delivery | None = due.select_for_update(skip_locked=True).order_by("due_at", "id").first()
    if found is not None:
        found.leased_until, found.tries = now + LEASE, found.tries + 1
        found.save(update_fields=["leased_until", "tries"])
    return found


def _send(delivery: Delivery, now: datetime) -> str:
    """Try once and note what came of it."""
    if not _is_wanted(delivery):
        return _close(delivery, now, DeliveryStatus.DROPPED)
    try:
        answer = _hand_over(delivery)
    except Forbidden as error:
        return _close(delivery, now, DeliveryStatus.GIVEN_UP, str(error.detail))
    except Exception as error:
        # Whatever a mail server or an address does: the message stays, and the next one is sent.
        log.warning("not delivered", delivery=str(delivery.pk), error=type(error).__name__)
        return _put_off(delivery, now, f"{type(error).__name__}: {error}")
    return _close(delivery, now, DeliveryStatus.SENT, answer)


def _is_wanted(delivery: Delivery) -> bool:
    """Say whether the recipient still wants it: who left since, or stopped the mails, gets nothing."""
    if delivery.webhook is not None:
        return delivery.webhook.is_active or delivery.kind == DeliveryKind.TEST
    assert delivery.user is not None
    stopped = NotificationSettings.objects.filter(user=delivery.user, wants_mail=False)
    return bool(delivery.user.is_active and delivery.user.email and not stopped.exists())


def _hand_over(delivery: Delivery) -> str:
    if delivery.webhook is not None:
        return post_webhook(delivery, delivery.webhook)
    assert delivery.user is not None
    return send_mail_of(delivery, delivery.user)


def _put_off(delivery: Delivery, now: datetime, error: str) -> str:
    if now - delivery.created_at >= GIVE_UP_AFTER:
        return _close(delivery, now, DeliveryStatus.GIVEN_UP, error)
    pause = min(timedelta(minutes=2 ** min(delivery.tries, 10)), LONGEST_PAUSE)
    _note(delivery, now, is_sent=False, detail=error, due_at=now + pause)
    return "failed"


def _close(delivery: Delivery, now: datetime, status: DeliveryStatus, detail: str = "") -> str:
    is_sent = status == DeliveryStatus.SENT
    _note(delivery, now, is_sent=is_sent, detail=detail, status=status, sent_at=now if is_sent else None)
    return str(status.value)


@transaction.atomic
def _note(delivery: Delivery, now: datetime, *, is_sent: bool, detail: str, **changes: Any) -> None:
    """Write what came of the try, unless another sender has closed the message meanwhile."""
    detail = detail.replace("\x00", "")[:300]
    DeliveryAttempt.objects.create(delivery=delivery, at=now, is_sent=is_sent, detail=detail)
    changes |= {"leased_until": None, "error": "" if is_sent else detail}
    Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.WAITING).update(**changes)
