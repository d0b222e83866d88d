"""Reads and writes queue-days in bulk: a constant number of statements, whatever the number of rows.

Rows go in as columns (PostgreSQL: arrays; SQLite: one JSON list, and ``executemany`` for the writing), sorted by
their key, so that two submissions never wait for each other in a circle. Documents travel as JSON text.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from django.db import connection

from kpis.services.feed.facts import Current, Key
from kpis.services.feed.merging import Merged
from vendors.models import Queue
from vendors.querysets import one_of

_READ = """
SELECT d.queue_id, d.date, d.is_month, d.measures{text}, d.submission_id, d.origins{text}
  FROM {keys} JOIN kpis_dailymetric d
    ON d.queue_id = k.queue_id AND d.date = k.date AND d.is_month = k.is_month
"""
_KEYS = {
    "postgresql": "unnest(%s::bigint[], %s::date[], %s::boolean[]) AS k(queue_id, date, is_month)",
    "sqlite": "(SELECT value ->> 0 AS queue_id, value ->> 1 AS date, value ->> 2 AS is_month FROM json_each(%s)) k",
}
_WRITE_DAYS = """
INSERT INTO kpis_dailymetric (queue_id, date, is_month, submission_id, measures, origins) {rows}
ON CONFLICT (queue_id, date, is_month) DO UPDATE SET measures = excluded.measures, origins = excluded.origins
"""
_WRITE_REVISIONS = """
INSERT INTO kpis_metricrevision (queue_id, date, is_month, submission_id, changes) {rows}
"""
DAYS_A_STATEMENT = 5_000
"""Documents that are in memory as text at once, at most."""
_SEPARATOR = "\x1f"
"""Stands in no JSON text, so that a column of documents travels as one text: escaping an array of them costs
more than storing it."""


def lock_queues(queue_ids: Collection[int]) -> None:
    """Hold the queues until the transaction ends, so that revisions of a value get numbers without gap."""
    if connection.vendor == "postgresql":
        rows = Queue.objects.filter(id__in=one_of(queue_ids)).select_for_update(no_key=True).order_by("id")
        list(rows.values_list("id"))


def read_days(keys: Collection[Key]) -> dict[Key, Current]:
    """Return those of the queue-days that exist. Call it with their queues locked."""
    is_postgresql = connection.vendor == "postgresql"
    sql = _READ.format(keys=_KEYS[connection.vendor], text="::text" if is_postgresql else "")
    found = {}
    decode = msgspec.json.decode
    with connection.cursor() as cursor:
        cursor.execute(sql, _columns(sorted(keys)) if is_postgresql else [_key_list(keys)])
        for queue, day, is_month, measures, submission, origins in cursor.fetchall():
            key = Key(queue, _date(day), bool(is_month))
            found[key] = Current(
                measures=decode(measures),
                submission_id=_uuid(submission),
                origins=decode(origins) if origins != "{}" else {},
            )
    return found


def write_days(merged: Sequence[Merged], submission_id: uuid.UUID) -> None:
    """Store the documents, and one revision for each queue-day that was there before and changed."""
    ordered = sorted((day for day in merged if day.is_stored), key=lambda day: day.row.key)
    for part in _parts(ordered):
        keys = [day.row.key for day in part]
        _insert(_WRITE_DAYS, submission_id, keys, [day.measures for day in part], [day.origins for day in part])
    for part in _parts([day for day in ordered if day.changes]):
        _insert(_WRITE_REVISIONS, submission_id, [day.row.key for day in part], [day.changes for day in part])


def _parts(days: Sequence[Merged]) -> Iterator[Sequence[Merged]]:
    for start in range(0, len(days), DAYS_A_STATEMENT):
        yield days[start : start + DAYS_A_STATEMENT]


def months_with_days(months: Collection[Key]) -> set[Key]:
    """Return those of the month rows whose month has queue-days reported one by one."""
    found = set()
    for key in months:
        end = date(key.date.year + key.date.month // 12, key.date.month % 12 + 1, 1)
        found.add((key.queue_id, key.date, end))
    if not found:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_month_sql(), _month_values(sorted(found)))
        return {Key(queue, _date(first), True) for queue, first in cursor.fetchall()}


def _month_sql() -> str:
    is_postgresql = connection.vendor == "postgresql"
    keys = (
        "unnest(%s::bigint[], %s::date[], %s::date[]) AS k(queue_id, first, until)"
        if is_postgresql
        else "(SELECT value ->> 0 AS queue_id, value ->> 1 AS first, value ->> 2 AS until FROM json_each(%s)) k"
    )
    empty = "'{}'"
    return f"""SELECT k.queue_id, k.first FROM {keys} WHERE EXISTS (
        SELECT 1 FROM kpis_dailymetric d WHERE d.queue_id = k.queue_id AND d.date >= k.first AND d.date < k.until
           AND NOT d.is_month AND d.measures{"::text" if is_postgresql else ""} <> {empty})"""


def _month_values(rows: Sequence[tuple[int, date, date]]) -> list[Any]:
    if connection.vendor == "postgresql":
        return _columns(rows)
    return [json.dumps([[queue, first.isoformat(), until.isoformat()] for queue, first, until in rows])]


def _insert(sql: str, submission_id: uuid.UUID, keys: Sequence[Key], *documents: Sequence[Mapping[str, Any]]) -> None:
    texts = [[_json(document) for document in column] for column in documents]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            values = [*_columns(keys), *(_SEPARATOR.join(column) for column in texts)]
            cursor.execute(sql.format(rows=_unnest(len(texts))), [submission_id, *values])
        else:
            marks = ", ".join(["%s"] * (4 + len(texts)))
            flat = [(key.queue_id, key.date.isoformat(), int(key.is_month), submission_id.hex) for key in keys]
            rows = [(*key, *row) for key, row in zip(flat, zip(*texts, strict=True), strict=True)]
            cursor.executemany(sql.format(rows=f"VALUES ({marks})"), rows)


def _unnest(documents: int) -> str:
    names = [f"j{number}" for number in range(documents)]
    arrays = "".join(f", string_to_array(%s, chr({ord(_SEPARATOR)}))" for _ in names)
    return f"""SELECT q, d, m, s.id, {", ".join(f"{name}::json" for name in names)}
        FROM (SELECT %s::uuid AS id) s,
             unnest(%s::bigint[], %s::date[], %s::boolean[]{arrays}) AS t(q, d, m, {", ".join(names)})"""


def _columns(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return columns of numbers, dates and booleans as PostgreSQL writes arrays: far faster than the driver does."""
    return ["{" + ",".join(map(str, column)) + "}" for column in zip(*rows, strict=True)]


def _key_list(keys: Collection[Key]) -> str:
    return json.dumps([[key.queue_id, key.date.isoformat(), int(key.is_month)] for key in sorted(keys)])


def _json(document: Mapping[str, Any]) -> str:
    return msgspec.json.encode(document).decode()


def _date(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _uuid(value: uuid.UUID | str) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)
