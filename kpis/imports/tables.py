"""A sheet becomes a table: a header and records with the line they stand on. Nothing is repaired."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kpis.imports.delimited import DELIMITERS, LINES_BEFORE_HEADER, LONGEST_CELL, too_long
from kpis.imports.grids import MOST_COLUMNS, Record, Sheet, Workbook
from kpis.imports.workbooks import read_workbook
from vendors.errors import Invalid, RowError

_MOST_NOTED = 100

IsHeader = Callable[[Sequence[str]], bool]


@dataclass(frozen=True, slots=True)
class Table:
    """A header, the line it stands on, and the records below it, each as wide as the header.

    ``errors`` and ``warnings`` are what the file itself gives cause for: merged cells over figures, formulas that
    were saved without a value; formulas, hidden sheets.
    """

    header: list[str]
    records: list[Record]
    found: dict[str, str] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    line: int = 1


def read_table(
    body: bytes,
    *,
    filename: str = "",
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    is_header: IsHeader | None = None,
) -> Table:
    """Read a file of any kind as a table; raises what :func:`read_workbook` and :func:`table_of` raise."""
    book = read_workbook(body, filename=filename, delimiter=delimiter, encoding=encoding)
    return table_of(book, sheet=sheet, is_header=is_header)


def table_of(book: Workbook, *, sheet: str | None = None, is_header: IsHeader | None = None) -> Table:
    """Return the table of the sheet named ``sheet``, or of the only visible one that holds something.

    Titles may stand above the header, which is the first line that ``is_header`` says yes to, else the first of more
    than one cell. Every line of a CSV file has as many fields as its header. Raises Invalid with empty_file,
    sheet_choice, unknown_sheet, too_long, too_many_columns, duplicate_column, field_count or no_rows.
    """
    chosen = choose_sheet(book, sheet)
    is_text = book.is_text
    place = 0 if is_header is None else _header_place(chosen.rows, is_header)
    first = chosen.rows[place]
    header = [unicodedata.normalize("NFC", cell) for cell in first.cells]
    _check_header(header, first.line)
    records = chosen.rows[place + 1 :]
    if not records:
        raise Invalid("no_rows", _("The file has a header and no rows."))
    check_cells([first, *records])
    _check_lengths(first, records, is_exact=is_text)
    return Table(
        header=header,
        records=records if is_text else padded(records, len(header)),
        found=found_in(book, chosen),
        errors=_sheet_errors(chosen, header, first.line),
        warnings=warnings_of(book, chosen, is_named=sheet is not None),
        line=first.line,
    )


def choose_sheet(book: Workbook, name: str | None) -> Sheet:
    """Return the sheet called ``name`` (``일일*`` for the first of that pattern), or the only visible one with data.

    Of the product's own blank form that is the sheet of figures. Raises Invalid: empty_file, unknown_sheet,
    sheet_choice.
    """
    name = name or _own_form(book)
    if name is not None:
        found = next((sheet for sheet in book.sheets if name == sheet.name or fnmatchcase(sheet.name, name)), None)
        if found is None:
            text = _("The file has no sheet “%(name)s”.") % {"name": name[:50]}
            raise Invalid("unknown_sheet", text)
        if not found.rows:
            raise Invalid("empty_file", _("The sheet “%(name)s” is empty.") % {"name": name[:50]})
        return found
    filled = [sheet for sheet in book.sheets if sheet.rows and not sheet.is_hidden]
    if not filled:
        raise Invalid("empty_file", _("The file is empty."))
    if len(filled) > 1:
        names = ", ".join(f"“{sheet.name[:40]}”" for sheet in filled[:10])
        text = _("The file has several sheets with data (%(names)s); keep one, or say which by ?sheet=.")
        raise Invalid("sheet_choice", text % {"names": names})
    return filled[0]


def _own_form(book: Workbook) -> str | None:
    """Return the name of the sheet of figures in the product's own blank form: the one beside it only explains."""
    forms = [
        sheet for sheet in book.sheets if sheet.rows and any(cell.endswith("[queue]") for cell in sheet.rows[0].cells)
    ]
    return forms[0].name if len(forms) == 1 and len(book.sheets) > 1 else None


def _header_place(rows: Sequence[Record], is_header: IsHeader) -> int:
    lines = rows[:LINES_BEFORE_HEADER]
    named = (place for place, row in enumerate(lines) if is_header(row.cells))
    # A title fills one cell.
    wider = (place for place, row in enumerate(lines) if sum(map(bool, row.cells)) > 1)
    return next(named, next(wider, 0))


