"""The reported figures as columns by queue: the hot path of every recalculation."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache, reduce
from itertools import pairwise
from typing import Any

import msgspec
from django.db import connection

from kpis.calc.daytable import Column, QueueRows
from kpis.calc.facts import QueueDay, Value

DAYS_A_QUERY = 50_000
"""So many queue-days are in memory as text at once, at most."""

_SQL = """
SELECT queue_id, is_month, {dates}, '[' || {documents} || ']'
  FROM kpis_dailymetric
 WHERE queue_id IN (SELECT {queues}) AND ({ranges})
 GROUP BY queue_id, is_month
"""
_DIALECT = {
    "postgresql": {
        "dates": "string_agg(date::text, ',')",
        "documents": "string_agg(measures::text, ',')",
        "queues": "unnest(%s::bigint[])",
    },
    "sqlite": {
        "dates": "group_concat(date)",
        "documents": "group_concat(measures)",
        "queues": "value FROM json_each(%s)",
    },
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What figures were read for; without ranges, nobody knows."""

    queues: frozenset[int] = frozenset()
    ranges: tuple[tuple[date, date], ...] = ()
    measures: frozenset[str] = frozenset()

    def range_of(
        self, start: date, end: date, queues: Collection[int], measures: Collection[str]
    ) -> tuple[date, date] | None:
        """Return the range that holds most of ``[start, end)``; null where none holds any of what is asked."""
        if not (self.queues.issuperset(queues) and self.measures.issuperset(measures)):
            return None
        shared = [(max(first, start), min(last, end)) for first, last in self.ranges]
        first, last = max(shared, key=lambda one: one[1] - one[0], default=(start, start))
        return (first, last) if first < last else None


class Figures:
    """Queue-days in memory, found by queue and date without another query."""

    def __init__(self, rows: Iterable[QueueRows], scope: Scope | None = None) -> None:
        self._rows = {(row.queue, row.are_months): row for row in rows}
        self._scope = scope or Scope()

    def covering(self, start: date, end: date, queues: Collection[int], measures: Collection[str]) -> Figures:
        """Return figures that hold ``[start, end)`` of these queues: these, with the days they lack read besides.

        All of it is read anew where these were not read for the queues, the measures or any of the days.
        """
        held = self._scope.range_of(start, end, queues, measures)
        if held is None:
            return load_figures(queues, [(start, end)], measures)
        first, last = held
        missing = [span for span in ((start, first), (last, end)) if span[0] < span[1]]
        if not missing:
            return self
        others = load_figures(queues, missing, self._scope.measures)
        pieces = ((others, start, first), (self, first, last), (others, last, end))
        rows = (_joined([rows.between(queue, *span) for rows, *span in pieces]) for queue in queues)
        return Figures(row for row in rows if row is not None)

    def between(self, queue: int, start: date, end: date, *, are_months: bool = False) -> QueueRows | None:
        """Return the days (or the month totals) one queue reported in ``[start, end)`` in order; null for none."""
        rows = self._rows.get((queue, are_months))
        if rows is None:
            return None
        first, last = bisect_left(rows.dates, start), bisect_left(rows.dates, end)
        return rows.between(first, last) if first < last else None

    def day(self, queue: int, day: date) -> dict[str, Value]:
        """Return what one queue reported on one day; empty for nothing."""
        rows = self.between(queue, day, day + timedelta(days=1))
        if rows is None:
            return {}
        return {code: value for code, column in rows.columns.items() if (value := column[0]) is not None}

    def with_days(
        self, changed: Iterable[QueueDay], measures: Collection[str], *, gone: Collection[tuple[int, date]] = ()
    ) -> Figures:
        """Return the figures as they would be with these queue-days in the place of those of the same date.

        ``measures`` are those the figures were read for; ``gone`` are queue-days as if they had not been reported.
        """
        laid_over: dict[tuple[int, bool], dict[date, QueueDay]] = defaultdict(dict)
        for day in changed:
            laid_over[day.queue, day.is_month][day.date] = day
        left_out: dict[tuple[int, bool], set[date]] = defaultdict(set)
        for queue, date_ in gone:
            left_out[queue, False].add(date_)
        rows = dict(self._rows)
        for key in laid_over.keys() | left_out.keys():
            rows[key] = _laid_over(key, rows.get(key), laid_over.get(key, {}), left_out.get(key, set()), measures)
        return Figures(rows.values())


def _joined(pieces: Iterable[QueueRows | None]) -> QueueRows | None:
    """Put days of one queue, in order and of the same measures, behind each other; null for none."""
    found = [piece for piece in pieces if piece is not None]
    return reduce(_with_later, found) if found else None


