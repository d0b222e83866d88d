"""Reads and writes queue-days in bulk: a constant number of statements, whatever the number of rows.

Rows are read by columns of keys (PostgreSQL: arrays; SQLite: one JSON list) and written by COPY, arrays or
``executemany``, sorted by their key, so that two submissions never wait for each other in a circle. Documents travel
as JSON text.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from django.db import connection

from kpis.services.feed.facts import Current, Key
from kpis.services.feed.merging import Merged

# PostgreSQL is kept from laying the whole table over the keys, which it prefers as long as the table is small.
_READ = {
    "postgresql": """
SELECT k.queue_id, k.date, k.is_month, d.measures::text, d.submission_id, d.origins::text
  FROM unnest(%s::bigint[], %s::date[], %s::boolean[]) AS k(queue_id, date, is_month),
       LATERAL (SELECT measures, submission_id, origins FROM kpis_dailymetric
                 WHERE queue_id = k.queue_id AND date = k.date AND is_month = k.is_month OFFSET 0) AS d
""",
    "sqlite": """
SELECT d.queue_id, d.date, d.is_month, d.measures, d.submission_id, d.origins
  FROM (SELECT value ->> 0 AS queue_id, value ->> 1 AS date, value ->> 2 AS is_month FROM json_each(%s)) AS k
  JOIN kpis_dailymetric d ON d.queue_id = k.queue_id AND d.date = k.date AND d.is_month = k.is_month
""",
}
# Counted, so that no row of a thousand has to be sent.
_LOCK = """
SELECT count(*) FROM (
    SELECT 1 FROM vendors_queue WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE) AS locked
"""
_ADD = "INSERT INTO {table} (queue_id, date, is_month, submission_id, {columns}) VALUES ({marks})"
_COPY = "COPY {table} (queue_id, date, is_month, submission_id, {columns}) FROM STDIN"
# An upsert that always finds its row: an update that joins as many rows takes longer.
_REPLACE = """
INSERT INTO kpis_dailymetric (queue_id, date, is_month, submission_id, measures, origins) {rows}
ON CONFLICT (queue_id, date, is_month) DO UPDATE SET measures = excluded.measures, origins = excluded.origins
"""
DAYS_A_STATEMENT = 5_000
"""Documents that are in memory as text at once, at most."""
_EMPTY = b"{}"
_SEPARATOR = b"\x1f"
"""Stands in no JSON text, so that a column of documents travels as one text: escaping an array of them costs
more than storing it."""


def lock_queues(queue_ids: Collection[int]) -> None:
    """Hold the queues until the transaction ends, so that revisions of a value get numbers without gap."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [_array(sorted(queue_ids))])


def read_days(keys: Collection[Key]) -> dict[Key, Current]:
    """Return those of the queue-days that exist. Call it with their queues locked."""
    is_postgresql = connection.vendor == "postgresql"
    found = {}
    decode = msgspec.json.decode
    with connection.cursor() as cursor:
        cursor.execute(_READ[connection.vendor], _columns(sorted(keys)) if is_postgresql else [_key_list(keys)])
        for queue, day, is_month, measures, submission, origins in cursor.fetchall():
            key = Key(queue, _date(day), bool(is_month))
            found[key] = Current(
                measures=decode(measures),
                submission_id=_uuid(submission),
                origins=decode(origins) if origins != "{}" else {},
            )
    return found


def write_days(merged: Sequence[Merged], submission_id: uuid.UUID) -> None:
    """Store the documents, and one revision for each queue-day that was there before and changed.

    Call it with the queues locked since they were read: what was not there then is added, not replaced.
    """
    ordered = sorted((day for day in merged if day.is_stored), key=lambda day: day.row.key)
    for part in _parts([day for day in ordered if not day.changes]):
        keys, documents = _documents_of(part)
        _add("kpis_dailymetric", submission_id, keys, documents)
    for part in _parts([day for day in ordered if day.changes]):
        keys, documents = _documents_of(part)
        _replace(submission_id, keys, documents)
        _add("kpis_metricrevision", submission_id, keys, {"changes": [_json(day.changes) for day in part]})


def _documents_of(days: Sequence[Merged]) -> tuple[list[Key], dict[str, list[bytes]]]:
    columns = {
        "measures": [_json(day.measures) for day in days],
        "origins": [_json(day.origins) if day.origins else _EMPTY for day in days],
    }
    return [day.row.key for day in days], columns


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


def _add(table: str, submission_id: uuid.UUID, keys: Sequence[Key], documents: Mapping[str, Sequence[bytes]]) -> None:
    """Add rows of a key, the submission and JSON documents by column."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            sql = _ADD.format(table=table, columns=", ".join(documents), marks=_marks(documents))
            cursor.executemany(sql, _flat(submission_id, keys, documents))
            return
        sql = _COPY.format(table=table, columns=", ".join(documents))
        with connection.wrap_database_errors, cursor.copy(sql) as copy:
            copy.write(_lines(submission_id, keys, documents))


def _replace(submission_id: uuid.UUID, keys: Sequence[Key], documents: Mapping[str, Sequence[bytes]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            rows = f"VALUES ({_marks(documents)})"
            cursor.executemany(_REPLACE.format(rows=rows), _flat(submission_id, keys, documents))
            return
        texts = (_SEPARATOR.join(column).decode() for column in documents.values())
        cursor.execute(_REPLACE.format(rows=_unnest(len(documents))), [submission_id, *_columns(keys), *texts])


def _marks(documents: Mapping[str, Sequence[bytes]]) -> str:
    return ", ".join(["%s"] * (4 + len(documents)))


def _flat(
    submission_id: uuid.UUID, keys: Sequence[Key], documents: Mapping[str, Sequence[bytes]]
) -> list[tuple[str | int, ...]]:
    return [
        (key.queue_id, key.date.isoformat(), int(key.is_month), submission_id.hex, *(text.decode() for text in texts))
        for key, *texts in zip(keys, *documents.values(), strict=True)
    ]


def _lines(submission_id: uuid.UUID, keys: Sequence[Key], documents: Mapping[str, Sequence[bytes]]) -> bytes:
    """Return the rows as COPY reads them; of the characters it gives a meaning, JSON text has the backslash only."""
    submission = str(submission_id)
    beginnings = (f"{key.queue_id}\t{key.date}\t{key.is_month}\t{submission}".encode() for key in keys)
    lines = b"\n".join(map(b"\t".join, zip(beginnings, *documents.values(), strict=True)))
    return lines.replace(b"\\", b"\\\\")


def _unnest(documents: int) -> str:
    names = [f"j{number}" for number in range(documents)]
    arrays = "".join(f", string_to_array(%s, chr({_SEPARATOR[0]}))" for _ in names)
    return f"""SELECT q, d, m, s.id, {", ".join(f"{name}::json" for name in names)}
        FROM (SELECT %s::uuid AS id) s,
             unnest(%s::bigint[], %s::date[], %s::boolean[]{arrays}) AS t(q, d, m, {", ".join(names)})"""


def _columns(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return columns of numbers, dates and booleans as PostgreSQL writes arrays: far faster than the driver does."""
    return [_array(column) for column in zip(*rows, strict=True)]


def _array(values: Iterable[Any]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _key_list(keys: Collection[Key]) -> str:
    return json.dumps([[key.queue_id, key.date.isoformat(), int(key.is_month)] for key in sorted(keys)])


def _json(document: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(document)


def _date(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _uuid(value: uuid.UUID | str) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)
