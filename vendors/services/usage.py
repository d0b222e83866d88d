"""Counts what is limited: in the database, so that several web processes share one limit.

A counter begins with the first thing counted and ends at a moment its caller names; what comes after begins anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import F

from vendors.models import UsageCounter

# Where the limit would be passed it returns no row and counts nothing. Counters are taken in one order by everybody,
# so that two who take several never wait for each other in a circle.
_TAKE = """
INSERT INTO vendors_usagecounter AS c (subject, count, ends_at)
SELECT subject, number, {ends_at} FROM {wanted} AS wanted WHERE true ORDER BY subject
ON CONFLICT (subject) DO UPDATE SET
       count = CASE WHEN c.ends_at <= %(now)s THEN excluded.count ELSE c.count + excluded.count END,
       ends_at = CASE WHEN c.ends_at <= %(now)s THEN excluded.ends_at ELSE c.ends_at END
 WHERE c.ends_at <= %(now)s OR c.count + excluded.count <= %(limit)s
RETURNING subject
"""
_WANTED = {
    "postgresql": "(SELECT key AS subject, value::integer AS number FROM jsonb_each_text(%(wanted)s::jsonb))",
    "sqlite": "(SELECT key AS subject, value AS number FROM json_each(%(wanted)s))",
}
_ENDS_AT = {"postgresql": "%(ends_at)s::timestamptz", "sqlite": "%(ends_at)s"}
_AS_LARGE_AS_IT_GETS = 2**31 - 1


class Usage(NamedTuple):
    """How much of something was used, and when counting begins anew."""

    number: int
    ends_at: datetime


def take(subject: str, *, number: int = 1, limit: int, now: datetime, ends_at: datetime) -> bool:
    """Count ``number`` more of ``subject`` and return True; or return False where that would pass ``limit``.

    A counter that begins now ends at ``ends_at``. Two who take at once wait for each other and never pass the limit.
    """
    return not take_each({subject: number}, limit=limit, now=now, ends_at=ends_at)


def take_each(numbers: Mapping[str, int], *, limit: int, now: datetime, ends_at: datetime) -> list[str]:
    """Count several subjects as :func:`take` does, in one statement; return those whose ``limit`` would be passed."""
    wanted = {subject: number for subject, number in numbers.items() if number <= limit}
    if not wanted:
        return sorted(numbers)
    moments = {"now": now, "ends_at": ends_at}
    given = {name: connection.ops.adapt_datetimefield_value(moment) for name, moment in moments.items()}
    vendor = connection.vendor
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE.format(wanted=_WANTED[vendor], ends_at=_ENDS_AT[vendor]),
            {**given, "wanted": json.dumps(wanted), "limit": limit},
        )
        taken = {row[0] for row in cursor.fetchall()}
    return sorted(numbers.keys() - taken)


def add(subject: str, *, now: datetime, ends_at: datetime) -> None:
    """Count one more of ``subject``, without a limit."""
    take(subject, limit=_AS_LARGE_AS_IT_GETS, now=now, ends_at=ends_at)


def used(subject: str, now: datetime) -> Usage | None:
    """Return what was counted of ``subject`` so far; None where counting has not begun."""
    row = UsageCounter.objects.filter(subject=subject, ends_at__gt=now).values_list("count", "ends_at").first()
    return Usage(*row) if row else None


def give_back(subject: str) -> None:
    """Take back one that was counted."""
    UsageCounter.objects.filter(subject=subject, count__gt=0).update(count=F("count") - 1)


def clear(subject: str) -> None:
    """Begin counting anew."""
    UsageCounter.objects.filter(subject=subject).delete()


def forget(*, now: datetime) -> int:
    """Remove the counters that have ended and return how many."""
    return UsageCounter.objects.filter(ends_at__lte=now).delete()[0]


def hashed(text: str) -> str:
    """Return a short digest for a subject that holds what somebody typed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
