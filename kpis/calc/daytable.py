"""Queue-days as columns, so that many KPIs are summed from one reading of the documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import localcontext
from itertools import chain, repeat

from kpis.calc.coverage import Coverage, Expected, Months, Reported, coverage_of
from kpis.calc.facts import Number, QueueDay, Value
from kpis.calc.rounding import EXACT

Column = Sequence[Value | None]


@dataclass(frozen=True, slots=True)
class QueueRows:
    """Queue-days of one queue, or its month totals, as columns of one length; a null was not reported."""

    queue: int
    dates: Sequence[date]
    columns: Mapping[str, Column]
    are_months: bool = False

    def between(self, first: int, last: int) -> QueueRows:
        """Return the rows ``[first, last)``, by position."""
        if first == 0 and last == len(self.dates):
            return self
        columns = {code: column[first:last] for code, column in self.columns.items()}
        return QueueRows(self.queue, self.dates[first:last], columns, self.are_months)


class DayTable:
    """The queue-days of a contract or group, read once and shared by all its KPIs.

    Columns are put together at first use and kept. Order never matters to a figure.
    """

    __slots__ = (
        "_add_up", "_columns", "_coverages", "_days_by_queue", "_periods", "_read", "_totals", "_whole", "dates",
        "month_rows", "queues",
    )  # fmt: skip

    def __init__(self, days: Iterable[QueueDay] = ()) -> None:
        rows = days if isinstance(days, Sequence) else list(days)
        documents = [row.measures for row in rows]
        self._fill(
            [row.queue for row in rows],
            [row.date for row in rows],
            frozenset(index for index, row in enumerate(rows) if row.is_month),
            lambda code: [document.get(code) for document in documents],
        )

    @classmethod
    def of_queues(cls, parts: Sequence[QueueRows], start: date, end: date) -> DayTable:
        """Return the table of these rows, all of which lie in ``[start, end)``."""
        table = cls.__new__(cls)
        table._fill(
            list(chain.from_iterable(repeat(part.queue, len(part.dates)) for part in parts)),
            list(chain.from_iterable(part.dates for part in parts)),
            frozenset(_month_rows(parts)),
            lambda code: list(chain.from_iterable(part.columns[code] for part in parts)),
        )
        table._add_up = lambda code: _sum_of(part.columns[code] for part in parts)
        table._whole.add((start, end, True))
        return table

    def _fill(
        self, queues: list[int], dates: list[date], month_rows: frozenset[int], read: Callable[[str], Column]
    ) -> None:
        self.queues = queues
        self.dates = dates
        self.month_rows = month_rows
        self._read = read
        self._add_up: Callable[[str], Number | None] | None = None
        self._columns: dict[str, Column] = {}
        self._totals: dict[str, Number | None] = {}
        self._coverages: dict[tuple[date, date], tuple[Expected, Coverage]] = {}
        self._days_by_queue: Reported | None = None
        # The periods it covers as it is are noted, not kept as tables: it would never end while it holds itself.
        self._whole: set[tuple[date, date, bool]] = set()
        self._periods: dict[tuple[date, date, bool], DayTable] = {}

    def __len__(self) -> int:
        return len(self.queues)

    def column(self, measure: str) -> Column:
        """Return the measure's value of every queue-day, None where it was not reported."""
        return _column(self._columns, self._read, measure)

    def total(self, measure: str) -> Number | None:
        """Return the exact sum of a measure that adds up; None where some queue-day lacks it."""
        if measure not in self._totals:
            with localcontext(EXACT):
                add_up = self._add_up
                self._totals[measure] = add_up(measure) if add_up else _sum_of([self.column(measure)])
        return self._totals[measure]

    def within(self, start: date, end: date, *, with_months: bool = True) -> DayTable:
        """Return the queue-days of ``[start, end)`` as a table of their own; kept for the next caller.

        Month totals belong to the first of their month; ``with_months=False`` leaves them out.
        """
        key = (start, end, with_months or not self.month_rows)
        if key in self._whole:
            return self
        table = self._periods.get(key)
        if table is None:
            table = self._cut(start, end, with_months)
            if table is self:
                self._whole.add(key)
            else:
                self._periods[key] = table
        return table

    def _cut(self, start: date, end: date, with_months: bool) -> DayTable:
        dropped = frozenset() if with_months else self.month_rows
        kept = [i for i, day in enumerate(self.dates) if start <= day < end and i not in dropped]
        if len(kept) == len(self):
            return self
        table = DayTable.__new__(DayTable)
        columns, read = self._columns, self._read
        table._fill(
            [self.queues[i] for i in kept],
            [self.dates[i] for i in kept],
            frozenset(position for position, i in enumerate(kept) if i in self.month_rows),
            lambda code: list(map(_column(columns, read, code).__getitem__, kept)),
        )
        return table

    def days_by_queue(self, rows: Sequence[int] | None = None) -> Reported:
        """Return which days each queue reported (month totals left out), among ``rows`` or all of them."""
        if rows is None:
            if self._days_by_queue is None:
                self._days_by_queue = self._grouped(range(len(self)))
            return self._days_by_queue
        return self._grouped(rows)

    def months(self, rows: Sequence[int] | None = None) -> Months:
        """Return the month totals among ``rows`` or all of them."""
        found = self.month_rows if rows is None else self.month_rows.intersection(rows)
        return frozenset((self.queues[i], self.dates[i]) for i in found)

    def covered(self, expected: Expected, start: date, end: date) -> Coverage:
        """Return how all the queue-days cover ``expected``; kept for the next KPI that expects the same."""
        known = self._coverages.get((start, end))
        if known is None or known[0] is not expected:
            coverage = coverage_of(self.days_by_queue(), self.months(), expected, start, end)
            known = self._coverages[start, end] = (expected, coverage)
        return known[1]

    def _grouped(self, rows: Iterable[int]) -> Reported:
        grouped: dict[int, set[date]] = {}
        queues, dates, month_rows = self.queues, self.dates, self.month_rows
        for i in rows:
            if i not in month_rows:
                grouped.setdefault(queues[i], set()).add(dates[i])
        return {queue: frozenset(days) for queue, days in grouped.items()}


def _sum_of(columns: Iterable[Column]) -> Number | None:
    """Return the sum of all values of some columns; None where one is not there."""
    try:
        return sum(map(sum, columns))  # type: ignore[arg-type]
    except TypeError:
        # Only None cannot be added: looking for it beforehand would cost as much as the sum.
        return None


def _column(columns: dict[str, Column], read: Callable[[str], Column], measure: str) -> Column:
    """Return a column, read at its first use; a part reads its whole's without holding the table itself."""
    column = columns.get(measure)
    if column is None:
        column = columns[measure] = read(measure)
    return column


def _month_rows(parts: Iterable[QueueRows]) -> Iterator[int]:
    first = 0
    for part in parts:
        if part.are_months:
            yield from range(first, first + len(part.dates))
        first += len(part.dates)


def as_table(days: DayTable | Iterable[QueueDay]) -> DayTable:
    """Return the table itself, or make one of plain queue-days."""
    return days if isinstance(days, DayTable) else DayTable(days)
