"""Is the service able to do its work right now: database, broker, scheduler, feeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from redis import Redis

from bpo.models import JobRun
from kpis.models import RecalculationMark, Submission

HEARTBEAT = "scheduler"
"""The job run the scheduler leaves behind at every ring (see services/sweep.py)."""
OLDEST_SWEEP_SECONDS = 150
"""The sweep rings every 30 s; five missed ones mean that nobody schedules."""
OLDEST_FEED_SECONDS = 36 * 60 * 60


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``ok`` is null where it does not apply; ``age_seconds`` where it has an age."""

    name: str
    ok: bool | None
    detail: str = ""
    age_seconds: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for a JSON answer."""
        return asdict(self)


def readiness(now: datetime) -> list[Check]:
    """Return what /readyz reports. Never raises: what cannot be asked is not all right."""
    database = _guarded("database", _database)
    checks = [database, _guarded("broker", _broker)]
    if not database.ok:
        return checks
    return [
        *checks,
        _guarded("scheduler", lambda: _scheduler(now)),
        _guarded("feed", lambda: _feed(now)),
        _guarded("pending", _pending),
    ]


def is_ready(checks: list[Check]) -> bool:
    """Say whether the service can work. A late feed is the vendors' affair and takes no server out of service."""
    return all(check.ok is not False for check in checks if check.name in ("database", "broker", "scheduler"))


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except Exception as error:
        # The kind of fault is enough for the reader; its text may hold addresses and passwords.
        return Check(name, False, type(error).__name__)


def _database() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return Check("database", True, connection.vendor)


def _broker() -> Check:
    if settings.BROKER_KIND == "redis":
        with Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=0.5, socket_connect_timeout=0.5) as broker:
            broker.ping()
    elif settings.BROKER_KIND == "files":
        if not settings.BROKER_DIR.is_dir():
            return Check("broker", False, "folder_missing")
    else:
        return Check("broker", None, "none")
    return Check("broker", True, settings.BROKER_KIND)


def _scheduler(now: datetime) -> Check:
    if settings.BROKER_KIND == "none":
        return Check("scheduler", None, "none")
    last = JobRun.objects.filter(name=HEARTBEAT).values_list("ended_at", flat=True).first()
    if last is None:
        return Check("scheduler", False, "never_ran")
    age = _age(now, last)
    return Check("scheduler", age <= OLDEST_SWEEP_SECONDS, age_seconds=age)


def _feed(now: datetime) -> Check:
    last = Submission.objects.order_by("-received_at").values_list("received_at", flat=True).first()
    if last is None:
        return Check("feed", None, "none_yet")
    age = _age(now, last)
    return Check("feed", age <= OLDEST_FEED_SECONDS, age_seconds=age)


def _pending() -> Check:
    return Check("pending", None, str(RecalculationMark.objects.count()))


def _age(now: datetime, then: datetime) -> int:
    return max(0, int((now - then).total_seconds()))
