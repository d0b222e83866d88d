"""Ending a report by the link in its mail, and having it again by the same link."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.core import signing
from django.db import transaction

from bpo.models import ReportOptOut, SentReport
from vendors.actors import Actor
from vendors.services.audit import record

STOP = "bpo.reports.stop"
"""The salt of the links that end a report."""


def stop_token(report_id: uuid.UUID) -> str:
    """Return what proves that somebody has this mail in hand; it does not expire, as the mail does not."""
    return signing.Signer(salt=STOP, sep=".").sign(report_id.hex)


def report_of_token(token: str) -> SentReport | None:
    """Return whose mail a token belongs to; null where it is not ours."""
    try:
        number = uuid.UUID(signing.Signer(salt=STOP, sep=".").unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    found: SentReport | None = SentReport.objects.select_related("subscription").filter(pk=number).first()
    return found


def has_ended(report: SentReport) -> bool:
    """Say whether the recipient ended the reports of this subscription."""
    return ReportOptOut.objects.filter(subscription=report.subscription_id, address=report.address).exists()


@transaction.atomic
def end(report: SentReport, *, now: datetime) -> None:
    """Send the address no more reports of this subscription."""
    _made, is_new = ReportOptOut.objects.get_or_create(
        subscription=report.subscription, address=report.address, defaults={"at": now}
    )
    if is_new:
        _record(report, "report.stop", now)


@transaction.atomic
def begin_again(report: SentReport, *, now: datetime) -> None:
    """Send the address the reports of this subscription again."""
    if ReportOptOut.objects.filter(subscription=report.subscription, address=report.address).delete()[0]:
        _record(report, "report.begin_again", now)


def _record(report: SentReport, action: str, now: datetime) -> None:
    who = report.user.get_username() if report.user is not None else report.address
    actor = Actor(f"user:{who}" if report.user is not None else f"mail:{who}", user_id=report.user_id)
    record(actor=actor, action=action, obj=report.subscription, now=now, changes={"address": report.address})
