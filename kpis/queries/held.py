"""Figures that wait for a second person: of which queue-days, and of which measures. Never their values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kpis.choices import DraftStatus
from kpis.models import SubmissionDraft

Name = tuple[str, str]
"""A queue's code, and a day or month as it is written in a row."""


@dataclass(slots=True)
class HeldFigures:
    """The measures of some vendors that are held, by queue and day or month."""

    _measures: dict[Name, set[str]] = field(default_factory=lambda: defaultdict(set))

    def on(self, queue: str, day: date) -> frozenset[str]:
        """Return the measures that wait for this day: its own, and those of its month's total."""
        own, month = (self._measures.get((queue, name), set()) for name in (f"{day}", f"{day:%Y-%m}"))
        return frozenset(own | month)


def load_held(vendors: Collection[int]) -> HeldFigures:
    """Read what is held of these vendors, in one query."""
    found = HeldFigures()
    bodies = SubmissionDraft.objects.filter(vendor__in=vendors, status=DraftStatus.HELD).order_by()
    for body in bodies.values_list("body", flat=True).iterator(chunk_size=20):
        for name, measures in _rows(body):
            found._measures[name].update(measures)
    return found


def _rows(body: Mapping[str, Any]) -> Iterator[tuple[Name, list[str]]]:
    """Yield the rows of a held body, which was found right; what it withdraws (null) completes no day."""
    for row in body["rows"]:
        measures = [code for code, value in row.get("measures", {}).items() if value is not None]
        yield (row["queue"], str(row.get("date") or row.get("month"))), measures
