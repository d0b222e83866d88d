"""When a report goes out: on a business day after the end of the period it is about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from bpo.models import ReportSubscription
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period, period_of
from vendors.calc.closing import business_day
from vendors.clock import local_date
from vendors.models import Holiday

JOB = "report"
"""The name of the job whose slots are claimed once each."""
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
