"""Subscriptions and sent reports as the pages show them and the API answers them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet

from bpo.choices import DeliveryStatus
from bpo.models import ReportSubscription, SentReport
from bpo.queries.alert_words import period_words
from bpo.queries.cards import utc
from bpo.queries.report_recipients import LeftOut, Recipient, recipients_of
from bpo.queries.report_schedule import holidays_around, last_period, late_period, next_due
from vendors.choices import VENDOR_ROLES

if TYPE_CHECKING:
    from kpis.calc.periods import Period
    from vendors.actors import Actor

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """One subscription in a list: what the next report is about and when it goes out (null while it rests)."""

    subscription: ReportSubscription
    about: str
    next_at: datetime | None
    people: int

    @property
    def named(self) -> int:
        """How many people, groups and addresses it names."""
        return self.people + len(self.subscription.roles) + len(self.subscription.addresses)


@dataclass(frozen=True, slots=True)
class SubscriptionPage:
    """One subscription with who gets it now and who does not."""

    row: SubscriptionRow
    recipients: Sequence[Recipient]
    left_out: Sequence[LeftOut]
    last_about: str
    late_about: str
    """What is due and could not be made yet; empty where nothing is."""

    @property
    def unshown(self) -> int:
        """How many recipients are counted and not listed."""
        return max(0, len(self.recipients) - MOST_SHOWN)


def subscription_rows(actor: Actor, *, now: datetime) -> list[SubscriptionRow]:
    """Return every subscription with its next date."""
    rows = ReportSubscription.objects.visible_to(actor).annotate(people=Count("users"))
    holidays = holidays_around(now)
    return [_row(row, row.people, now, holidays) for row in rows.order_by("-is_active", "name", "pk")]


def subscription_page(subscription: ReportSubscription, *, now: datetime) -> SubscriptionPage:
    """Return one subscription's page."""
    recipients, left_out = recipients_of(subscription)
    holidays = holidays_around(now)
    row = _row(subscription, subscription.users.count(), now, holidays)
    last = last_period(subscription.period, now)
    late = late_period(subscription, now, holidays)
    return SubscriptionPage(row, recipients, left_out, _named(last), _named(late) if late else "")


def _named(period: Period) -> str:
    return period_words(period.kind.value, period.start)


def _row(subscription: ReportSubscription, people: int, now: datetime, holidays: Collection[date]) -> SubscriptionRow:
    period, due = next_due(subscription, now, holidays)
    return SubscriptionRow(subscription, _named(period), due if subscription.is_active else None, people)


def offered_people() -> list[User]:
    """Return the people of the company with a mail address, whom a subscription may name one by one."""
    staff = User.objects.filter(is_active=True).exclude(email="").prefetch_related("memberships")
    vendors = {str(role) for role in VENDOR_ROLES}
    return [
        user
        for user in staff.order_by("username")
        if user.is_superuser or any(row.role not in vendors for row in user.memberships.all())
    ]


def sent_reports(actor: Actor) -> QuerySet[SentReport]:
    """Return the sent reports that exist for ``actor``, the newest first, with how far each got; no bodies."""
    rows: QuerySet[SentReport] = SentReport.objects.visible_to(actor)
    return rows.select_related("subscription", "user", "delivery").defer("text", "html", "content")


def presented_report(report: SentReport) -> dict[str, Any]:
    """Return a sent report as JSON-able values, without the mail's bodies."""
    delivery = report.delivery
    return {
        "id": str(report.pk),
        "subscription": report.subscription_id,
        "cause": report.cause,
        "kind": report.kind,
        "period": report.period,
        "start": report.start.isoformat(),
        "language": report.language,
        "user": report.user.get_username() if report.user else None,
        "address": report.address,
        "subject": report.subject,
        "files": report.files,
        "made_by": report.made_by,
        "made_at": utc(report.made_at),
        "status": delivery.status,
        "sent_at": utc(delivery.sent_at),
        "is_late": delivery.status == DeliveryStatus.WAITING and delivery.tries > 0,
    }
