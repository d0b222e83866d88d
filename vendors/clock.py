"""The clock. Entrances read it here and pass it in; nothing else in the product asks what time it is."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """Return the present moment in UTC."""
    return timezone.now()


def local_date(moment: datetime, zone: str) -> date:
    """Return the calendar date of ``moment`` in the time zone ``zone`` (``"Asia/Seoul"``)."""
    return moment.astimezone(ZoneInfo(zone)).date()
