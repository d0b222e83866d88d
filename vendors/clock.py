"""The clock. Entrances read it here and pass it in; nothing else in the product asks what time it is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """Return the present moment in UTC."""
    return timezone.now()


def local_days(starts_at: datetime, ends_at: datetime, zone: str) -> tuple[date, date]:
    """Return the first and the last day in ``zone`` that the half-open time lies on: one until midnight has no next."""
    return local_date(starts_at, zone), local_date(ends_at - timedelta(microseconds=1), zone)


def local_date(moment: datetime, zone: str) -> date:
    """Return the calendar date of ``moment`` in the time zone ``zone`` (``"Asia/Seoul"``)."""
    return moment.astimezone(ZoneInfo(zone)).date()