def _with_later(rows: QueueRows, later: QueueRows) -> QueueRows:
    columns: dict[str, Column] = {code: [*column, *later.columns[code]] for code, column in rows.columns.items()}
    return QueueRows(rows.queue, [*rows.dates, *later.dates], columns)


def _laid_over(
    key: tuple[int, bool],
    rows: QueueRows | None,
    days: Mapping[date, QueueDay],
    gone: Set[date],
    measures: Collection[str],
) -> QueueRows:
    queue, are_months = key
    there = {} if rows is None else {day: position for position, day in enumerate(rows.dates)}
    dates = sorted({*there, *days} - gone)

    def value(code: str, day: date) -> Value | None:
        if day in days:
            return days[day].measures.get(code)
        return rows.columns[code][there[day]] if rows is not None else None

    return QueueRows(queue, dates, {code: [value(code, day) for day in dates] for code in measures}, are_months)


def load_figures(queues: Collection[int], ranges: Iterable[tuple[date, date]], measures: Collection[str]) -> Figures:
    """Read what these queues reported of ``measures`` in any of the half-open ``ranges``.

    One query for every 50,000 queue-days; of a document only these measures are kept.
    """
    joined = merged(ranges)
    scope = Scope(frozenset(queues), tuple(joined), frozenset(measures))
    return Figures(_read(sorted(queues), joined, tuple(sorted(measures))), scope)


def _read(queues: Sequence[int], ranges: Sequence[tuple[date, date]], measures: tuple[str, ...]) -> Iterator[QueueRows]:
    if not ranges or not queues:
        return
    span = sum((end - start).days for start, end in ranges)
    step = max(1, DAYS_A_QUERY // span)
    in_range = " OR ".join(["date >= %s AND date < %s"] * len(ranges))
    sql = _SQL.format(ranges=in_range, **_DIALECT[connection.vendor])
    bounds = [bound.isoformat() for start_end in ranges for bound in start_end]
    with connection.cursor() as cursor:
        for first in range(0, len(queues), step):
            cursor.execute(sql, [_array(queues[first : first + step]), *bounds])
            for queue, is_month, dates, documents in cursor.fetchall():
                yield _queue_rows(queue, bool(is_month), dates, documents, measures)


def _array(queues: Sequence[int]) -> str:
    numbers = ",".join(map(str, queues))
    return f"{{{numbers}}}" if connection.vendor == "postgresql" else f"[{numbers}]"


def _queue_rows(queue: int, is_month: bool, dates: str, documents: str, measures: tuple[str, ...]) -> QueueRows:
    days = list(map(_date, dates.split(",")))
    columns: list[Column] = _columns(documents, measures)
    if any(later < earlier for earlier, later in pairwise(days)):
        order = sorted(range(len(days)), key=days.__getitem__)
        days = [days[i] for i in order]
        columns = [[column[i] for i in order] for column in columns]
    return QueueRows(queue, days, dict(zip(measures, columns, strict=True)), is_month)


_date = lru_cache(maxsize=4096)(date.fromisoformat)


def _columns(documents: str, measures: tuple[str, ...]) -> list[Column]:
    """Return each measure's values, null where a document lacks it."""
    try:
        # Nearly every document holds whole numbers only, and those are exact as they are decoded.
        rows = _whole(measures)(documents)
    except msgspec.ValidationError:
        found = [values_of(document) for document in _decode(documents)]
        return [[document.get(code) for document in found] for code in measures]
    return list(zip(*map(msgspec.structs.astuple, rows), strict=True)) if measures else []


_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


@lru_cache(maxsize=64)
def _whole(measures: tuple[str, ...]) -> Any:
    """Return a decoder that keeps these measures of a list of documents and passes over all others."""
    names = {f"m{number}": code for number, code in enumerate(measures)}
    fields = [(name, int | None, None) for name in names]
    shape = msgspec.defstruct("Document", fields, rename=names, gc=False)
    return msgspec.json.Decoder(list[shape]).decode  # type: ignore[valid-type]


def values_of(document: Mapping[str, Any]) -> dict[str, Value]:
    """Turn a stored document into exact values: decimal strings into Decimal, bucket lists into tuples."""
    return {code: value if type(value) is int else _exact(value) for code, value in document.items()}


def _exact(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else Decimal(value)


def merged(ranges: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """Join half-open ranges that touch, in order."""
    joined: list[tuple[date, date]] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
