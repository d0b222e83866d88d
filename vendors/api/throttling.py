"""How many requests a minute one key, or one person, may make: the rest are 429 with Retry-After."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import OperationalError
from rest_framework.throttling import BaseThrottle

from vendors import clock
from vendors.actors import Actor
from vendors.services import usage
from vendors.waiting import without_waiting

log = logging.getLogger("api")

WINDOW = timedelta(minutes=1)
PARTS = 60
"""A process takes its requests from the shared counter in parts of a sixtieth, so that few of them cost a write."""
MOST_HELD = 10_000
REFUSED = -1


class RequestRate(BaseThrottle):
    """``REQUESTS_PER_MINUTE`` for each key or person, counted for all processes together; 0 means no limit.

    What a process has taken and not used is lost to the others for that minute: with several processes somebody at
    the limit may be told so up to a sixtieth a process early, and never late.
    """

    held: dict[str, tuple[int, datetime]] = {}
    """By subject, what this process may still let through, and until when."""
    owed: dict[str, tuple[int, datetime]] = {}
    """By subject, what this process let through while the database was busy, to be counted until when."""
    lock = Lock()

    def allow_request(self, request: Any, view: Any) -> bool:
        actor: Actor | None = getattr(request, "actor", None)
        limit: int = settings.REQUESTS_PER_MINUTE
        if actor is None or not limit:
            return True
        self.now = clock.now()
        self.left, self.until = self._one(f"requests:{actor.label}"[:100], limit)
        return self.left > 0

    def wait(self) -> float:
        return max((self.until - self.now).total_seconds(), 0)

    def _one(self, subject: str, limit: int) -> tuple[int, datetime]:
        with self.lock:
            left, until = self.held.get(subject, (0, self.now))
            if until <= self.now or (left <= 0 and left != REFUSED):
                left, until = self._taken(subject, limit)
            for known in (self.held, self.owed):
                if len(known) > MOST_HELD:
                    known.clear()
            self.held[subject] = (left - 1 if left > 0 else left, until)
            return left, until

    def _taken(self, subject: str, limit: int) -> tuple[int, datetime]:
        """Take some requests from the shared counter, with those that are owed to it.

        Nobody waits for the counter: while it cannot be written, this process counts by itself.
        """
        ends_at = self.now + WINDOW
        owed, owed_until = self.owed.get(subject, (0, ends_at))
        if owed_until <= self.now:
            owed, owed_until = 0, ends_at
        try:
            with without_waiting():
                for number in (max(limit // PARTS, 1), 1):
                    if usage.take(subject, number=number + owed, limit=limit, now=self.now, ends_at=ends_at):
                        self.owed.pop(subject, None)
                        return number, self._end(subject, ends_at)
        except OperationalError as error:
            log.info("requests not counted yet: the database was busy", extra={"error": str(error)})
            counted = usage.used(subject, self.now)
            if owed + (counted.number if counted else 0) >= limit:
                return REFUSED, owed_until
            self.owed[subject] = (owed + 1, owed_until)
            return 1, self.now
        return REFUSED, self._end(subject, ends_at)

    def _end(self, subject: str, otherwise: datetime) -> datetime:
        counted = usage.used(subject, self.now)
        return counted.ends_at if counted else otherwise
