"""Where the table of a grid begins, what its columns are called, and its other shapes turned into the wide one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from kpis.imports import cells
from kpis.imports.grids import SHEET
from kpis.imports.layouts import FIELDS, Layout, bad_layout
from kpis.imports.opening import Grid
from kpis.imports.tables import LONGEST_CELL, Record
from kpis.imports.words import is_subtotal, is_total, plain, sums_of
from vendors.errors import Invalid, RowError

MOST_ENTRIES = 500_000
"""Cells of a long table or a matrix that are turned into rows."""
MATRIX_VALUE = "value"
"""What the cells of a matrix are called once it is unrolled; its headings are called date or queue."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Named columns and the records below them, each as long as the header.

    ``misfits`` are the lines that had another number of cells, with that number.
    """

    header: list[str]
    records: list[Record]
    misfits: dict[int, int] = field(default_factory=dict)


def columns_of(grid: Grid, layout: Layout, today: date | None = None) -> Columns:
    """Return the grid's table in the wide shape; raise Invalid (no_rows, missing_column, bad_layout, too_many_rows)."""
    table = _named(grid, layout)
    _take_together(table, layout)
    _fill_down(table, layout)
    if layout.shape == "matrix":
        table = _unrolled(table, layout, today)
    if layout.shape == "long" or (layout.shape == "matrix" and layout.label):
        table = _pivoted(table, layout)
    return table


def _named(grid: Grid, layout: Layout) -> Columns:
    first = layout.header_row or grid.records[0].line
    head = [record for record in grid.records if first <= record.line < first + layout.header_rows]
    below = [record for record in grid.records if record.line >= first + layout.header_rows]
    if not head or not below:
        raise Invalid("no_rows", _("There is no header on line %(line)s with rows below it.") % {"line": first})
    header = headings([record.cells for record in head])
    wanted = len(header)
    skipped = frozenset(layout.skip_rows)
    records = [
        Record(record.line, [*record.cells[:wanted], *[""] * (wanted - len(record.cells))])
        for record in below
        if record.line not in skipped
    ]
    misfits = {record.line: len(record.cells) for record in below if _misfits(record.cells, wanted)}
    return Columns(header, records, misfits)


def _take_together(table: Columns, layout: Layout) -> None:
    """Put what stands under a column's other headings below its own; raise Invalid ``two_values`` for a line of two."""
    for column in layout.by_code.values():
        others = [table.header.index(name) for name in map(_clean, column.also) if name in table.header]
        if not others:
            continue
        place = place_of(table.header, column.heading)
        for record in table.records:
            given = list(dict.fromkeys(cell for at in (place, *others) if (cell := record.cells[at])))
            if len(given) > 1:
                filling = {"heading": column.heading[:50], "others": ", ".join(column.also)[:100]}
                text = _("A line holds different values in “%(heading)s” and “%(others)s”.") % filling
                raise Invalid("two_values", text, [RowError("two_values", text, column.heading, record.line)])
            record.cells[place] = given[0] if given else ""


def _fill_down(table: Columns, layout: Layout) -> None:
    """Fill merged cells: what is blank below a name goes on with it.

    Always where several columns name a queue together; of the others only where the layout says so.
    """
    keys = _keys(layout) if layout.fill_down else layout.named_by
    wanted = {_clean(heading) for heading in keys} | {SHEET}
    places = [place for place, heading in enumerate(table.header) if heading in wanted]
    names = {place for place in places if not _holds_days(table.header[place], layout)}
    lines = [record.cells for record in table.records]
    for record, cells_above in filled_down(lines, places, names, layout.label, sums_of(layout.totals)):
        for place, cell in cells_above.items():
            record[place] = cell


def filled_down(
    lines: Sequence[list[str]],
    places: Sequence[int],
    names: Collection[int],
    label: str | None = None,
    is_sum: Callable[[str], bool] = is_total,
) -> Iterator[tuple[list[str], dict[int, str]]]:
    """Yield each line with what stands above its blank cells of ``places``, by place.

    Another name ends what stands right of it. A subtotal names nobody; below any other sum in place of a name it is
    the sum that goes on. Nor does a line go on, where none has a label of its measure, that has neither name nor day.
    """
    above = dict.fromkeys(places, "")
    for line in lines:
        given = [place for place in places if line[place]]
        goes_on = len(given) < len(places) and (given or label) and not any(map(is_sum, line))
        for place in given:
            cell = line[place]
            if is_sum(cell) and (place not in names or is_subtotal(cell)):
                continue
            if place in names and cell != above[place]:
                above |= {other: "" for other in places if other > place}
            above[place] = cell
        yield line, {place: above[place] for place in places if not line[place]} if goes_on else {}


def _holds_days(heading: str, layout: Layout) -> bool:
    days = (layout.by_code[name].heading for name in ("date", "month") if name in layout.by_code)
    return heading in {_clean(day) for day in days}


