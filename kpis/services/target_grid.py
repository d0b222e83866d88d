"""Targets changed month by month: what a change comes to, and everything that is wrong with it.

A change is a list of cells, each one level of one KPI in one month, before and after. It is planned first, and stored
as planned or not at all (:mod:`kpis.services.target_changes`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from kpis.calc.periods import Period, PeriodKind, period_of
from kpis.calc.target_months import Change, Version, replanned, tail_end
from kpis.queries.target_grid import LEVELS, Grid, GridRow, Lock, level_in
from kpis.services.target_checks import check_values
from kpis.services.target_values import (
    DECIMAL_FIELDS,
    Unreadable,
    plain,
    read_decimal,
    scale_of,
    with_defaults,
)
from kpis.services.targets import WHOLE, asks_for_approval, refuse
from vendors.errors import Invalid, RowError

MOST_CELLS = 5000
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One level in one month, as text: empty is none. ``row`` is the line of a table it came from."""

    kpi: str
    queue: str
    level: str
    month: date
    before: str
    after: str
    row: int | None = None

    @property
    def key(self) -> Key:
        return self.kpi, self.queue

    def as_document(self) -> dict[str, str]:
        return {
            "kpi": self.kpi,
            "queue": self.queue,
            "level": self.level,
            "month": f"{self.month:%Y-%m}",
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True)
class CellError(RowError):
    """What is wrong with one cell; ``detail`` names the KPI and the month, ``text`` says the rest alone."""

    cell: Cell | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """What a change comes to for one row of the grid: its versions before and after, and the cells that did it."""

    row: GridRow
    after: tuple[Version, ...]
    cells: Sequence[Cell]

    @property
    def begun(self) -> list[Version]:
        """The versions the change makes or alters."""
        return [version for version in self.after if version.is_changed]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change comes to. With ``errors`` it is not stored; ``warnings`` do not stop it."""

    rows: Sequence[RowPlan] = ()
    errors: Sequence[RowError] = ()
    warnings: Sequence[RowError] = ()
    needs_approval: bool = False

    @property
    def cells(self) -> list[Cell]:
        return [cell for row in self.rows for cell in row.cells]


@dataclass(slots=True)
class _Reading:
    """The cells of one row as they are read: what each month gets."""

    row: GridRow
    cells: list[Cell] = field(default_factory=list)
    values: dict[date, dict[str, Decimal | None]] = field(default_factory=lambda: defaultdict(dict))


def plan_change(grid: Grid, cells: Iterable[Cell], *, goes_on: bool) -> Plan:
    """Return what ``cells`` come to, and everything that is wrong with them; writes nothing.

    Errors name the line (``row``) and the month (``field``) of a cell. With ``goes_on`` what December gets holds on
    as far as the version that held in it, or until the next planned one.
    """
    readings, errors = _read(grid, cells)
    plans = []
    for reading in readings:
        planned, faults = _planned(grid, reading, goes_on)
        plans.append(planned)
        errors += faults
    waits = bool(plans) and asks_for_approval([grid.contract], *days_of(plans))
    return Plan(plans, errors, [] if errors else _weight_warnings(grid, plans), waits)


def read_cells(documents: Iterable[Mapping[str, Any]]) -> list[Cell]:
    """Read cells as they are kept in a change or sent by the page. Raise ValueError where one is not a cell."""
    found = []
    for document in documents:
        names = ("kpi", "queue", "level", "month", "before", "after")
        if not isinstance(document, Mapping) or not all(isinstance(document.get(name), str) for name in names):
            raise ValueError("cells")
        month = date.fromisoformat(f"{document['month']}-01")
        texts = {name: document[name][:64] for name in names if name != "month"}
        found.append(Cell(month=month, **texts))
    return found


def _read(grid: Grid, cells: Iterable[Cell]) -> tuple[list[_Reading], list[RowError]]:
    readings: dict[Key, _Reading] = {}
    errors: list[RowError] = []
    for number, cell in enumerate(cells):
        if number >= MOST_CELLS:
            refuse([RowError("too_many", _("At most %(most)s cells at once.") % {"most": MOST_CELLS})])
        row = grid.row(cell.key)
        try:
            value = _cell_value(grid, row, cell)
        except Invalid as error:
            errors += error.errors
            continue
        assert row is not None
        reading = readings.setdefault(cell.key, _Reading(row))
        if cell.level in reading.values[cell.month]:
            if reading.values[cell.month][cell.level] != value:
                text = _("This cell stands twice, with different figures. Keep one of them.")
                errors.append(_error(row, cell, "duplicate", text))
            continue
        reading.cells.append(replace(cell, after="" if value is None else plain(value)))
        reading.values[cell.month][cell.level] = value
    return list(readings.values()), errors


def _cell_value(grid: Grid, row: GridRow | None, cell: Cell) -> Decimal | None:
    """Return what a cell says; raise Invalid where it may not say it."""
    if row is None:
        raise _wrong(
            grid, cell, "unknown_kpi", _("This contract is not judged by such a KPI; add it to the grid first.")
        )
    if cell.level not in LEVELS:
        raise _wrong(grid, cell, "unknown_level", _("The levels are: %(names)s.") % {"names": ", ".join(LEVELS)})
    month = period_of(PeriodKind.MONTH, cell.month)
    if month.start.year != grid.year or month.start != cell.month:
        raise _wrong(grid, cell, "wrong_year", _("This month is not of %(year)s.") % {"year": grid.year})
    if lock := grid.lock(month):
        raise _wrong(grid, cell, lock.kind, lock_text(lock))
    now = row.level(cell.level, month)
    if _number(grid, cell, cell.before) != now:
        text = _("Somebody has changed it meanwhile: it is %(now)s now. Open the grid again.")
        raise _wrong(grid, cell, "changed_meanwhile", text % {"now": "–" if now is None else plain(now)})
    return _number(grid, cell, cell.after)


def lock_text(lock: Lock) -> str:
    """Say why a month takes no other targets, and what to do about it."""
    if lock.kind == "closed":
        return _("This month is closed. Open it again on the page of month ends if its target was wrong.")
    if lock.kind == "final":
        return _("The scorecard of this month is final; its targets stay as they were.")
    return _("The contract does not run in this month.")


def _number(grid: Grid, cell: Cell, text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        return read_decimal(text, *DECIMAL_FIELDS[cell.level])
    except Unreadable as error:
        raise _wrong(grid, cell, "number", str(error)) from None


def _wrong(grid: Grid, cell: Cell, code: str, text: str) -> Invalid:
    return Invalid(code, text, [_error(grid.row(cell.key), cell, code, text)])


def _error(row: GridRow | None, cell: Cell, code: str, text: str) -> CellError:
    """Return an error that names the place as people do: the KPI and the month."""
    month = f"{cell.month:%Y-%m}"
    detail = f"{row.kpi.label if row else cell.kpi} · {month}: {text}"
    return CellError(code, detail, month, cell.row, cell=cell, text=text)


def _planned(grid: Grid, reading: _Reading, goes_on: bool) -> tuple[RowPlan, list[RowError]]:
    row = reading.row
    errors: list[RowError] = []
    changes = []
    for start, levels in sorted(reading.values.items()):
        month = period_of(PeriodKind.MONTH, start)
        end = _end(row, month, goes_on and start.month == 12)
        cell = next(cell for cell in reading.cells if cell.month == start)
        if any(month.end <= locked and (end is None or locked < end) for locked in grid.locks):
            text = _("December would go on into months that are closed. Let it end with the year.")
            errors.append(_error(row, cell, "closed", text))
        changes.append(Change(start, end, _overlay(levels)))
    fresh = _fresh(row, changes[0].start)
    after = replanned(row.versions, changes, fresh)
    return RowPlan(row, after, reading.cells), errors or _faults(row, after, reading.cells)


def _end(row: GridRow, month: Period, goes_on: bool) -> date | None:
    return tail_end(row.versions, month.start, month.end) if goes_on else month.end


def _overlay(levels: Mapping[str, Decimal | None]) -> Mapping[str, Any] | None:
    """Return what a month gets; null where its target is taken away."""
    ends = "target" in levels and all(level is None for level in levels.values())
    return None if ends else levels


def _fresh(row: GridRow, day: date) -> dict[str, Any]:
    """Return what a target begins with where none holds: as the one before it, else by the KPI's direction."""
    nearest = [version for version in row.versions if version.start <= day] or list(row.versions)
    kept = dict(nearest[-1].values) if nearest else {}
    return kept or {
        name: value for name, value in with_defaults({}, scale_of(row.kpi, day)).items() if name != "target"
    }


