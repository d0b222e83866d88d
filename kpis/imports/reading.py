"""A grid read through a layout: line by line to rows of the feed, with what was left out and what could not be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from kpis.calc.formula import FormulaError
from kpis.imports import cells
from kpis.imports.grids import SHEET, Record
from kpis.imports.headers import columns_of, place_of
from kpis.imports.layouts import (
    FIELDS,
    Column,
    Comparison,
    Condition,
    FeedRows,
    Layout,
    NamedFormula,
    bad_layout,
    conditions_of,
    formula_of,
    identifier,
)
from kpis.imports.naming import APART
from kpis.imports.opening import Grid
from kpis.imports.words import is_rest, plain, sums_of
from kpis.services.feed import wording
from kpis.services.feed.facts import FileSource
from kpis.services.feed.numbers import MOST_DECIMALS
from vendors.errors import Invalid, RowError

ACROSS = {"date": {"date", "month"}, "queue": {"queue"}}
"""What the headings of a matrix may hold."""
WITHOUT_WHOLE = "share_without_whole"
"""The code of the warning that a share or a mean was not taken, because what it is of is missing beside it."""
_STEP = Decimal(1).scaleb(-MOST_DECIMALS)
_HALF = Decimal("0.5")


def rows_of(layout: Layout, grid: Grid, *, today: date | None = None) -> FeedRows:
    """Return the grid's rows; a cell that cannot be read is noted with its line, and its line is no row.

    Blank cells and lines without any figure are not reported. Where the layout leaves the
    year out, days without one are the newest that are not after ``today``. Raises Invalid where the layout does not fit
    the file.
    """
    source = FileSource(derived=layout.derived, warnings=tuple(grid.warnings), sheets=tuple(grid.sheets))
    try:
        table = columns_of(grid, layout, today)
    except Invalid as refused:
        raise Invalid(refused.code, refused.detail, [_located(error, source) for error in refused.errors]) from None
    reader = _Reader(layout, table.header, today)
    rows: list[dict[str, Any]] = []
    found = FeedRows(rows=rows, numbers=[], source=source, found=grid.found)
    broken = _by_line(grid.errors)
    for record in table.records:
        try:
            row = reader.row(record)
        except _Refused as bad:
            found.errors.append(RowError(code=bad.code, detail=bad.detail, field=bad.name, row=record.line))
            continue
        if isinstance(row, str):
            found.skipped.append((record.line, row))
            continue
        # A total whose formula was saved without a value stands in nobody's way.
        found.errors += broken.get(record.line, ())
        if record.line in table.misfits:
            found.errors.append(_misfit(record.line, table.misfits[record.line], len(table.header)))
        else:
            rows.append(row)
            found.numbers.append(record.line)
    lost = tuple(_lost(heading, of, lines, source) for (heading, of), lines in reader.without_whole.items())
    found.source = replace(source, warnings=(*source.warnings, *lost))
    return found


def _lost(heading: str, of: str, lines: Sequence[int], source: FileSource) -> RowError:
    """Return the warning of the lines whose share or mean has no number beside it, so that nothing was taken of it."""
    by_sheet: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        sheet, own = source.located(line)
        by_sheet[sheet].append(own or line)
    where = ", ".join(f"{sheet} {span(own)}".strip() for sheet, own in by_sheet.items())
    text = _("“%(heading)s” was not taken on lines %(lines)s: its number (%(of)s) is missing there.")
    return RowError(WITHOUT_WHOLE, text % {"heading": heading[:50], "lines": where[:200], "of": of}, heading[:50])


def span(lines: Sequence[int]) -> str:
    """Return lines in short: 2–31, 40."""
    spans: list[list[int]] = []
    for line in sorted(set(lines)):
        if spans and line == spans[-1][1] + 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)


def _located(error: RowError, source: FileSource) -> RowError:
    """Return an error with the line of its own sheet, where several were read together."""
    sheet, line = source.located(error.row) if error.row is not None else ("", error.row)
    return replace(error, detail=f"{sheet} · {error.detail}", row=line) if sheet else error


def _by_line(errors: Sequence[RowError]) -> dict[int | None, list[RowError]]:
    found: dict[int | None, list[RowError]] = defaultdict(list)
    for error in errors:
        found[error.row].append(error)
    return found


def _misfit(line: int, given: int, wanted: int) -> RowError:
    text = _("Line %(line)s has %(given)s fields; the header has %(wanted)s.")
    return RowError("field_count", text % {"line": line, "given": given, "wanted": wanted}, row=line)


@dataclass(frozen=True, slots=True)
class _Computation:
    """A formula with where each of its names comes from: a column's place, or a measure computed before it."""

    formula: NamedFormula
    sources: Mapping[str, int | str]

    @property
    def places(self) -> set[int]:
        return {source for source in self.sources.values() if isinstance(source, int)}


