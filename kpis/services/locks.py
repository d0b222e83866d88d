"""One lock per key of recalculation, taken before anything is read.

Without it two workers that drain marks of one key can each read before the other writes, and the stale result
wins with no mark left. SQLite needs none: every transaction that writes holds the only write lock.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

RECALCULATION = 7101
"""First half of the advisory lock's number; the second is the key."""


def lock_keys(keys: Iterable[int | None], *, wait: bool = True) -> list[int | None]:
    """Lock contract ids (null: the programme) until the transaction ends and return those that were got.

    They are taken in one order by everybody, so two drains cannot deadlock. Without ``wait`` a key somebody
    else holds is left out.
    """
    ordered = sorted(set(keys), key=lambda key: key or 0)
    if connection.vendor != "postgresql" or not ordered:
        return ordered
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    numbers = [(key or 0) % 2**31 for key in ordered]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {function}(%s, key) FROM unnest(%s::int[]) AS key",
            [RECALCULATION, numbers],
        )
        got = [row[0] for row in cursor.fetchall()]
    return [key for key, ok in zip(ordered, got, strict=True) if wait or ok]


def held_by_others() -> set[int | None]:
    """Return the keys that somebody else holds just now: whoever looks for work leaves them alone."""
    if connection.vendor != "postgresql":
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"
            " AND pid <> pg_backend_pid()"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [RECALCULATION],
        )
        return {row[0] or None for row in cursor.fetchall()}


def commit_lazily() -> None:
    """Let the transaction commit without waiting for the disk: for what is only ever computed from what is stored.

    A power cut may undo the last of it, but only whole: the marks, stored durably with what was submitted, are back
    then and everything is computed again. A killed process loses nothing.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
