"""What a sample shows by itself: its separator, where its header stands, what each column's cells read as."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import islice, pairwise

from kpis.imports import cells
from kpis.imports.grids import Record
from kpis.imports.opening import Grid
from kpis.imports.words import is_rest, is_total

MOST_LINES = 200
"""Lines of a file that a proposal looks at."""
MOST_HEADER_LINES = 3
LONGEST_HEADING = 40
A_YEAR = 2026
"""Stands for the year a heading such as 3/1 does not name."""
_LOOKED_FOR_HEADER = 20
_ORDERS: tuple[str | None, ...] = (None, "ymd", "mdy", "dmy", "md", "dm", "excel")
_WEEKDAYS = "월화수목금토일"
_WEEKDAY = re.compile(rf"[(\[]([{_WEEKDAYS}])(?:요일)?[)\]]$")
_OLDEST = timedelta(days=20 * 366)


def reads(read: Callable[..., object], *given: object) -> bool:
    """Say whether a cell reads as something."""
    try:
        read(*given)
    except cells.BadCell:
        return False
    return True


def is_day(cell: str) -> bool:
    return reads(cells.day, cell) or reads(cells.month, cell)


def is_date_heading(cell: str) -> bool:
    """Say whether a heading is a day or a month, in any notation that needs no more than a year."""
    return any(reads(read, cell, None, A_YEAR) for read in (cells.day, cells.month)) and not cell.isdigit()


def is_figure(cell: str) -> bool:
    return any(reads(read, cell, ".") for read in (cells.number, cells.percent, cells.duration)) or is_day(cell)


def filled(record: Record) -> list[str]:
    return [cell for cell in record.cells if not cells.is_blank(cell)]


def header_of(grid: Grid) -> tuple[int, int]:
    """Return the line a header begins on and how many lines it has: the texts above the first line of figures."""
    records = grid.records[:MOST_LINES]
    usual = Counter(len(filled(record)) for record in records).most_common(1)[0][0]
    for place, record in enumerate(records[:_LOOKED_FOR_HEADER]):
        given = filled(record)
        if sum(is_date_heading(cell) for cell in given) >= max(3, len(given) / 2):
            return record.line, 1
        is_data = len(given) >= max(2, usual / 2) and sum(map(is_figure, given)) >= len(given) / 2
        if is_data and place:
            # Lines of names with a single figure, such as vendor, service and count, may stand above a clear one.
            while place > 1 and _has_figure(records[place - 1]):
                place -= 1
            first = place - 1
            while first and place - first < MOST_HEADER_LINES and _is_heading(records[first - 1]):
                first -= 1
            return records[first].line, records[place - 1].line - records[first].line + 1
    return records[0].line, 1


def _has_figure(record: Record) -> bool:
    return any(map(is_figure, filled(record)))


def _is_heading(record: Record) -> bool:
    """Say whether a line may be the upper one of a header: names of groups, not who made the sheet and when."""
    given = filled(record)
    is_note = any(":" in cell or len(cell) > LONGEST_HEADING for cell in given)
    return len(given) >= 2 and not is_note and not any(map(is_figure, given))


@dataclass(frozen=True)
class Sample:
    """One column of a sample: its heading and the cells below it that hold something, totals left out."""

    heading: str
    given: Sequence[str]

    @classmethod
    def of(cls, heading: str, column: Sequence[str]) -> Sample:
        given = (cell for cell in column if not (cells.is_blank(cell) or is_total(cell) or is_rest(cell)))
        return cls(heading, list(islice(given, MOST_LINES)))

    def share(self, read: Callable[..., object], *options: object) -> float:
        """Return the share of its cells that read as something."""
        return sum(reads(read, cell, *options) for cell in self.given) / len(self.given) if self.given else 0.0

    @cached_property
    def is_figures(self) -> bool:
        return bool(self.given) and sum(map(self._is_number, self.given)) >= 0.8 * len(self.given)

    @staticmethod
    def _is_number(cell: str) -> bool:
        return any(reads(read, cell, ".") for read in (cells.number, cells.percent, cells.duration))

    @property
    def kind(self) -> str:
        """How its cells are read: a duration, a percentage, a share of one, or a number."""
        if any(":" in cell or "분" in cell or "시간" in cell for cell in self.given):
            return "duration"
        if any(cells.plain_text(cell).endswith("%") for cell in self.given):
            return "percent"
        return "number"

    @property
    def is_share_of_one(self) -> bool:
        """Whether its figures lie between 0 and 1: a ratio rather than a percentage."""
        values = [cells.number(cell) for cell in self.given if reads(cells.number, cell)]
        return bool(values) and max(values) <= 1 and any(value != int(value) for value in values)

    @property
    def is_out_of_five(self) -> bool:
        """Whether its figures are marks from 1 to 5 rather than per cent."""
        values = [cells.number(cell) for cell in self.given if reads(cells.number, cell)]
        return bool(values) and len(values) == len(self.given) and 1 < max(values) <= 5

    @property
    def is_months(self) -> bool:
        return (self.share(cells.month) > 0.9 and len(set(self.given)) > 1) or self._names_months

    @property
    def _names_months(self) -> bool:
        return bool(self.given) and all(reads(cells.month, cell) and not reads(cells.day, cell) for cell in self.given)

    def day_order(self, today: date) -> tuple[bool, str | None]:
        """Return whether its cells are days of the past, and in which order they read; the first that fits.

        What fits in two orders is told apart by the weekdays written beside, 9/1(화), then by days that follow each
        other; where even that does not help, it is no
        column of days that can be read without asking.
        """
        found = [order for order in _ORDERS if self.fits(order, today)]
        if not found:
            return False, None
        ranks = {order: (self._agree(order, today), self._follow(order, today)) for order in found}
        best = max(found, key=lambda order: (ranks[order], -found.index(order)))
        rivals = [order for order in found if order != best and ranks[order] == ranks[best]]
        is_clear = best in (None, "ymd") or not rivals
        return is_clear, best

    def leaves_the_year_out(self, order: str | None, today: date) -> bool:
        """Say whether some of its days have no year of their own."""
        return any(
            not reads(cells.day, cell, order) and reads(cells.day, cell, order, None, today) for cell in self.given
        )

    def _days(self, order: str | None, today: date) -> list[date]:
        return [
            cells.day(cell, order, None, today) for cell in self.given if reads(cells.day, cell, order, None, today)
        ]

    def fits(self, order: str | None, today: date) -> bool:
        """Say whether its cells read as days of the past in an order."""
        days = self._days(order, today)
        if not self.given or len(days) < 0.9 * len(self.given):
            return False
        return today - _OLDEST <= min(days) and max(days) <= today

    def _agree(self, order: str | None, today: date) -> int:
        """Return how many of its days fall on the weekday that is written beside them, less those that do not."""
        said = [(cell, match[1]) for cell in self.given if (match := _WEEKDAY.search(cell))]
        read = [(cell, day) for cell, day in said if reads(cells.day, cell, order, None, today)]
        agreeing = sum(_WEEKDAYS[cells.day(cell, order, None, today).weekday()] == day for cell, day in read)
        return 2 * agreeing - len(read)

    def _follow(self, order: str | None, today: date) -> float:
        days = self._days(order, today)
        steps = [abs((after - before).days) <= 1 for before, after in pairwise(days)]
        return sum(steps) / len(steps) if steps else 0.0
