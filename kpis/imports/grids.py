"""What every kind of file becomes first: sheets of text cells, each row with the number of its line."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from django.utils.translation import gettext as _

from kpis.imports.kinds import FileKind
from kpis.services.submissions import MOST_FILE_ROWS
from vendors.errors import TooLarge

MOST_LINES = MOST_FILE_ROWS + 100
"""Lines of a sheet: titles, a header and totals may stand around the rows."""
MOST_COLUMNS = 256
SHEET = "시트 (sheet)"
"""The heading of the name of each line's sheet, where several sheets are read together."""


class Record(msgspec.Struct, frozen=True, array_like=True):
    """One line that holds something: its number in the file, from 1, and its cells as text.

    Dates are ``2026-03-02``, moments ``2026-03-02 09:30:00``, times and durations ``1:02:03``, numbers plain
    decimals, booleans TRUE and FALSE, errors such as ``#DIV/0!``, an empty cell ``""``. Cells are trimmed. Rows of
    a spreadsheet end with their last cell that holds something; those of a CSV file have the fields of their line.
    """

    line: int
    cells: list[str]


class Sheet(msgspec.Struct, frozen=True):
    """One sheet. ``merged`` are ranges ``[top, left, bottom, right]`` from 1, ends included: only the first holds text.

    ``formulas`` counts cells that are computed; their values are those last saved. ``without_value`` names the
    first hundred, as line and column from 1, that were saved without one.
    """

    name: str
    is_hidden: bool
    rows: list[Record]
    merged: list[tuple[int, int, int, int]] = []
    formulas: int = 0
    without_value: list[tuple[int, int]] = []


@dataclass(frozen=True, slots=True)
class Workbook:
    """A file that was read. ``encoding`` and ``delimiter`` are those of a text file, else empty."""

    kind: FileKind
    sheets: list[Sheet]
    encoding: str = ""
    delimiter: str = ""

    @property
    def is_text(self) -> bool:
        """Whether lines have fields, and not a grid cells."""
        return self.kind is FileKind.CSV


def too_many_rows(most: int = MOST_FILE_ROWS) -> TooLarge:
    """Return the refusal of a file that has more rows than one may have."""
    text = _("The file has more than %(most)s rows; send several files.")
    return TooLarge("too_many_rows", text % {"most": f"{most:,}"})