def _faults(row: GridRow, after: Sequence[Version], cells: Sequence[Cell]) -> list[RowError]:
    """Return what is wrong with the versions a change makes, each at the first cell that made it so."""
    errors: list[RowError] = []
    for version in after:
        if not version.is_changed:
            continue
        found = check_values(dict(version.values), scale_of(row.kpi, version.start))
        cell = next((one for one in cells if version.touches(one.month, _next(one.month))), cells[0])
        errors += [_error(row, cell, fault.code, str(fault.detail)) for fault in found]
    return errors


def _next(month: date) -> date:
    return period_of(PeriodKind.MONTH, month).end


def days_of(plans: Sequence[RowPlan]) -> tuple[date, date | None]:
    """Return the days on which something changes: from the first month of a cell to the last version's end."""
    start = min(cell.month for plan in plans for cell in plan.cells)
    ends = [version.end for plan in plans for version in plan.begun]
    last = max(_next(cell.month) for plan in plans for cell in plan.cells)
    return start, None if None in ends else max([last, *(end for end in ends if end)])


def _weight_warnings(grid: Grid, plans: Sequence[RowPlan]) -> list[RowError]:
    """Name the months of the change in which the weights would not sum to 100."""
    after = {plan.row.key: plan.after for plan in plans}
    touched = {cell.month for plan in plans for cell in plan.cells if cell.level in ("weight", "target")}
    months: dict[Decimal, list[str]] = defaultdict(list)
    for month in grid.months:
        versions = [after.get(row.key, row.versions) for row in [*grid.rows]]
        total = sum((level_in(one, "weight", month) or Decimal(0) for one in versions), Decimal(0))
        if month.start in touched and total != WHOLE:
            months[total].append(f"{month.start:%Y-%m}")
    text = _("The weights sum to %(sum)s, not 100, in %(months)s. They are scaled; such a card cannot be finalised.")
    return [
        RowError("weights", text % {"sum": plain(total), "months": ", ".join(names)}, "weight")
        for total, names in months.items()
    ]
