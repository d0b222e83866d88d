"""Sheets of a workbook that are read together: each below its own header, as one table with a column of their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from kpis.imports import cells
from kpis.imports.grids import SHEET, Record, Workbook, too_many_rows
from kpis.imports.headers import headings
from kpis.imports.kinds import FileKind, kind_of
from kpis.imports.layouts import Layout
from kpis.imports.opening import Grid, grid_of, open_sample
from kpis.imports.owners import is_called
from kpis.imports.sampling import A_YEAR, header_of, is_date_heading, reads
from kpis.imports.tables import choose_sheet, padded
from kpis.imports.words import plain
from kpis.imports.workbooks import read_workbook
from kpis.services.submissions import MOST_FILE_ROWS
from vendors.errors import Invalid, RowError

ALIKE = 0.8
"""The share of headings that a sheet has in common with the longest, or of a column's cells that are days."""
_LOOKED_AT = 60


@dataclass(frozen=True, slots=True)
class Listed:
    """A sheet as a page lists it: its name, its lines below the header, and whether it looks like figures of days."""

    name: str
    lines: int
    is_hidden: bool
    is_proposed: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as it is read: its lines, its separator, its sheets where it has several, and those of them it is of."""

    grid: Grid
    delimiter: str = ","
    sheets: Sequence[Listed] = ()
    chosen: Sequence[str] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The members of a mapping that say which sheets are read."""
        if not self.chosen:
            return {}
        return {"sheet": self.chosen[0]} if len(self.chosen) == 1 else {"sheets": list(self.chosen)}


def open_sheets(content: bytes, filename: str, wanted: Sequence[str] = ()) -> Opened:
    """Read the ``wanted`` sheets of a file (none: those proposed); raise Invalid or TooLarge where it cannot be."""
    if kind_of(content) is FileKind.CSV:
        grid, delimiter = open_sample(content, filename=filename)
        return Opened(grid, delimiter)
    book = read_workbook(content, filename=filename)
    sheets = listed(book)
    if len(sheets) < 2:
        return Opened(grid_of(book, None))
    names = [sheet.name for sheet in sheets if (sheet.name in wanted if wanted else sheet.is_proposed)]
    if not wanted and len(names) < 2:
        # The product's own form, or a single sheet beside hidden ones.
        names = names or [choose_sheet(book, None).name]
    if not names:
        raise Invalid("unknown_sheet", _("Tick at least one sheet."))
    return Opened(joined(book, names) if len(names) > 1 else grid_of(book, names[0]), ",", sheets, names)


def listed(book: Workbook) -> list[Listed]:
    """Return the sheets that hold something; those with a column of days are proposed, else those like the longest.

    Hidden ones never are.
    """
    tables = {sheet.name: _split(Grid(padded(sheet.rows))) for sheet in book.sheets if sheet.rows}
    by_days = {name: _has_days(head, records) for name, (head, records) in tables.items()}
    shown = [sheet.name for sheet in book.sheets if sheet.rows and not sheet.is_hidden]
    longest = max(shown, key=lambda name: len(tables[name][1]), default=None)
    found = []
    for sheet in book.sheets:
        if not sheet.rows:
            continue
        head, records = tables[sheet.name]
        is_like = longest is not None and _is_alike(head, tables[longest][0])
        is_proposed = bool(records) and (by_days[sheet.name] if any(by_days[name] for name in shown) else is_like)
        found.append(Listed(sheet.name, len(records), sheet.is_hidden, is_proposed and not sheet.is_hidden))
    return found


def grid_for(book: Workbook, layout: Layout) -> Grid:
    """Return the lines that a layout reads of a workbook; raise as :func:`grid_of` and :func:`joined` do."""
    return joined(book, layout.sheets) if layout.sheets else grid_of(book, layout.sheet)


def joined(book: Workbook, names: Sequence[str]) -> Grid:
    """Return the lines of sheets below one header of all their headings, each with the name of its sheet first.

    Lines are counted through; ``sheets`` of the grid say which are whose. Raises Invalid as :func:`grid_of` does,
    TooLarge for more lines than a file may have.
    """
    header: dict[str, int] = {SHEET: 0}
    records: list[Record] = []
    starts: list[tuple[int, str]] = []
    errors: list[RowError] = []
    warnings: list[RowError] = []
    start = 0
    for name in names:
        grid = grid_of(book, name)
        head, below = _split(grid)
        places = [header.setdefault(heading, len(header)) for heading in head]
        starts.append((start, name))
        for record in below:
            given = {place: cell for place, cell in zip(places, record.cells, strict=False) if cell}
            row = [name, *[""] * max(given, default=0)]
            for place, cell in given.items():
                row[place] = cell
            records.append(Record(start + record.line, row))
        errors += [error for error in grid.errors if error.row is None]
        lines = {record.line for record in below}
        errors += [_moved(error, start) for error in grid.errors if error.row in lines]
        warnings += grid.warnings
        start += grid.records[-1].line
    if len(records) > MOST_FILE_ROWS:
        raise too_many_rows()
    if not records:
        raise Invalid("no_rows", _("The file has a header and no rows."))
    first = Record(0, list(header))
    whole = [first, *(Record(one.line, one.cells + [""] * (len(header) - len(one.cells))) for one in records)]
    return Grid(whole, errors, warnings, {"kind": book.kind.value, "sheet": ", ".join(names)[:200]}, starts)


def _moved(error: RowError, start: int) -> RowError:
    return replace(error, row=(error.row or 0) + start)


def _split(grid: Grid) -> tuple[list[str], list[Record]]:
    line, lines = header_of(grid)
    head = [record.cells for record in grid.records if line <= record.line < line + lines]
    return headings(head), [record for record in grid.records if record.line >= line + lines]


def _has_days(head: Sequence[str], records: Sequence[Record]) -> bool:
    """Say whether a column holds days line by line, as sheets of figures do and sums of months or contracts do not."""
    looked_at = records[:_LOOKED_AT]
    for place, heading in enumerate(head):
        given = [record.cells[place] for record in looked_at if place < len(record.cells) and record.cells[place]]
        orders = cells.ORDERS if is_called(heading, "date") else ()
        days = sum(not _is_month(cell) and (is_date_heading(cell) or _is_day(cell, orders)) for cell in given)
        if given and days >= ALIKE * len(given):
            return True
    return False


def _is_day(cell: str, orders: Sequence[str]) -> bool:
    return any(reads(cells.day, cell, order, A_YEAR) for order in orders)


def _is_month(cell: str) -> bool:
    return reads(cells.month, cell) and not reads(cells.day, cell)


def _is_alike(head: Sequence[str], other: Sequence[str]) -> bool:
    here, there = ({plain(name) for name in names} - {""} for names in (head, other))
    return len(here & there) >= ALIKE * max(len(here), len(there))
