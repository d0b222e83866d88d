"""The words of the feed: what a body is held against, a row that was read, and what is wrong with others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kpis.calc.facts import Edges
from kpis.calc.relations import Relation
from vendors.errors import RowError, cut

MOST_LISTED = 1_000
"""Errors or warnings listed in an answer; all are counted."""
MOST_LISTED_OF_A_ROW = 20

Document = dict[str, Any]
"""Measures of a queue-day as they are stored: int, decimal string, or list of bucket counts."""


Origins = dict[str, dict[str, int]]
"""Revisions by submission and measure, of the values that did not come with the first one."""


Link = tuple[int, date, date | None]
"""A contract a queue belongs to: its id, from when, until when (exclusive; null is open)."""


def contract_on(links: Iterable[Link], day: date) -> int | None:
    """Return the id of the contract that one of ``links`` names for ``day``."""
    for contract, first, end in links:
        if first <= day and (end is None or day < end):
            return contract
    return None


class Key(NamedTuple):
    """A queue-day: what figures are stored by."""

    queue_id: int
    date: date
    is_month: bool = False


class QueueFacts(msgspec.Struct, frozen=True):
    """One queue the actor may submit for, with its calendar and the contracts it belonged to."""

    id: int
    code: str
    vendor_id: int
    centre_id: int
    country: str
    opened_on: date
    closed_on: date | None
    open_weekdays: frozenset[int]
    observes_holidays: bool
    today: date
    links: tuple[Link, ...] = ()

    def contract_on(self, day: date) -> int | None:
        """Return the id of the contract the queue belonged to that day."""
        return contract_on(self.links, day)


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """How one measure may be reported."""

    code: str
    name: str
    is_whole: bool = True
    is_histogram: bool = False
    is_system: bool = False
    is_additive: bool = True
    edges: tuple[Edges, ...] = ()
    """The versions of a histogram's bucket edges, the first one first."""


@dataclass(frozen=True, slots=True)
class MeasureRules:
    """All measures of the product and the relations between them."""

    by_code: Mapping[str, MeasureRule]
    relations: Sequence[Relation]
    numbers: frozenset[str]
    """Codes whose value may be any number up to the limit, once it is whole: the fast way."""


@dataclass(frozen=True, slots=True)
class SecondSource:
    """A measure that two sources report under a contract, from when until when (exclusive; null is open)."""

    measure: str
    first: str
    second: str
    percent: Decimal | None
    absolute: Decimal | None
    begins: date | None
    ends: date | None

    def holds_on(self, day: date) -> bool:
        return (self.begins is None or self.begins <= day) and (self.ends is None or day < self.ends)


@dataclass(slots=True)
class Context:
    """Everything rows are held against, read once a body."""

    measures: MeasureRules
    queues: Mapping[str, QueueFacts]
    known_queues: Mapping[str, str]
    """Where a queue was not found: the names, by code, of those there are."""
    closed: Mapping[int, frozenset[date]]
    """Holidays by centre, of the dates the body names."""
    refused: Mapping[int, Sequence[tuple[str, date | None, date | None]]]
    """By contract, the measures somebody else provides: code, from, until (exclusive)."""
    second_sources: Mapping[int, Sequence[SecondSource]] = field(default_factory=dict)


@dataclass(slots=True)
class CleanRow:
    """A row that can be stored: values are as stored, null withdraws one."""

    number: int
    key: Key
    queue: QueueFacts
    contract_id: int
    values: Document


@dataclass(slots=True)
class Current:
    """A queue-day as it stands before the submission."""

    measures: Document
    submission_id: UUID
    origins: Origins

    def submission_of(self, measure: str) -> UUID:
        """Return the submission a value came with."""
        came_later = (submission for submission, revisions in self.origins.items() if measure in revisions)
        return next(map(UUID, came_later), self.submission_id)


@dataclass(slots=True)
class Problems:
    """Collects what is wrong, all of it counted, the first of it listed."""

    listed: list[RowError] = field(default_factory=list)
    count: int = 0
    rows: dict[int, int] = field(default_factory=dict)
    source: FileSource | None = None
    """Where the rows came from: a line of one of several sheets is named by its sheet."""
    codes: set[str] = field(default_factory=set)

    def add(
        self,
        row: int,
        field_name: str | None,
        code: str,
        detail: str,
        *,
        found: object = None,
        expected: object = None,
    ) -> None:
        """Note one problem of the row numbered ``row``; ``found`` and ``expected`` as in :class:`RowError`."""
        self.count += 1
        self.codes.add(code)
        self.rows[row] = self.rows.get(row, 0) + 1
        if len(self.listed) < MOST_LISTED and self.rows[row] <= MOST_LISTED_OF_A_ROW:
            shown = (None if one is None else cut(one) for one in (found, expected))
            sheet, line = self.source.located(row) if self.source else ("", row)
            text = f"{sheet} · {detail}" if sheet else detail
            self.listed.append(RowError(code, text, field_name, line, *shown))


@dataclass(frozen=True, slots=True)
class Maker:
    """Who submitted what somebody else confirms: as the receipt names them."""

    label: str
    user_id: int | None = None
    api_key_id: int | None = None


@dataclass(frozen=True, slots=True)
class FileSource:
    """How a file was read: through which version of a profile, which measures nobody counted, what it warns of."""

    profile_version_id: int | None = None
    derived: tuple[str, ...] = ()
    warnings: tuple[RowError, ...] = ()
    sheets: tuple[tuple[int, str], ...] = ()
    """Of several sheets that were read together: the line that each one's lines are counted from, and its name."""

    def located(self, row: int) -> tuple[str, int]:
        """Return the sheet of a line and the number it has there; no name where there is but one sheet."""
        for start, name in reversed(self.sheets):
            if row > start:
                return name, row - start
        return "", row

    def as_document(self) -> dict[str, Any]:
        """Return what a draft keeps of it; the warnings were read when the file was."""
        return {"profile_version_id": self.profile_version_id, "derived": list(self.derived)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> FileSource:
        """Return what :meth:`as_document` kept; nothing was kept where no file was read."""
        return cls(document.get("profile_version_id"), tuple(document.get("derived", ())))
