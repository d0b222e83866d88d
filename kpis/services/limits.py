"""How many queue-days a day may be sent for one vendor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from vendors.actors import Actor
from vendors.errors import TooMany
from vendors.services import usage


def count_rows(actor: Actor, rows: Mapping[int, int], now: datetime) -> None:
    """Count the queue-days stored for each vendor; raise TooMany where a vendor has had its day's worth.

    The day is the service's own (``TIME_ZONE``), ``ROWS_PER_DAY`` of 0 is no limit, and the service itself (commands
    of an operator) has none. Call it inside the transaction that stores them.
    """
    limit: int = settings.ROWS_PER_DAY
    if not limit or (actor.api_key_id is None and actor.user_id is None):
        return
    midnight = _next_midnight(now)
    subjects = {_subject(vendor): number for vendor, number in rows.items()}
    for subject in usage.take_each(subjects, limit=limit, now=now, ends_at=midnight):
        raise _too_many(subject, subjects[subject], limit, now, midnight)


def _subject(vendor: int) -> str:
    return f"rows:{vendor}"


def _next_midnight(now: datetime) -> datetime:
    zone = ZoneInfo(settings.TIME_ZONE)
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)


def _too_many(subject: str, number: int, limit: int, now: datetime, midnight: datetime) -> TooMany:
    used = usage.used(subject, now)
    text = _(
        "A vendor may send %(limit)s queue-days a day. Today's are %(used)s, and this body has %(number)s more; nothing"
        " of it was stored. Send it after midnight (%(zone)s)."
    )
    filling = {
        "limit": f"{limit:,}",
        "used": f"{used.number if used else 0:,}",
        "number": f"{number:,}",
        "zone": settings.TIME_ZONE,
    }
    seconds = int((midnight - now).total_seconds()) + 1
    return TooMany("rows_per_day", text % filling, retry_after=seconds)