def _check_header(header: list[str], line: int) -> None:
    if len(header) > MOST_COLUMNS:
        raise Invalid("too_many_columns", _("The file has more than %(most)s columns.") % {"most": MOST_COLUMNS})
    seen: set[str] = set()
    for name in header:
        if name and name in seen:
            raise duplicate_column(name, line)
        seen.add(name)


def duplicate_column(name: str, line: int = 1) -> Invalid:
    """Return the error of a column that stands twice."""
    text = _("The column “%(name)s” stands twice; remove one.") % {"name": name[:50]}
    error = RowError(code="duplicate_column", detail=text, field=name[:50], row=line)
    return Invalid(error.code, text, [error])


def _check_lengths(first: Record, records: list[Record], *, is_exact: bool) -> None:
    header = first.cells
    if len(records) > 1 and all(len(record.cells) > len(header) for record in records):
        raise _no_header(first)
    errors: list[RowError] = []
    for record in records:
        given = len(record.cells)
        if (given != len(header) if is_exact else given > len(header)) and len(errors) < _MOST_NOTED:
            text = _("Line %(line)s has %(given)s fields; the header has %(wanted)s.")
            filled = text % {"line": record.line, "given": given, "wanted": len(header)}
            errors.append(RowError(code="field_count", detail=filled, row=record.line))
    if errors:
        raise Invalid("field_count", errors[0].detail, errors)


def _no_header(first: Record) -> Invalid:
    """Return the one error of a line that every line below has more fields than."""
    text = _(
        "Line %(line)s is no header: it has %(given)s fields, and every line below has more. Put the header "
        "(queue, date, measures) there, or read the file with an import profile that says on which line it is."
    )
    filled = text % {"line": first.line, "given": len(first.cells)}
    return Invalid("field_count", filled, [RowError(code="field_count", detail=filled, row=first.line)])


def check_cells(records: Sequence[Record]) -> None:
    """Raise Invalid ``too_long`` where a cell is no heading, code or figure."""
    for record in records:
        if max(map(len, record.cells), default=0) > LONGEST_CELL:
            raise too_long(record.line)


def padded(records: Sequence[Record], width: int | None = None) -> list[Record]:
    """Return records of the same width, that of the widest where none is given."""
    wide = width if width is not None else max((len(record.cells) for record in records), default=0)
    return [Record(record.line, record.cells + [""] * (wide - len(record.cells))) for record in records]


def found_in(book: Workbook, chosen: Sheet) -> dict[str, str]:
    """Return what a file was found to be, for the answer."""
    names = {mark: name for name, mark in DELIMITERS.items()}
    found = {
        "kind": book.kind.value,
        "encoding": book.encoding,
        "delimiter": names.get(book.delimiter, book.delimiter),
        "sheet": chosen.name,
    }
    return {name: value for name, value in found.items() if value}


def errors_of_formulas(sheet: Sheet) -> list[RowError]:
    """Return an error for each formula that was saved without a value."""
    text = _("A formula was saved without its value; open the file in a spreadsheet program and save it.")
    return [RowError(code="formula_no_value", detail=text, row=line) for line, _column in sheet.without_value]


def _sheet_errors(sheet: Sheet, header: list[str], header_line: int) -> list[RowError]:
    errors = []
    for top, left, bottom, _right in sheet.merged[:_MOST_NOTED]:
        if bottom > header_line and left <= len(header):
            text = _("Cells are merged over figures; unmerge them and fill in every cell.")
            errors.append(RowError(code="merged_cell", detail=text, field=header[left - 1], row=max(top, header_line)))
    errors += [error for error in errors_of_formulas(sheet) if (error.row or 0) > header_line]
    return errors


def warnings_of(book: Workbook, chosen: Sheet, *, is_named: bool) -> list[RowError]:
    """Return what a sheet and those beside it give cause to warn of."""
    warnings = []
    if chosen.formulas:
        text = ngettext(
            "%(count)s cell is a formula; the value it was saved with was taken.",
            "%(count)s cells are formulas; the values they were saved with were taken.",
            chosen.formulas,
        )
        warnings.append(RowError(code="formula_cell", detail=text % {"count": f"{chosen.formulas:,}"}))
    hidden = [sheet.name for sheet in book.sheets if sheet.is_hidden and sheet.rows and sheet is not chosen]
    if hidden and not is_named:
        text = _("The hidden sheet “%(name)s” was not read.") % {"name": hidden[0][:40]}
        warnings.append(RowError(code="hidden_sheet", detail=text))
    return warnings
