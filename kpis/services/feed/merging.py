"""Lays a row over the queue-day as it stands: absent leaves a value, null withdraws it, another value replaces it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kpis.calc.facts import QueueDay
from kpis.queries.figures import values_of
from kpis.services.feed.facts import CleanRow, Current, Document, Key, Origins
from kpis.services.feed.validation import month_end

Change = list[Any]
"""``[old value, new value, revision]``; null is "not reported"."""


@dataclass(slots=True)
class Merged:
    """A queue-day after the row: the whole document, what changed, and how many values did what."""

    row: CleanRow
    measures: Document
    origins: Origins = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    new: int = 0
    changed: int = 0
    unchanged: int = 0

    @property
    def is_stored(self) -> bool:
        """Whether anything has to be written."""
        return bool(self.new or self.changed)

    def as_queue_day(self) -> QueueDay:
        """Return it as the arithmetic reads what is stored."""
        key = self.row.key
        return QueueDay(key.queue_id, key.date, values_of(self.measures), key.is_month)


def merge(row: CleanRow, current: Mapping[Key, Current], submission: str) -> Merged:
    """Return the queue-day as it is after ``row``; ``submission`` is what its new values came with."""
    before = current.get(row.key)
    return _first(row) if before is None else _over(row, before, submission)


def _first(row: CleanRow) -> Merged:
    measures = _reported(row.values)
    return Merged(row=row, measures=measures, new=len(measures), unchanged=len(row.values) - len(measures))


def _reported(values: Document) -> Document:
    """Return the values that are not withdrawn."""
    if None not in values.values():
        return values
    return {code: value for code, value in values.items() if value is not None}


def _over(row: CleanRow, before: Current, submission: str) -> Merged:
    old, values = before.measures, row.values
    # A value that was never reported begins at revision 1.
    revisions = dict.fromkeys(old, 1)
    for of_submission in before.origins.values():
        revisions.update(of_submission)
    changes = {
        code: [stood, value, revisions.get(code, 0) + 1]
        for code, value in values.items()
        if (stood := old.get(code)) != value
    }
    merged = Merged(row=row, measures=old, changes=changes, unchanged=len(values) - len(changes))
    if not changes:
        return merged
    revised = {code: change[2] for code, change in changes.items()}
    merged.new = list(revised.values()).count(1)
    merged.changed = len(changes) - merged.new
    merged.measures = _reported({**old, **values})
    merged.origins = {submission: revised}
    for earlier, of_earlier in before.origins.items():
        if kept := {code: revision for code, revision in of_earlier.items() if code not in revised}:
            merged.origins[earlier] = kept
    return merged


def spans_to_mark(good: Iterable[Merged]) -> list[tuple[int, date, date]]:
    """Return the spans of days that changed: one for each contract and month."""
    spans: dict[tuple[int, int, int], tuple[date, date]] = {}
    for day in good:
        if day.is_stored:
            first = day.row.key.date
            last = month_end(first) if day.row.key.is_month else first
            month = (day.row.contract_id, first.year, first.month)
            known = spans.get(month, (first, last))
            spans[month] = (min(known[0], first), max(known[1], last))
    return [(contract, first, last) for (contract, _year, _month), (first, last) in spans.items()]
