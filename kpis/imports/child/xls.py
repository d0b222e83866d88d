"""XLS (BIFF)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from .bounds import Limits, Refused
from .writing import Writer

_DAY = timedelta(days=1)


def read_xls(content: bytes, writer: Writer, limits: Limits) -> None:
    """Print every worksheet of a BIFF file, with its cells in error: the faster reader leaves those empty."""
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=_Nowhere())
    except xlrd.XLRDError as error:
        raise Refused("encrypted" if "encrypted" in str(error).lower() else "bad_xls") from None
    if book.nsheets > limits.sheets:
        raise Refused("too_many_sheets")
    forms = [_is_elapsed(book, form.format_key) for form in book.xf_list]
    for sheet in book.sheets():
        if sheet.ncols > limits.columns:
            raise Refused("too_many_columns", sheet.name)
        merged = [[top + 1, left + 1, bottom, right] for top, bottom, left, right in sheet.merged_cells]
        rows = ([_xls_cell(cell, book.datemode, forms) for cell in sheet.row(line)] for line in range(sheet.nrows))
        writer.sheet(sheet.name, sheet.visibility != 0, rows, 0, {"merged": merged})


class _Nowhere:
    def write(self, _text: str) -> None:
        """The reader remarks on much that is harmless."""


def _is_elapsed(book: Any, key: int) -> bool:
    form = book.format_map.get(key)
    return form is not None and re.search(r"\[(h+|m+|s+)\]", form.format_str, re.IGNORECASE) is not None


def _xls_cell(cell: Any, mode: int, forms: list[bool]) -> Any:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#ERR!")
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype != xlrd.XL_CELL_DATE:
        return cell.value
    if 0 <= cell.value < 1 or (cell.xf_index is not None and forms[cell.xf_index]):
        return cell.value * _DAY
    try:
        return xlrd.xldate.xldate_as_datetime(cell.value, mode)
    except (OverflowError, ValueError):
        return cell.value
