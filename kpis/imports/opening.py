"""A file becomes a grid: every line with its number and its cells as text, whatever is a header and what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from kpis.imports.grids import Record, Workbook
from kpis.imports.kinds import FileKind, kind_of
from kpis.imports.layouts import Layout
from kpis.imports.tables import check_cells, choose_sheet, errors_of_formulas, found_in, padded, warnings_of
from kpis.imports.workbooks import read_workbook
from vendors.errors import Invalid, RowError

SEPARATORS = (",", ";", "\t", "|")
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Grid:
    """The lines of one sheet or text file that hold anything. Dates are ISO, durations H:MM:SS, numbers plain.

    ``errors`` are of lines whose formulas were saved without a value, ``warnings`` about the file; ``found`` is what
    it was found to be. Of several sheets read together ``sheets`` names each with the line its own are counted from.
    """

    records: list[Record]
    errors: Sequence[RowError] = ()
    warnings: Sequence[RowError] = ()
    found: dict[str, str] = field(default_factory=dict)
    sheets: Sequence[tuple[int, str]] = ()


def read_grid(
    body: bytes,
    *,
    filename: str = "",
    delimiter: str | None = None,
    encoding: str | None = None,
    quote: str = '"',
    sheet: str | None = None,
) -> Grid:
    """Read a file of any kind into a grid; raise as :func:`read_workbook` does, and sheet_choice or unknown_sheet.

    The lines of a spreadsheet are all as wide as the widest of them.
    """
    return grid_of(read_workbook(body, filename=filename, encoding=encoding, delimiter=delimiter, quote=quote), sheet)


def grid_of(book: Workbook, sheet: str | None) -> Grid:
    """Return the lines of one sheet; raise sheet_choice, unknown_sheet, empty_file or too_long."""
    chosen = choose_sheet(book, sheet)
    check_cells(chosen.rows)
    return Grid(
        records=chosen.rows if book.is_text else padded(chosen.rows),
        errors=errors_of_formulas(chosen),
        warnings=warnings_of(book, chosen, is_named=sheet is not None),
        found=found_in(book, chosen),
    )


def open_as(content: bytes, layout: Layout, *, encoding: str | None = None, filename: str = "") -> Workbook:
    """Read a file as a layout says: separator, quotation mark and encoding, where none is given."""
    return read_workbook(
        content,
        filename=filename,
        delimiter=layout.delimiter,
        encoding=encoding or layout.encoding,
        quote=layout.quote,
    )


def open_sample(body: bytes, encoding: str | None = None, filename: str = "") -> tuple[Grid, str]:
    """Read a file whose separator is not known; return its grid and the separator that gives the most even table.

    A spreadsheet has none; the comma stands for it.
    """
    if kind_of(body) is not FileKind.CSV:
        return read_grid(body, encoding=encoding, filename=filename), ","
    found: list[tuple[float, Grid, str]] = []
    refusal: Invalid | None = None
    for delimiter in SEPARATORS:
        try:
            grid = read_grid(body, delimiter=delimiter, encoding=encoding, filename=filename)
        except Invalid as error:
            refusal = refusal or error
        else:
            found.append((_evenness(grid), grid, delimiter))
    if not found:
        assert refusal is not None
        raise refusal
    _score, grid, delimiter = max(found, key=lambda option: option[0])
    return grid, delimiter


def _evenness(grid: Grid) -> float:
    """Return the share of lines with the usual number of cells, nothing where that number is one."""
    width, lines = Counter(len(record.cells) for record in grid.records[:_LOOKED_AT]).most_common(1)[0]
    return lines * (width > 1) / min(len(grid.records), _LOOKED_AT)
