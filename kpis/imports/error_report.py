"""The sender's own spreadsheet with a column of messages: what is wrong stands beside the row it is about."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from kpis.imports.grids import Record
from kpis.imports.rows import column_fields, is_report_heading, is_standard_header
from kpis.imports.tables import LINES_BEFORE_HEADER, choose_sheet, padded
from kpis.imports.taking import OpenFile
from kpis.media_types import CSV, XLSX
from vendors.errors import RowError

MEDIA_TYPES = {"xlsx": XLSX, "csv": CSV}

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?")
_LIVE = tuple("=+-@\t\r＝＋－＠")
_WIDEST = 60
_EXACT_DIGITS = 15


def error_report(file: OpenFile, errors: Sequence[RowError], *, kind: str = "xlsx") -> bytes:
    """Return a file's rows as XLSX or CSV with one more column, which says what is wrong with each row.

    Cells are written as what they are, never as formulas or links. What concerns no row stands beside the header. The
    report can be mended and sent as it is: the column of messages is not read. Raises what choosing a sheet raises.
    """
    lines, header, name = _read(file)
    messages: dict[int, list[str]] = defaultdict(list)
    fields: dict[int, set[str]] = defaultdict(set)
    known = {record.line for record in lines}
    for error in errors:
        # Of several sheets the report shows the first: what concerns a line says itself where it stands.
        line = error.row if error.row in known and not _is_of_several(file) else header.line
        text = str(error.detail)
        messages[line].append(f"{error.row}: {text}" if error.row and line != error.row else text)
        fields[line].add(error.field or "")
    report = Report(name, lines, header, messages, fields)
    return _csv(report) if kind == "csv" else _xlsx(report)


def _is_of_several(file: OpenFile) -> bool:
    return file.layout is not None and bool(file.layout.sheets)


@dataclass(frozen=True, slots=True)
class Report:
    """The lines of a sheet, which of them is the header, and what is wrong by line: messages and fields."""

    sheet: str
    lines: Sequence[Record]
    header: Record
    messages: Mapping[int, Sequence[str]]
    fields: Mapping[int, set[str]]

    def said(self, line: Record) -> str:
        """Return what stands beside a line; the header's is the column's heading."""
        head = [_("What to mend")] if line is self.header else []
        return "\n".join([*head, *self.messages.get(line.line, ())])[:32_000]


def _read(file: OpenFile) -> tuple[list[Record], Record, str]:
    """Return the lines, the header among them, and the sheet's name, without the messages of an earlier report."""
    sheet = choose_sheet(file.book, file.sheet)
    lines = padded(sheet.rows)
    header = next((line for line in lines[:LINES_BEFORE_HEADER] if is_standard_header(line.cells)), lines[0])
    places = [place for place, name in enumerate(header.cells) if not is_report_heading(name)]
    kept = [Record(line.line, [line.cells[place] for place in places]) for line in lines]
    return kept, kept[lines.index(header)], sheet.name


def filename(original: str, kind: str) -> str:
    """Return a name for the report of the file called ``original``."""
    stem = re.sub(r"\.[A-Za-z]{2,5}$", "", original) or "figures"
    return f"{stem}-errors.{kind}"


def _xlsx(report: Report) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet("Sheet1")
    bold = book.add_format({"bold": True, "bg_color": "#EEF1F5", "bottom": 1})
    bad = book.add_format({"bg_color": "#FFE3E0"})
    said = book.add_format({"text_wrap": True, "font_color": "#A4161A", "valign": "top"})
    columns = column_fields(report.header.cells)
    for place, line in enumerate(report.lines):
        is_header = line is report.header
        for column, cell in enumerate(line.cells):
            is_bad = columns[column] in report.fields.get(line.line, ())
            _write(sheet, place, column, cell, bold if is_header else bad if is_bad else None)
        if text := report.said(line):
            sheet.write_string(place, len(line.cells), text, bold if is_header and "\n" not in text else said)
    sheet.freeze_panes(report.lines.index(report.header) + 1, 0)
    sheet.set_column(0, max(len(columns) - 1, 0), 14)
    sheet.set_column(len(columns), len(columns), _WIDEST)
    book.close()
    return out.getvalue()


def _write(sheet: Any, line: int, column: int, cell: str, form: Any) -> None:
    """Write figures as numbers, so that people can go on calculating, and everything else as text."""
    if _is_number(cell):
        sheet.write_number(line, column, float(cell), form)
    elif cell or form:
        sheet.write_string(line, column, cell, form)


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None and sum(map(str.isdigit, cell)) <= _EXACT_DIGITS


def _csv(report: Report) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for line in report.lines:
        writer.writerow([*map(inert, line.cells), inert(report.said(line))])
    return ("\ufeff" + out.getvalue()).encode()


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula; numbers stay numbers."""
    return f"'{cell}" if cell.startswith(_LIVE) and not _NUMBER.fullmatch(cell) else cell
