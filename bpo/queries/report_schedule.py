"""When a report goes out: on a business day after the end of the period it is about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from bpo.models import JobRun, ReportSubscription
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period, period_of
from vendors.calc.closing import business_day
from vendors.clock import local_date
from vendors.models import Holiday

JOB = "report"
"""The name of the job whose slots are claimed once each."""
PATIENCE = timedelta(minutes=10)
"""So long after its time a report that was not made is worth a word."""
TWO_YEARS = timedelta(days=731)


def last_period(kind: str, now: datetime) -> Period:
    """Return the newest period of a kind that is over."""
    return period_of(PeriodKind(kind), local_date(now, settings.TIME_ZONE)).previous()


def due_at(subscription: ReportSubscription, period: Period, holidays: Collection[date]) -> datetime:
    """Return when the report about ``period`` goes out: on its business day after the end, at its time of day."""
    day = business_day(period.end, subscription.business_day, holidays)
    return datetime.combine(day, subscription.at, ZoneInfo(settings.TIME_ZONE))


def holidays_around(now: datetime) -> frozenset[date]:
    """Return the home country's holidays that any report due near ``now`` may meet; one query."""
    rows = Holiday.objects.filter(
        country=settings.HOME_COUNTRY, centre__isnull=True, is_open=False,
        date__gte=now.date() - TWO_YEARS, date__lte=now.date() + TWO_YEARS,
    )  # fmt: skip
    return frozenset(rows.values_list("date", flat=True))


def due_period(subscription: ReportSubscription, now: datetime, holidays: Collection[date]) -> Period | None:
    """Return the newest period whose report is due by now; null where that was before the subscription began.

    Only the newest: after a standstill of weeks nobody is sent the reports that were overtaken meanwhile.
    """
    period = _newest_due(subscription, now, holidays)
    return period if due_at(subscription, period, holidays) >= subscription.since else None


def next_due(subscription: ReportSubscription, now: datetime, holidays: Collection[date]) -> tuple[Period, datetime]:
    """Return what the next report is about and when it goes out, later than ``now``."""
    period = _newest_due(subscription, now, holidays).next()
    return period, due_at(subscription, period, holidays)


def _newest_due(subscription: ReportSubscription, now: datetime, holidays: Collection[date]) -> Period:
    period = last_period(subscription.period, now)
    while due_at(subscription, period, holidays) > now:
        period = period.previous()
    return period


def slot_of(subscription: ReportSubscription, period: Period) -> str:
    """Return the name of what is sent once: this subscription's report about this period."""
    return f"{subscription.pk} {period.kind.value} {period.start}"


def late_period(subscription: ReportSubscription, now: datetime, holidays: Collection[date]) -> Period | None:
    """Return what is due for ten minutes and was not made; null where nothing is."""
    period = due_period(subscription, now - PATIENCE, holidays) if subscription.is_active else None
    if period is None or JobRun.objects.filter(name=JOB, slot=slot_of(subscription, period)).exists():
        return None
    return period


def late_reports(now: datetime) -> list[ReportSubscription]:
    """Return the subscriptions whose report is due and was not made."""
    holidays = holidays_around(now)
    active = ReportSubscription.objects.filter(is_active=True).order_by("pk")
    return [row for row in active if late_period(row, now, holidays) is not None]
