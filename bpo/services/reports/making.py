"""Makes reports that are due, once for each subscription and period, and puts them into the outbox.

A report is written first, outside any transaction. Then its slot is claimed and everything is stored, all or nothing:
two schedulers make it once, and one that dies in between has made nothing. Sending is the outbox's.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from bpo.calc.timing import Hours, next_allowed
from bpo.choices import DeliveryKind, JobStatus, ReportCause, ReportKind
from bpo.models import Delivery, JobRun, ReportFile, ReportSubscription, SentReport
from bpo.queries.recipients import home_holidays, reader_of
from bpo.queries.report_recipients import ALL_STAFF, Recipient, language_of, recipients_of, refusal
from bpo.queries.report_schedule import JOB, due_period, holidays_around, last_period, slot_of
from bpo.services.reports.attaching import Attachment
from bpo.services.reports.composing import Letter, compose
from bpo.services.reports.links import make_link
from kpis.calc.periods import Period
from vendors.actors import SYSTEM, Actor, Capability
from vendors.authentication import actor_of
from vendors.clock import local_date
from vendors.errors import Conflict, Forbidden, Invalid
from vendors.services.audit import record

log = structlog.get_logger("reports")


@dataclass(frozen=True)
class Issue:
    """One report about one period, as it is made now."""

    subscription: ReportSubscription
    period: Period
    cause: ReportCause
    slot: str
    actor: Actor
    now: datetime

    def due_for(self, recipient: Recipient) -> datetime:
        """Return when it may go out: on its day within people's quiet hours, at once where somebody asked for it."""
        if self.cause != ReportCause.SCHEDULE:
            return self.now
        hours = reader_of(recipient.user).hours if recipient.user is not None else Hours()
        return next_allowed(self.now.astimezone(ZoneInfo(settings.TIME_ZONE)), hours, self._holidays)

    @cached_property
    def _holidays(self) -> frozenset[date]:
        return home_holidays(local_date(self.now, settings.TIME_ZONE))


def make_due(*, now: datetime) -> dict[str, int]:
    """Make every report that is due and was not made; return how many mails were made, and reports that failed.

    One that cannot be made holds up no other and is tried again with the next round.
    """
    done = {"made": 0, "not_made": 0}
    holidays = holidays_around(now)
    for subscription in ReportSubscription.objects.filter(is_active=True).order_by("pk"):
        period = due_period(subscription, now, holidays)
        if period is None or _is_claimed(subscription, period):
            continue
        try:
            done["made"] += _make(subscription, period, ReportCause.SCHEDULE, SYSTEM, now)
        except Conflict:
            continue  # another scheduler was faster
        except Exception as error:
            log.exception("report not made", subscription=subscription.pk, error=type(error).__name__)
            done["not_made"] += 1
    return done


def send_now(subscription: ReportSubscription, *, actor: Actor, now: datetime) -> int:
    """Send the report about the newest period that is over to everybody, now; return how many mails were made.

    Raises Conflict ``sent_already`` where it went out, Invalid ``no_recipient`` where nobody would get it.
    """
    check_right(actor)
    period = last_period(subscription.period, now)
    if not recipients_of(subscription)[0]:
        raise Invalid("no_recipient", _("Nobody would get it: name people, a group or addresses first."))
    made = _make(subscription, period, ReportCause.ASKED, actor, now)
    record(actor=actor, action="report.send", obj=subscription, now=now, changes={"start": period.start.isoformat()})
    return made


def send_test(subscription: ReportSubscription, *, user: User, now: datetime) -> SentReport:
    """Send the report about the newest period that is over to one person alone; the real one goes out all the same.

    Raises Forbidden where somebody may not have it, Invalid ``no_address`` without a mail address.
    """
    actor = actor_of(user)
    check_right(actor)
    if refused := refusal(subscription.kind, user, actor):
        text = _("Your account has no mail address; ask whoever manages the accounts.")
        raise Invalid("no_address", text) if refused == "no_address" else Forbidden("role", _no_role())
    period = last_period(subscription.period, now)
    language = language_of(user, subscription.language)
    reader = actor if subscription.kind == "executive" else ALL_STAFF
    letter = compose(subscription, period, actor=reader, language=language, now=now, is_test=True)
    issue = Issue(subscription, period, ReportCause.TEST, f"test {uuid.uuid4()}", actor, now)
    with transaction.atomic():
        store_files([letter.attachments])
        return _store(issue, Recipient(user.email.lower(), language, reader, user), letter)


def check_right(actor: Actor) -> None:
    """Raise Forbidden for who does not see to reports: they are about all vendors."""
    if not actor.may(Capability.MANAGE_REPORTS):
        raise Forbidden("role", _no_role())


def _no_role() -> str:
    return _("Your role does not include this function.")


def _is_claimed(subscription: ReportSubscription, period: Period) -> bool:
    return JobRun.objects.filter(name=JOB, slot=slot_of(subscription, period)).exists()


def _make(subscription: ReportSubscription, period: Period, cause: ReportCause, actor: Actor, now: datetime) -> int:
    """Write a report for everybody, claim its slot and store it; return how many mails. Raises Conflict."""
    issue = Issue(subscription, period, cause, slot_of(subscription, period), actor, now)
    recipients, _left_out = recipients_of(subscription)
    letters: dict[object, Letter] = {}
    for one in recipients:
        if one.sight not in letters:
            letters[one.sight] = compose(subscription, period, actor=one.actor, language=one.language, now=now)
    with transaction.atomic():
        done = {"status": JobStatus.DONE, "ended_at": now, "done": len(recipients), "total": len(recipients)}
        _run, is_mine = JobRun.objects.get_or_create(name=JOB, slot=issue.slot, defaults=done)
        if not is_mine:
            raise Conflict("sent_already", _("The report about this period was sent already."))
        store_files([letter.attachments for letter in letters.values()])
        for one in recipients:
            _store(issue, one, letters[one.sight])
    return len(recipients)


def store_files(attachments: Sequence[Sequence[Attachment]]) -> None:
    """Keep the bytes of the attachments, once each, in the order of their hashes."""
    files = {one.sha256: one.content for several in attachments for one in several}
    for sha256, content in sorted(files.items()):
        ReportFile.objects.get_or_create(sha256=sha256, defaults={"content": content, "size": len(content)})


def _store(issue: Issue, recipient: Recipient, letter: Letter) -> SentReport:
    """Keep one recipient's report, the link that opens it, and its place in the outbox."""
    about, now = issue.subscription, issue.now
    is_told = about.kind != ReportKind.ALL_STAFF  # which tells of no vendor
    report = SentReport.objects.create(
        subscription=about, cause=issue.cause, slot=issue.slot, kind=about.kind, period=about.period,
        start=issue.period.start, language=recipient.language, user=recipient.user, address=recipient.address,
        subject=letter.subject, text=letter.text, html=letter.html, content=letter.content,
        files=[one.as_dict() for one in letter.attachments], link_days=about.link_days,
        is_of_all=is_told and recipient.reader.sees_all_vendors, made_by=issue.actor.label[:200], made_at=now,
    )  # fmt: skip
    if is_told and not report.is_of_all:
        report.vendors.set(recipient.reader.vendor_ids)
    make_link(report, days=about.link_days, made_by=issue.actor.label, now=now, is_personal=True)
    Delivery.objects.create(
        kind=DeliveryKind.REPORT, user=recipient.user, address="" if recipient.user else recipient.address,
        report=report, created_at=now, due_at=issue.due_for(recipient),
    )  # fmt: skip
    return report
