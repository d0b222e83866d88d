"""The shape of a sample: wide, long, or a matrix of days, months or queues; its columns as they would stand wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kpis.imports.cells import is_blank
from kpis.imports.headers import MATRIX_VALUE, headings
from kpis.imports.naming import QueueNames
from kpis.imports.opening import Grid
from kpis.imports.sampling import MOST_LINES, Sample, header_of, is_date_heading, is_day
from kpis.imports.words import TOTALS, plain

FEWEST_ACROSS = {"date": 3, "queue": 2}
"""Headings that make a matrix of a table."""
MOSTLY = 0.6


@dataclass(slots=True)
class Shaped:
    """The samples of a table's columns, and the members of a mapping that say how it stands.

    ``lines`` are the cells of the columns that stand beside the figures, line by line, as they are in the file.
    """

    samples: list[Sample]
    document: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, Sequence[str]] = field(default_factory=dict)


def shape_of(grid: Grid, queues: QueueNames, names_measure: Callable[[str], bool]) -> Shaped | None:
    """Return the shape of a grid's table; null where there is no line below its header."""
    line, lines = header_of(grid)
    document: dict[str, Any] = {}
    if line != grid.records[0].line:
        document["header_row"] = line
    if lines > 1:
        document["header_rows"] = lines
    head = [record.cells for record in grid.records if line <= record.line < line + lines]
    below = [record.cells for record in grid.records if record.line >= line + lines][:MOST_LINES]
    if not below:
        return None
    names = headings(head)
    columns = [[row[place] if place < len(row) else "" for row in below] for place in range(len(names))]
    found = _Table(names, columns, queues, names_measure).shaped()
    found.document = document | found.document
    found.lines = dict(zip(names, columns, strict=True))
    return found


@dataclass(frozen=True, slots=True)
class _Table:
    names: list[str]
    columns: list[list[str]]
    queues: QueueNames
    names_measure: Callable[[str], bool]

    def shaped(self) -> Shaped:
        for across, fewest in FEWEST_ACROSS.items():
            places = [place for place, name in enumerate(self.names) if self._stands(name, across)]
            if len(places) >= fewest:
                return self._matrix(across, places)
        return self._long() or Shaped(
            [Sample.of(name, column) for name, column in zip(self.names, self.columns, strict=True)]
        )

    def _stands(self, name: str, across: str) -> bool:
        if across == "date":
            return is_date_heading(name)
        return self.queues.of(name) is not None or self.queues.is_vendor(name)

    def _matrix(self, across: str, places: list[int]) -> Shaped:
        document: dict[str, Any] = {"shape": "matrix"} | ({} if across == "date" else {"across": across})
        beside = [place for place in range(len(self.names)) if place not in places]
        label = next((place for place in beside if self._is_label(self.columns[place])), None)
        samples = [Sample.of(self.names[place], self.columns[place]) for place in beside if place != label]
        values = [self.columns[place] for place in places]
        if label is None:
            samples.append(Sample.of(MATRIX_VALUE, [cell for column in values for cell in column]))
        else:
            document["label"] = self.names[label]
            for row, name in enumerate(self.columns[label]):
                samples.append(Sample.of(name, [column[row] for column in values]))
        return Shaped([*samples, Sample(across, [self.names[place] for place in places])], document)

    def _long(self) -> Shaped | None:
        labels = [place for place, column in enumerate(self.columns) if self._is_label(column)]
        if not labels:
            return None
        label = labels[0]
        pairs = zip(self.names, self.columns, strict=True)
        figures = [place for place, (name, column) in enumerate(pairs) if Sample.of(name, column).is_figures]
        values = [place for place in figures if place != label and not is_day((self.columns[place] or [""])[0])]
        if len(values) != 1:
            return None
        document = {"shape": "long", "label": self.names[label], "value": self.names[values[0]]}
        others = [place for place in range(len(self.names)) if place not in (label, values[0])]
        samples = [Sample.of(self.names[place], self.columns[place]) for place in others]
        for name in dict.fromkeys(self.columns[label]):
            cells = [self.columns[values[0]][row] for row, given in enumerate(self.columns[label]) if given == name]
            samples.append(Sample.of(name, cells))
        return Shaped(samples, document)

    def _is_label(self, column: Sequence[str]) -> bool:
        names = {name for name in column if name}
        return len(names) > 1 and sum(map(self.names_measure, names)) >= MOSTLY * len(names)


def named_together(shaped: Shaped, queues: QueueNames) -> list[tuple[str, str, str | None]]:
    """Return what vendor and service name together: (vendor, service, code), each once; nothing where none do.

    The heading of the vendor and that of the service stand in ``shaped.document["named_by"]`` then. A merged cell of
    a vendor stands for the lines below it too.
    """
    for vendor, column in shaped.lines.items():
        if not _mostly(column, queues.is_vendor):
            continue
        for other, cells in shaped.lines.items():
            pairs = list(_pairs(column, cells)) if other != vendor else []
            named = [(owner, name, queues.within(owner, name)) for owner, name in dict.fromkeys(pairs)]
            if _mostly(named, lambda one: one[2] is not None):
                shaped.document["named_by"] = [vendor, other]
                return named
    return []


def _pairs(vendors: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    above = ""
    for vendor, cell in zip(vendors, cells, strict=True):
        if is_blank(cell):
            continue
        above = vendor or above
        if above and not {plain(above), plain(cell)} & TOTALS:
            yield above, cell


def _mostly(found: Sequence[Any], holds: Callable[[Any], bool]) -> bool:
    given = [one for one in found if one and plain(str(one)) not in TOTALS]
    return bool(given) and sum(map(holds, given)) >= MOSTLY * len(given)
