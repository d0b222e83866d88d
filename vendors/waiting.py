"""Waiting for locks: why a wait ended, and writing what is good to know and never worth waiting for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

BUSY_TIMEOUT_MS = 20_000
"""As in the settings of the database."""


LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code of a wait that was given up, because somebody else holds the lock."""

PASSING = frozenset({"40001", "40P01", LOCK_NOT_AVAILABLE})
"""Serialisation failure, deadlock, lock not available."""


def sqlstate_of(error: BaseException) -> str | None:
    """Return PostgreSQL's code of a database error; null of every other error."""
    code: str | None = getattr(error.__cause__, "sqlstate", None)
    return code


def is_passing(error: BaseException) -> bool:
    """Say whether PostgreSQL broke the transaction off for another's sake; the whole of it may be tried again."""
    return sqlstate_of(error) in PASSING


@contextmanager
def without_waiting() -> Iterator[None]:
    """Let a statement fail at once (OperationalError), instead of waiting, where somebody else holds the lock."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout = 0")
            try:
                yield
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        else:
            with transaction.atomic():
                cursor.execute("SET LOCAL lock_timeout = '50ms'")
                yield