def _misfits(line: Sequence[str], wanted: int) -> bool:
    return len(line) < wanted or any(line[wanted:])


def headings(lines: Sequence[Sequence[str]]) -> list[str]:
    """Return one name a column of a header of one or more lines, none blank and none twice.

    A merged heading stands over its columns: what is blank in an upper line is filled from the left.
    """
    width = max(len(line) for line in lines)
    padded = [[_clean(cell) for cell in line] + [""] * (width - len(line)) for line in lines]
    upper = [_filled(line, padded[-1]) for line in padded[:-1]]
    names = [_joined([*(line[place] for line in upper), padded[-1][place]]) for place in range(width)]
    return _told_apart(names)


def _clean(cell: str) -> str:
    return " ".join(unicodedata.normalize("NFC", cell).split())


def _filled(line: list[str], lowest: list[str]) -> list[str]:
    filled, last = [], ""
    for place, cell in enumerate(line):
        last = cell or last
        filled.append(last if cell or lowest[place] else "")
    return filled


def _joined(parts: list[str]) -> str:
    return " / ".join(dict.fromkeys(part for part in parts if part))


def _told_apart(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    found = []
    for place, name in enumerate(names, start=1):
        shown = name[:LONGEST_CELL] or f"#{place}"
        seen[shown] = seen.get(shown, 0) + 1
        found.append(shown if seen[shown] == 1 else f"{shown} ({seen[shown]})")
    return found


def _unrolled(table: Columns, layout: Layout, today: date | None) -> Columns:
    """Return one record for each cell under a date or queue: the cells beside it, the heading, the value."""
    of_days = layout.across == "date"
    across = [
        place
        for place, heading in enumerate(table.header)
        if (_is_date(heading, layout, today) if of_days else _is_queue(heading, layout))
    ]
    if not across:
        raise bad_layout(_("No heading of the matrix reads as a date, a month or a queue."), "columns")
    beside = [place for place in range(len(table.header)) if place not in set(across)]
    if len(table.records) * len(across) > MOST_ENTRIES:
        raise _too_many()
    header = [*(table.header[place] for place in beside), layout.across, MATRIX_VALUE]
    records = [
        Record(record.line, [*(record.cells[at] for at in beside), table.header[place], record.cells[place]])
        for record in table.records
        for place in across
    ]
    return Columns(header, records, table.misfits)


def _is_date(heading: str, layout: Layout, today: date | None) -> bool:
    read: Callable[..., object] = cells.month if "month" in layout.columns else cells.day
    try:
        read(heading, layout.date_format, layout.year, today)
    except cells.BadCell:
        return False
    return True


def _is_queue(heading: str, layout: Layout) -> bool:
    return plain(heading) in {plain(name) for name in layout.queues}


def _pivoted(table: Columns, layout: Layout) -> Columns:
    """Return one record for each key, with a column for each name that stands in the label column."""
    label, value = layout.label or "", layout.value or MATRIX_VALUE
    places = [place_of(table.header, name) for name in (label, value)]
    keys = [place for place in range(len(table.header)) if table.header[place] in _keys(layout)]
    names: dict[str, int] = {}
    found: dict[tuple[str, ...], tuple[int, dict[int, str]]] = {}
    for record in table.records:
        name = _clean(record.cells[places[0]])
        column = names.setdefault(name, len(names))
        key = tuple(record.cells[place] for place in keys)
        line, values = found.setdefault(key, (record.line, {}))
        if values.setdefault(column, record.cells[places[1]]) != record.cells[places[1]]:
            text = _("Lines %(first)s and %(second)s hold different values of the same thing.")
            filled = text % {"first": line, "second": record.line}
            raise Invalid("duplicate_in_batch", filled, [RowError("duplicate_in_batch", filled, name, record.line)])
    if len(found) * len(names) > MOST_ENTRIES:
        raise _too_many()
    header = [*(table.header[place] for place in keys), *_told_apart(list(names))]
    records = [
        Record(line, [*key, *(values.get(at, "") for at in range(len(names)))]) for key, (line, values) in found.items()
    ]
    return Columns(header, records, table.misfits)


def _keys(layout: Layout) -> set[str]:
    keys = {column.heading for name, column in layout.by_code.items() if name in FIELDS}
    return keys | {_clean(name) for name in layout.named_by} | ({layout.across} if layout.shape == "matrix" else set())


def place_of(header: Sequence[str], name: str) -> int:
    """Return where a heading stands; raise Invalid ``missing_column``."""
    wanted = _clean(name)
    if wanted in header:
        return list(header).index(wanted)
    text = _("The file has no column “%(name)s”.") % {"name": wanted[:50]}
    raise Invalid("missing_column", text, [RowError(code="missing_column", detail=text, field=wanted[:50])])


def _too_many() -> Invalid:
    return Invalid("too_many_rows", _("The table holds more than %(most)s values.") % {"most": f"{MOST_ENTRIES:,}"})
