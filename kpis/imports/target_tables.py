"""Targets as a table of months: what is pasted from a sheet or read from a CSV file becomes cells, and back.

With a header the columns are named (``contract``, ``kpi``, ``queue``, ``level`` and months) in any order; without one a
row is the KPI's name and twelve months, or twelve months alone in the order of the grid. A blank leaves a month as it
is; ``-`` takes the level away.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile

from django.utils.translation import gettext as _

from kpis.imports.encodings import decode
from kpis.imports.words import plain as folded
from kpis.models import Kpi
from kpis.queries.target_grid import LEVELS, Grid, GridRow
from kpis.services.target_grid import Cell
from kpis.services.target_values import plain
from vendors.errors import Invalid, RowError, cut

MOST_ROWS = 1000
NONE = frozenset({"-", "–", "—", "없음", "none"})
COLUMNS = {
    "contract": ("contract", "계약", "계약코드"),
    "kpi": ("kpi", "kpicode", "지표", "지표코드", "항목", "평가항목"),
    "queue": ("queue", "업무그룹", "업무그룹코드"),
    "level": ("level", "수준", "구분"),
}
LEVEL_WORDS = {
    "target": ("target", "목표", "목표수준", "목표값"),
    "minimum": ("minimum", "min", "최소", "최소수준"),
    "stretch": ("stretch", "도전", "도전수준"),
    "weight": ("weight", "배점", "가중치"),
    "target_upper": ("target_upper", "목표상한"),
    "minimum_upper": ("minimum_upper", "최소상한"),
}
_COLUMN = {folded(word): name for name, words in COLUMNS.items() for word in words}
_LEVEL = {folded(word): name for name, words in LEVEL_WORDS.items() for word in words}
_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(r"(?:'?(20[0-9]{2}|[0-9]{2}) ?[-./년] ?)?(1[0-2]|0?[1-9]) ?월?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


@dataclass(slots=True)
class TargetTable:
    """The cells a table holds, and what in it could not be read."""

    cells: list[Cell] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def read_target_file(body: bytes, grid: Grid, level: str, kpis: Sequence[Kpi]) -> TargetTable:
    """Read a CSV file as :func:`read_target_table` does; raises Invalid where it is no text."""
    text, _encoding = decode(body)
    return read_target_table(text, grid, level, kpis)


def read_target_table(text: str, grid: Grid, level: str, kpis: Sequence[Kpi]) -> TargetTable:
    """Read a table of months for ``grid``; ``level`` is meant where no column names it, ``kpis`` may be named.

    Raises Invalid (``empty``, ``too_many_rows``, ``column_count``); what single rows get wrong stands in ``errors``.
    """
    rows = [(line, cells) for line, cells in _lines(text) if any(cells)]
    if not rows:
        raise Invalid("empty", _("There is nothing in it: copy the cells of your sheet and paste them here."))
    if len(rows) > MOST_ROWS:
        raise Invalid("too_many_rows", _("At most %(most)s rows at once.") % {"most": MOST_ROWS})
    columns = _header(rows[0][1], grid.year)
    names = _names(grid, kpis)
    found = TargetTable()
    for place, (line, cells) in enumerate(rows[1:] if columns else rows):
        try:
            named = _by_header(cells, columns) if columns else _in_order(cells, line, place, grid)
            found.cells += _cells(line, named, grid, level, names)
        except Invalid as error:
            found.errors += error.errors
    return found


def write_target_table(grid: Grid) -> str:
    """Return the grid as CSV text with the columns that :func:`read_target_table` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*COLUMNS, "name", *(f"{month.start:%Y-%m}" for month in grid.months)])
    for row in grid.rows:
        for level in LEVELS:
            values = [row.level(level, month) for month in grid.months]
            if any(value is not None for value in values):
                about = [grid.contract.code, row.kpi.code, row.key[1], level, _safe(row.kpi.label)]
                writer.writerow([*about, *("" if value is None else plain(value) for value in values)])
    return out.getvalue()


def _safe(text: str) -> str:
    """Return a name that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    delimiter = "\t" if "\t" in text else ","
    reader = csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise Invalid("unreadable", _("This is no table of cells: copy it from the sheet anew.")) from error


def _header(cells: Sequence[str], year: int) -> dict[str | date, int] | None:
    """Return which column is what, where the line is a header; a year that is not the grid's is kept as it is."""
    columns: dict[str | date, int] = {}
    for place, cell in enumerate(cells):
        name = _COLUMN.get(folded(cell)) or _month(cell, year)
        if name is not None and name not in columns:
            columns[name] = place
    named_months = any(isinstance(name, date) and not _is_number(cells[place]) for name, place in columns.items())
    return columns if named_months else None


