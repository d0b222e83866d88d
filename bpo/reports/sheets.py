"""Tables of a workbook: a frozen head, numbers as numbers in their own format, text as text, A4 when printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

A4 = 9
HEAD_HEIGHT = 32
"""Points: two lines."""
WORKBOOK = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd hh:mm",
}
"""What a name is stays a name, though it begins with ``=`` or looks like an address or a number."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head and how wide it is, in characters."""

    name: str
    width: float = 14


@dataclass(frozen=True, slots=True)
class Number:
    """A figure with its places and unit; null is an empty cell. It is written as the number alone."""

    value: Decimal | int | None
    places: int = 2
    unit: str = ""

    @property
    def format(self) -> str:
        """The number format: thousands separators, and the unit as text the program does not count with."""
        text = "#,##0" + ("." + "0" * self.places if self.places else "")
        unit = self.unit.replace('"', "")
        return f'{text}"{unit}"' if unit else text


class Styles:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def of(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(properties)
        return self._made[key]


class Table:
    """One sheet that holds one table; cells are texts, :class:`Number`, moments, or null for empty."""

    def __init__(
        self, sheet: Any, styles: Styles, columns: Sequence[Column], rows: Sequence[Sequence[Any]], *, frozen: int = 1
    ) -> None:
        self.sheet, self.styles, self.columns, self.rows = sheet, styles, columns, rows
        head = styles.of(bold=True, bg_color="#E8ECF3", bottom=1, text_wrap=True, valign="vcenter")
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, column.name, head)
        sheet.set_row(0, HEAD_HEIGHT)
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                self._write(number, place, value)
        sheet.freeze_panes(1, frozen)
        sheet.repeat_rows(0)
        set_up_print(sheet)

    def series(self, column: int) -> Mapping[str, Any]:
        """Return where a chart finds the name, the categories (the first column) and the values of a column."""
        name, last = self.sheet.get_name(), len(self.rows)
        return {
            "name": [name, 0, column],
            "categories": [name, 1, 0, last, 0],
            "values": [name, 1, column, last, column],
        }

    def _write(self, row: int, column: int, value: Any) -> None:
        if value is None or (isinstance(value, Number) and value.value is None):
            return
        if isinstance(value, Number):
            style = self.styles.of(num_format=value.format, valign="top")
            self.sheet.write_number(row, column, float(value.value or 0), style)
        elif isinstance(value, datetime):
            self.sheet.write_datetime(row, column, value, self.styles.of(num_format="yyyy-mm-dd hh:mm", valign="top"))
        else:
            self.sheet.write_string(row, column, str(value), self.styles.of(text_wrap=True, valign="top"))


def set_up_print(sheet: Any, *, is_tall: bool = False) -> None:
    """Print on A4, one page wide; upright, on one page, where it ``is_tall``."""
    sheet.set_paper(A4)
    if is_tall:
        sheet.set_portrait()
    else:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 1 if is_tall else 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
