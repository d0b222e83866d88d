"""Every kind of file becomes a workbook of text cells: CSV, XLSX, XLS and HTML tables."""

from __future__ import annotations

import re

from kpis.imports.bounded import read_sheets
from kpis.imports.delimited import read_records
from kpis.imports.encodings import decode
from kpis.imports.grids import Sheet, Workbook
from kpis.imports.kinds import FileKind, document_security, is_spreadsheet_name, kind_of
from vendors.errors import Invalid

_META_KOREAN = re.compile(rb"charset\s*=\s*[\"']?(?:euc-kr|ks_c_5601|cp949|ms949|x-windows-949)", re.IGNORECASE)


def read_workbook(
    content: bytes,
    *,
    filename: str = "",
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str = '"',
) -> Workbook:
    """Read a file of any kind; what it is shows in its content, ``filename`` is only a hint.

    ``encoding`` (a key of :data:`kpis.imports.encodings.ACCEPTED`), ``delimiter`` (``","``) and ``quote`` are for text
    whose own are ambiguous. Spreadsheets are read in a bounded process; whatever is wrong with a file is an Invalid
    (400), UnsupportedMedia (415) or TooLarge (413) with a code and the cure.
    """
    kind = kind_of(content)
    if kind is FileKind.CSV:
        return _text(content, filename, encoding, delimiter, quote)
    used = ""
    if kind is FileKind.HTML:
        text, used = decode(content, encoding or ("cp949" if _META_KOREAN.search(content[:4096]) else None))
        content = text.encode()
    return Workbook(kind, read_sheets(kind, content), encoding=used)


def _text(content: bytes, filename: str, encoding: str | None, delimiter: str | None, quote: str) -> Workbook:
    try:
        text, used = decode(content, encoding)
    except Invalid as error:
        if is_spreadsheet_name(filename) and error.code in ("bad_encoding", "control_char"):
            raise document_security() from None
        raise
    records, mark = read_records(text, delimiter, quote)
    return Workbook(FileKind.CSV, [Sheet(name="", is_hidden=False, rows=records)], encoding=used, delimiter=mark)