def _month(text: str, year: int) -> date | None:
    if match := _MONTH.fullmatch(text):
        given = int(match[1]) if match[1] else year
        return date(given if given >= 2000 else given + 2000, int(match[2]), 1)
    word = text[:3].lower()
    if word in _ENGLISH and text.isalpha():
        return date(year, _ENGLISH.index(word) + 1, 1)
    return None


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).replace(",", "").isdigit()


def _by_header(cells: Sequence[str], columns: Mapping[str | date, int]) -> dict[str | date, str]:
    return {name: cells[place] for name, place in columns.items() if place < len(cells)}


def _in_order(cells: Sequence[str], line: int, place: int, grid: Grid) -> dict[str | date, str]:
    """Return a line without a header: an optional name, an optional level, then the months from January on."""
    words = list(takewhile(lambda cell: cell and cell not in NONE and not _is_number(bare_figure(cell)), cells))
    values = list(cells[len(words) :])
    while len(values) > 12 and not values[-1]:
        values.pop()
    if len(values) != 12:
        text = _(
            "Without a header a row has twelve months, January to December; this one has %(given)s. Copy the header "
            "too, so that the months are named."
        )
        raise _refused("column_count", text % {"given": len(values)}, None, line)
    named: dict[str | date, str] = {month.start: value for month, value in zip(grid.months, values, strict=True)}
    levels = [word for word in words if folded(word) in _LEVEL]
    if levels:
        named["level"] = levels[-1]
    labels = [word for word in words if word not in levels]
    if labels:
        return named | {"kpi": labels[0]}
    if place >= len(grid.rows):
        raise _refused("too_many_rows", _("The grid has only %(rows)s rows.") % {"rows": len(grid.rows)}, None, line)
    code, queue = grid.rows[place].key
    return named | {"kpi": code, "queue": queue}


def _names(grid: Grid, kpis: Sequence[Kpi]) -> dict[str, str]:
    """Return the codes by everything a KPI is called; a name that two share stands for none."""
    called = {(folded(name), kpi.code) for kpi in kpis for name in (kpi.code, kpi.name, kpi.name_ko) if name}
    times = Counter(name for name, _code in called)
    inside = {row.kpi.code for row in grid.rows}
    return {name: code for name, code in called if times[name] == 1 or code in inside or folded(code) == name}


def _cells(
    line: int, named: Mapping[str | date, str], grid: Grid, level: str, names: Mapping[str, str]
) -> Iterator[Cell]:
    _check_contract(line, named, grid)
    code = names.get(folded(named.get("kpi", "")))
    if code is None:
        text = _("“%(name)s” is no KPI of this contract. Write its code or its whole name.")
        raise _refused("unknown_kpi", text % {"name": cut(named.get("kpi", ""))}, "kpi", line)
    word = named.get("level", "")
    if word and folded(word) not in _LEVEL:
        text = _("“%(name)s” is no level. The levels are: %(names)s.")
        raise _refused("unknown_level", text % {"name": cut(word), "names": ", ".join(LEVELS)}, "level", line)
    level = _LEVEL.get(folded(word), level) if word else level
    row = grid.row((code, named.get("queue", "")))
    for month in sorted(name for name in named if isinstance(name, date)):
        text = named[month]
        if text:
            before = _now(row, level, month, grid)
            after = "" if text.lower() in NONE else bare_figure(text)
            if not same_figure(before, after):
                yield Cell(code, named.get("queue", ""), level, month, before, after, line)


def _check_contract(line: int, named: Mapping[str | date, str], grid: Grid) -> None:
    given = named.get("contract", "")
    if given and given != grid.contract.code:
        text = _("This row is of the contract %(given)s; here are the targets of %(code)s.")
        raise _refused("other_contract", text % {"given": cut(given), "code": grid.contract.code}, "contract", line)


def _now(row: GridRow | None, level: str, month: date, grid: Grid) -> str:
    period = next((one for one in grid.months if one.start == month), None)
    value = row.level(level, period) if row is not None and period is not None else None
    return "" if value is None else plain(value)


def same_figure(before: str, after: str) -> bool:
    """Say whether a cell says what is stored: 90 and 90.0 are the same."""
    return _normal(before) == _normal(after)


def _normal(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def bare_figure(text: str) -> str:
    """Return a figure without its per cent sign and its thousands separators."""
    text = text.removesuffix("%").strip()
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


def _refused(code: str, text: str, field: str | None, line: int | None) -> Invalid:
    return Invalid(code, text, [RowError(code, text, field, line)])
