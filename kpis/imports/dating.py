"""Where the days or months of a sample stand and in which order they read, each sheet by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kpis.imports import cells
from kpis.imports.grids import SHEET
from kpis.imports.owners import is_called
from kpis.imports.sampling import Sample
from kpis.imports.shapes import Shaped


@dataclass(frozen=True, slots=True)
class Dated:
    """The days of one sheet (``""``: of the whole file): the column they stand in, and the order they read in.

    ``holds`` is ``date`` or ``month``; without ``is_clear`` several orders fit as well and ``order`` is but one.
    """

    sheet: str
    sample: Sample
    holds: str
    order: str | None = None
    is_clear: bool = True

    @property
    def heading(self) -> str:
        return self.sample.heading

    def example(self, today: date) -> tuple[str, date] | None:
        """Return a cell that does not say by itself which day it is, with the day it is taken for."""
        for cell in self.sample.given if self.holds == "date" else ():
            if not _reads(cell, None, None) and _reads(cell, self.order, today):
                return cell, cells.day(cell, self.order, None, today)
        return None


def dates_of(shaped: Shaped, today: date) -> list[Dated]:
    """Return the days of each sheet that has some; all are days or all are months, as on the first of them."""
    found: list[Dated] = []
    for sheet, samples in _by_sheet(shaped):
        known = {one.heading for one in found}
        one = next((one for one in _candidates(sheet, samples, known, today) if _goes_with(one, found)), None)
        if one is not None:
            found.append(one)
    return [_settled(one, found, today) for one in found]


def formats_of(found: Sequence[Dated]) -> dict[str, Any]:
    """Return the members of a mapping that say in which order the days read; what is clear by itself needs none."""
    orders = {one.order for one in found if one.order}
    if len(orders) < 2 and (len(found) == 1 or all(one.is_clear for one in found)):
        return {"date_format": orders.pop()} if orders else {}
    return {"date_formats": {one.sheet: one.order or "" for one in found}}


def _by_sheet(shaped: Shaped) -> Iterator[tuple[str, Sequence[Sample]]]:
    """Yield the columns of each sheet; of one, or of what stands otherwise than wide, the columns as they are."""
    if SHEET not in shaped.names or "shape" in shaped.document:
        yield "", shaped.samples
        return
    at = list(shaped.names).index(SHEET)
    for sheet in dict.fromkeys(row[at] for row in shaped.rows):
        rows = [row for row in shaped.rows if row[at] == sheet]
        named = enumerate(shaped.names)
        yield sheet, [Sample.of(name, [row[place] for row in rows]) for place, name in named if place != at]


def _candidates(sheet: str, samples: Sequence[Sample], known: Collection[str], today: date) -> Iterator[Dated]:
    """Yield the columns that may hold the days, those first that do on another sheet or are called so."""
    ranked = sorted(samples, key=lambda one: (one.heading not in known, not _is_called(one)))
    for sample in ranked:
        if sample.is_months and not sample.is_figures:
            yield Dated(sheet, sample, "month")
            continue
        is_clear, order = sample.day_order(today)
        if is_clear or (order and is_called(sample.heading, "date")):
            yield Dated(sheet, sample, "date", order, is_clear)


def _is_called(sample: Sample) -> bool:
    return any(is_called(sample.heading, field) for field in ("date", "month"))


def _goes_with(one: Dated, found: Sequence[Dated]) -> bool:
    return not found or found[0].holds == one.holds


def _settled(one: Dated, found: Sequence[Dated], today: date) -> Dated:
    """Return the days of a sheet that reads in several orders by the one that is clear on the other sheets."""
    if one.is_clear:
        return one
    orders = {other.order for other in found if other.is_clear and other.order}
    fitting = [order for order in orders if one.sample.fits(order, today)]
    return replace(one, order=fitting[0], is_clear=True) if len(fitting) == 1 else one


def _reads(cell: str, order: str | None, today: date | None) -> bool:
    try:
        cells.day(cell, order, None, today)
    except cells.BadCell:
        return False
    return True