class _Refused(ValueError):
    def __init__(self, name: str, code: str, detail: str) -> None:
        super().__init__(code)
        self.name, self.code, self.detail = name, code, detail


class _Reader:
    """A layout made ready for the columns of one file."""

    def __init__(self, layout: Layout, header: Sequence[str], today: date | None) -> None:
        self.layout = layout
        self.today = today
        self.sheet = header.index(SHEET) if SHEET in header else None
        self.header = header
        self.columns = {name: (place_of(header, column.heading), column) for name, column in layout.by_code.items()}
        if layout.shape == "matrix" and not ACROSS[layout.across] & self.columns.keys():
            self.columns[layout.across] = (place_of(header, layout.across), Column(layout.across))
        self.places = {identifier(heading): place for place, heading in reversed(list(enumerate(header)))}
        self.kinds = {place: column.kind for place, column in self.columns.values() if column.of is None}
        self.measures = [name for name in self.columns if name not in FIELDS]
        self.named_by = [place_of(header, heading) for heading in layout.named_by]
        self.keys = [place for name, (place, _column) in self.columns.items() if name in FIELDS] + self.named_by
        self.queues = {plain(name): code for name, code in layout.queues.items()} | layout.queues
        self.formulas = {code: self._resolved(formula_of(text)) for code, text in layout.set.items()}
        self.figures = {self.columns[name][0] for name in self.measures}.union(
            *(computation.places for computation in self.formulas.values())
        )
        self.conditions = [self._condition(condition) for condition in conditions_of(layout)]
        self.is_total = sums_of(layout.totals)
        self.rests: dict[tuple[object, ...], Decimal] = {}
        self.rests_of_row: dict[tuple[object, ...], Decimal] = {}
        self.without_whole: dict[tuple[str, str], list[int]] = defaultdict(list)
        """The lines of each (heading, its number) on which a share or a mean stands without that number."""
        self.blanks = frozenset(word.casefold() for word in layout.blanks)

    def row(self, record: Record) -> dict[str, object] | str:
        """Return the row of a line, or why the line is none: total, note, rest, condition, queue or blank."""
        if self._is_sum(record.cells):
            return "total"
        if self._is_note(record.cells):
            return "note"
        if self._has_no_figure(record):
            return "rest" if any(is_rest(record.cells[place]) for place in self.figures) else "blank"
        if any(self._holds(condition, record.cells) for condition in self.conditions):
            return "condition"
        row = self._key(record.cells)
        if row is None:
            return "queue"
        names = self.layout.renamed.get(str(row["queue"]), {})
        self.rests_of_row = {}
        figures = self._figures(record.cells, row)
        measures = {names.get(code, code): value for code, value in figures.items()}
        # Only now: a line that is refused leaves nothing behind for the next day.
        self.rests |= self.rests_of_row
        self._note_lost(record, figures)
        return {**row, "measures": measures} if measures else "blank"

    def _is_sum(self, line: Sequence[str]) -> bool:
        """Say whether a line is a sum of others: by its name or day, or by any cell where it lacks one of these."""
        keys = [line[place] for place in self.keys]
        return any(map(self.is_total, keys if all(keys) else line))

    def _is_note(self, line: Sequence[str]) -> bool:
        """Say whether a line without its day holds a text that begins as notes do: ※."""
        marked = {cell for cell in line if cell.startswith(self.layout.notes)}
        dates = [self.columns[name][0] for name in ("date", "month") if name in self.columns]
        return bool(marked) and all(line[place] == "" or line[place] in marked for place in dates or self.keys)

    def _has_no_figure(self, record: Record) -> bool:
        """Say whether nothing stands where figures do: a note, or a day that was not reported."""
        return bool(self.figures) and all(self._is_blank(record.cells[place]) for place in self.figures)

    def _is_blank(self, cell: str) -> bool:
        return cells.is_blank(cell, self.blanks) or is_rest(cell)

    # Queue and date --------------------------------------------------------------------------------
    def _key(self, line: Sequence[str]) -> dict[str, object] | None:
        name = self._queue_name(line)
        code = self.queues.get(name, self.queues.get(plain(name), name))
        if not code and name:
            return None
        return {"queue": code, **self._period(line)}

    def _queue_name(self, line: Sequence[str]) -> str:
        if self.named_by:
            return APART.join(line[place] for place in self.named_by if line[place])
        return line[self.columns["queue"][0]] if "queue" in self.columns else self.layout.queue or ""

    def _period(self, line: Sequence[str]) -> dict[str, object]:
        for field in ("month", "date"):
            given = line[self.columns[field][0]] if field in self.columns else self.layout.constants.get(field)
            if given is None:
                continue
            try:
                text = str(given)
                read: Callable[..., object] = cells.month if field == "month" else cells.day
                return {field: read(text, self._order(line), self.layout.year, self.today)}
            except cells.BadCell as bad:
                raise _Refused(field, bad.code, self._bad_date(field, bad.cell)) from None
        raise bad_layout(_("The layout names no date: give the column of the date or of the month."))

    def _order(self, line: Sequence[str]) -> str | None:
        """Return in which order the days of a line's sheet read; null where they are clear as they are."""
        usual = self.layout.date_format
        return usual if self.sheet is None else self.layout.date_formats.get(line[self.sheet], usual) or None

    def _bad_date(self, field: str, cell: str) -> str:
        if field == "month":
            return _("“%(cell)s” is no month: write it as 2025-10, or name its notation in the profile.") % {
                "cell": cell
            }
        return wording.bad_date(cell)

    # Figures ---------------------------------------------------------------------------------------
    def _figures(self, line: Sequence[str], row: Mapping[str, object]) -> dict[str, Any]:
        values: dict[str, Decimal | None] = {
            code: Decimal(str(value)) for code, value in self.layout.constants.items() if code not in FIELDS
        }
        for code in self.measures:
            if self.columns[code][1].of is None:
                values[code] = self._cell(code, self.columns[code][0], line)
        for code, computation in self.formulas.items():
            values[code] = self._computed(code, computation, line, values)
        for code in self.measures:
            self._derive(code, line, values, row)
        return {code: value for code, value in values.items() if value is not None and code not in FIELDS}

    def _cell(self, name: str, place: int, line: Sequence[str]) -> Decimal | None:
        cell = line[place]
        if self._is_blank(cell):
            return None
        kind = self.kinds.get(place, "number")
        try:
            return cells.KINDS[kind](cell, self.layout.decimal)
        except cells.BadCell as bad:
            raise _Refused(name, bad.code, _unreadable(kind, bad.cell)) from None

    def _derive(
        self, code: str, line: Sequence[str], values: dict[str, Decimal | None], row: Mapping[str, object]
    ) -> Decimal | None:
        """Return a measure's value; a share or mean becomes a whole sum, half up, of what it is a share of."""
        place, column = self.columns.get(code, (0, Column("")))
        if code in values or column.of is None:
            return values.get(code)
        of = self._derive(column.of, line, values, row)
        cell = line[place]
        share = None if of is None or self._is_blank(cell) else self._share(code, column, cell)
        values[code] = None if of is None or share is None else self._whole(code, share * of, of, row)
        return values[code]

    def _note_lost(self, record: Record, figures: Mapping[str, object]) -> None:
        """Keep that a share or a mean stands on a line without what it is of: missing is not zero, but is told."""
        for code in self.measures:
            place, column = self.columns[code]
            is_lost = column.of is not None and code not in figures and not self._is_blank(record.cells[place])
            if is_lost:
                self.without_whole[column.heading, column.of or ""].append(record.line)

    def _whole(self, code: str, exact: Decimal, of: Decimal, row: Mapping[str, object]) -> Decimal:
        """Return a derived sum as a whole number; what it is rounded by goes on to the queue's next day of the month.

        So the days of a month add up to its exact sum, rounded once. A part is never made less than nothing or more
        than its whole by that.
        """
        period = str(row.get("month") or row["date"])[: len("2026-03")]
        key = (row["queue"], period, code)
        wanted = exact + self.rests.get(key, 0)
        whole = (wanted + _HALF).to_integral_value(ROUND_FLOOR)
        if 0 <= exact <= of:
            whole = max(Decimal(0), min(whole, of.to_integral_value(ROUND_FLOOR)))
        self.rests_of_row[key] = wanted - whole
        return whole

    def _share(self, code: str, column: Column, cell: str) -> Decimal:
        try:
            return cells.KINDS[column.kind](cell, self.layout.decimal)
        except cells.BadCell as bad:
            raise _Refused(code, bad.code, _unreadable(column.kind, bad.cell)) from None

    # Formulas over columns -------------------------------------------------------------------------
    def _computed(
        self, code: str, computation: _Computation, line: Sequence[str], values: Mapping[str, Decimal | None]
    ) -> Decimal | None:
        try:
            value = computation.formula.formula.evaluate(self._inputs(computation, line, values))
        except FormulaError:
            raise _Refused(code, "number_range", _("The result of the formula is too large a number.")) from None
        return None if value is None else value.quantize(_STEP, ROUND_HALF_UP)

    def _inputs(
        self, computation: _Computation, line: Sequence[str], values: Mapping[str, Decimal | None]
    ) -> dict[str, Decimal | None]:
        names = computation.formula.names
        return {
            name: values.get(source) if isinstance(source, str) else self._cell(names[name], source, line)
            for name, source in computation.sources.items()
        }

    def _resolved(self, formula: NamedFormula) -> _Computation:
        return _Computation(formula, {name: self._source(formula.names[name]) for name in formula.formula.measures})

    def _source(self, written: str) -> int | str:
        """Return the column a formula names, or the measure that is computed before it."""
        place = self.places.get(identifier(written))
        if place is not None:
            return place
        if written in self.columns and self.columns[written][1].of is None:
            return self.columns[written][0]
        if written in self.layout.set or written in self.layout.constants:
            return written
        raise bad_layout(_("The formula names “%(name)s”, which is no column of the file.") % {"name": written[:50]})

    def _condition(self, condition: Condition) -> tuple[_Computation, Comparison, _Computation]:
        left, right = self._resolved(condition.left), self._resolved(condition.right)
        if any(isinstance(source, str) for side in (left, right) for source in side.sources.values()):
            raise bad_layout(_("A condition names columns of the file, not what is computed of them."))
        return left, condition.operator, right

    def _holds(self, condition: tuple[_Computation, Comparison, _Computation], line: Sequence[str]) -> bool:
        left, operator, right = condition
        sides = [side.formula.formula.evaluate(self._inputs(side, line, {})) for side in (left, right)]
        return None not in sides and operator(*sides)


def _unreadable(kind: str, cell: str) -> str:
    if kind in ("duration", "hours_minutes"):
        return _("“%(cell)s” is no duration: write 1:02:03 or seconds.") % {"cell": cell}
    if kind in ("percent", "ratio"):
        return _("“%(cell)s” is no percentage.") % {"cell": cell}
    return _("“%(cell)s” is no number a formula can use.") % {"cell": cell}
