"""Spreadsheets made for tests: XLSX, XLS and HTML of the same cells, bombs, and parts that are swapped out."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from html import escape
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter
import xlwt

Rows = Sequence[Sequence[Any]]

FORMATS = {
    datetime: "yyyy-mm-dd hh:mm:ss",
    date: "yyyy-mm-dd",
    timedelta: "[h]:mm:ss",
    time: "h:mm:ss",
}


def xlsx(rows: Rows = (), *, edit: Callable[[Any, Any], None] | None = None, **options: Any) -> bytes:
    """Return an XLSX file with one sheet; ``edit(book, sheet)`` may add to it before it is closed."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False, **options})
    sheet = book.add_worksheet("Sheet1")
    fill(book, sheet, rows)
    if edit:
        edit(book, sheet)
    book.close()
    return out.getvalue()


def fill(book: Any, sheet: Any, rows: Rows) -> None:
    """Write rows of values; None leaves a cell empty."""
    formats = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if type(value) in formats:
                sheet.write_datetime(line, column, value, formats[type(value)])
            elif value is not None:
                sheet.write(line, column, value)


def xls(rows: Rows, *, edit: Callable[[Any, Any], None] | None = None) -> bytes:
    """Return a BIFF file with one sheet."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            style = (
                xlwt.easyxf(num_format_str=FORMATS[type(value)]) if type(value) in FORMATS else xlwt.Style.default_style
            )
            if isinstance(value, timedelta):
                value = value / timedelta(days=1)
            if value is not None:
                sheet.write(line, column, value, style)
    if edit:
        edit(book, sheet)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def html(rows: Rows, *, head: str = "") -> bytes:
    """Return the page a groupware exports under a name ending in .xls."""
    lines = ("".join(f"<td>{escape(str(cell if cell is not None else ''))}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>\n" for line in lines)
    return f"<html><head>{head}</head><body><table border=1>{body}</table></body></html>".encode()


def repacked(content: bytes, changed: Mapping[str, bytes | None]) -> bytes:
    """Return the archive with some members changed, added, or (None) left out."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changed:
                new.writestr(name, old.read(name))
        for name, body in changed.items():
            if body is not None:
                new.writestr(name, body)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
_OPEN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_CLOSE = b"</sheetData></worksheet>"


def with_sheet(data: bytes) -> bytes:
    """Return an XLSX file whose sheet holds these rows, as XML."""
    return repacked(xlsx([["x"]]), {SHEET: _OPEN + data + _CLOSE})


def bomb() -> bytes:
    """Return about 60 KiB that unpack to 20 MiB of cells."""
    row = b"<row>" + b"<c><v>1</v></c>" * 20 + b"</row>"
    return with_sheet(row * (20 * 1024 * 1024 // len(row)))


def far_cell() -> bytes:
    """Return a small sheet with one cell in the first and one in the last corner."""
    return with_sheet(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def with_members(count: int) -> bytes:
    """Return a workbook with as many parts in all."""
    content = xlsx([["x"]])
    with ZipFile(BytesIO(content)) as archive:
        missing = count - len(archive.namelist())
    return repacked(content, {f"xl/media/{number}.xml": b"<a/>" for number in range(missing)})


def lying_bomb() -> bytes:
    """Return an archive whose table of contents says that a large part is small."""
    content = bytearray(bomb())
    size = len(ZipFile(BytesIO(bytes(content))).read(SHEET))
    body = zlib.crc32(ZipFile(BytesIO(bytes(content))).read(SHEET)[:1000])
    for place in range(len(content) - 4):
        if content[place : place + 4] == size.to_bytes(4, "little"):
            content[place : place + 4] = (1000).to_bytes(4, "little")
            content[place - 8 : place - 4] = body.to_bytes(4, "little")
    return bytes(content)
