"""The shape of a sample: wide, long, or a matrix of days, months or queues; its columns as they would stand wide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from kpis.imports.headers import MATRIX_VALUE, headings
from kpis.imports.naming import QueueNames
from kpis.imports.opening import Grid
from kpis.imports.sampling import MOST_LINES, Sample, header_of, is_date_heading, is_day

FEWEST_ACROSS = {"date": 3, "queue": 2}
"""Headings that make a matrix of a table."""
MOSTLY = 0.6


@dataclass(slots=True)
class Shaped:
    """The samples of a table's columns, and the members of a mapping that say how it stands.

    ``names`` are the headings as they stand in the file, ``rows`` the cells of every line below, as wide as these.
    """

    samples: list[Sample]
    document: dict[str, Any] = field(default_factory=dict)
    names: Sequence[str] = ()
    rows: Sequence[list[str]] = ()

    def has_gaps(self, keys: Collection[str], days: Collection[str]) -> bool:
        """Say whether a line has some of its names and day but not all; of the columns of days it has but one."""
        named = [[place] for place, name in enumerate(self.names) if name in keys]
        dated = [place for place, name in enumerate(self.names) if name in days]
        groups = [*named, dated] if dated else named
        given = ([any(row[place] for place in group) for group in groups] for row in self.rows)
        return any(any(row) and not all(row) for row in given)


def shape_of(grid: Grid, queues: QueueNames, names_measure: Callable[[str], bool]) -> Shaped | None:
    """Return the shape of a grid's table; null where there is no line below its header."""
    line, lines = header_of(grid)
    document: dict[str, Any] = {}
    if line != grid.records[0].line:
        document["header_row"] = line
    if lines > 1:
        document["header_rows"] = lines
    head = [record.cells for record in grid.records if line <= record.line < line + lines]
    below = [record.cells for record in grid.records if record.line >= line + lines]
    if not below:
        return None
    names = headings(head)
    rows = [[*row[: len(names)], *[""] * (len(names) - len(row))] for row in below]
    looked_at = _looked_at(rows, len(names))
    columns = [[row[place] for row in looked_at] for place in range(len(names))]
    found = _Table(names, columns, queues, names_measure).shaped()
    found.document = document | found.document
    found.names, found.rows = names, rows
    return found


def _looked_at(rows: Sequence[list[str]], width: int) -> Sequence[list[str]]:
    """Return the first lines, and the first that hold something in a column that these leave blank."""
    chosen = dict.fromkeys(range(min(len(rows), MOST_LINES)))
    for place in range(width):
        if not any(rows[at][place] for at in chosen):
            holding = (at for at in range(len(rows)) if rows[at][place])
            chosen |= dict.fromkeys(islice(holding, MOST_LINES))
    return [rows[at] for at in sorted(chosen)]


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
