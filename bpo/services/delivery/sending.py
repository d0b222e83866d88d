"""Sends the messages that are due: each under a lease, outside any transaction, and marked only afterwards."""

from __future__ import annotations

import smtplib
import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from bpo.calc.timing import next_allowed
from bpo.choices import DeliveryKind, DeliveryStatus
from bpo.models import Delivery, DeliveryAttempt
from bpo.queries.delivery_texts import Told, told_of
from bpo.queries.recipients import Reader, home_holidays, reader_of
from bpo.services.delivery import report_mails
from bpo.services.delivery.addresses import Forbidden
from bpo.services.delivery.mails import send_mail_of
from bpo.services.delivery.posting import post_webhook

log = structlog.get_logger("delivery")

OF_THE_SERVER = (
    smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected, smtplib.SMTPAuthenticationError, smtplib.SMTPHeloError,
)  # fmt: skip
"""Faults that every mail of the run would meet."""
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
    started = time.monotonic()
    while (passed := int(time.monotonic() - started)) < BUDGET_SECONDS:
        at = now + timedelta(seconds=passed)
        delivery = _lease(at, resting)
        if delivery is None:
            break
        outcome, rests = _send(delivery, at)
        done[outcome] += 1
        if rests is not None:
            resting |= rests
    return {name: done[name] for name in ("sent", "failed", "given_up", "dropped")}


def _resting(delivery: Delivery, error: Exception) -> Q:
    """Return what is not tried again in this run: all mail where the server fails, else this recipient alone."""
    if delivery.webhook_id:
        return Q(webhook=delivery.webhook_id)
    is_of_server = isinstance(error, OF_THE_SERVER) or not isinstance(error, smtplib.SMTPException)
    if is_of_server and isinstance(error, OSError):
        return Q(webhook__isnull=True)
    return Q(user=delivery.user_id) if delivery.user_id else Q(address=delivery.address, user__isnull=True)


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


def _send(delivery: Delivery, now: datetime) -> tuple[str, Q | None]:
    """Try once and note what came of it; return that, and what rests for the run."""
    reader = reader_of(delivery.user) if delivery.user is not None else None
    report = delivery.report
    if report is not None:
        is_wanted = report_mails.is_wanted(report)
        hand_over = partial(report_mails.send_report, delivery, report)
    else:
        told = told_of(delivery, reader)
        is_wanted, hand_over = _is_wanted(delivery, reader, told), partial(_hand_over, delivery, told)
    if not is_wanted:
        return _close(delivery, now, DeliveryStatus.DROPPED), None
    try:
        answer = hand_over()
    except Forbidden as error:
        return _close(delivery, now, DeliveryStatus.GIVEN_UP, str(error.detail)), None
    except Exception as error:
        # Whatever a mail server or an address does: the message stays, and the next one is sent.
        log.warning("not delivered", delivery=str(delivery.pk), error=type(error).__name__)
        return _put_off(delivery, reader, now, f"{type(error).__name__}: {error}"), _resting(delivery, error)
    return _close(delivery, now, DeliveryStatus.SENT, answer), None


def _is_wanted(delivery: Delivery, reader: Reader | None, told: Told) -> bool:
    """Say whether the recipient still wants it: who left since, lost the role or stopped the mails gets nothing."""
    is_test = delivery.kind == DeliveryKind.TEST
    if delivery.webhook is not None:
        return delivery.webhook.is_active or is_test
    assert reader is not None
    may_be_told = reader.user.is_active and bool(reader.user.email)
    return may_be_told and (is_test or (reader.wishes.wants_mail and told.count > 0))


def _hand_over(delivery: Delivery, told: Told) -> str:
    if delivery.webhook is not None:
        return post_webhook(delivery, delivery.webhook, told)
    assert delivery.user is not None
    return send_mail_of(delivery, delivery.user, told)


def _put_off(delivery: Delivery, reader: Reader | None, now: datetime, error: str) -> str:
    """Have it tried again later, for people within their hours; give it up three days after its first try."""
    first = delivery.attempts.order_by("id").values_list("at", flat=True).first()
    if first is not None and now - first >= GIVE_UP_AFTER:
        return _close(delivery, now, DeliveryStatus.GIVEN_UP, error)
    due = now + min(timedelta(minutes=2 ** min(delivery.tries, 10)), LONGEST_PAUSE)
    if reader is not None:
        local = due.astimezone(ZoneInfo(settings.TIME_ZONE))
        due = next_allowed(local, reader.hours, home_holidays(local.date()))
    _note(delivery, now, is_sent=False, detail=error, due_at=due)
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
    rows = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.WAITING)
    if not is_sent:
        # Another sender took it over meanwhile: what comes of its try counts.
        rows = rows.filter(tries=delivery.tries)
    rows.update(**changes)
