"""Queue-days as columns: let go of as soon as nobody reads them, also while the collector of cycles stands still."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from kpis.calc.daytable import DayTable, QueueRows

FIRST, DAYS = date(2026, 3, 1), 31
AFTER = FIRST + timedelta(days=DAYS)
MIDDLE = date(2026, 3, 16)


class Watched(DayTable):
    """A table whose end can be seen."""

    __slots__ = ("__weakref__",)


@pytest.fixture
def _without_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def march() -> Watched:
    dates = [FIRST + timedelta(days=number) for number in range(DAYS)]
    return Watched.of_queues([QueueRows(1, dates, {"offered": list(range(DAYS))})], FIRST, AFTER)


def read_whole(table: DayTable) -> Any:
    return table.within(FIRST, AFTER).total("offered")


def read_more_than_there_is(table: DayTable) -> Any:
    return table.within(date(2026, 1, 1), date(2027, 1, 1), with_months=False).total("offered")


def read_half(table: DayTable) -> Any:
    return table.within(FIRST, MIDDLE).total("offered")


@pytest.mark.usefixtures("_without_collector")
@pytest.mark.parametrize("read", [read_whole, read_more_than_there_is, read_half])
def test_a_table_ends_with_its_last_reader(read: Callable[[DayTable], Any]) -> None:
    table = march()
    read(table)
    seen = weakref.ref(table)

    del table

    assert seen() is None


def test_a_part_can_be_read_after_the_whole_has_ended() -> None:
    part = march().within(FIRST, MIDDLE)

    assert (len(part), part.total("offered")) == (15, sum(range(15)))
    assert part.within(FIRST, MIDDLE) is part.within(FIRST, MIDDLE)


def test_rows_between_two_places_keep_their_dates_with_their_values() -> None:
    rows = QueueRows(1, [FIRST, MIDDLE, AFTER], {"offered": [1, None, 3]})

    cut = rows.between(1, 3)

    assert (cut.dates, cut.columns) == ([MIDDLE, AFTER], {"offered": [None, 3]})
    assert rows.between(0, 3) is rows


def test_month_totals_are_no_reported_days_and_may_be_left_out() -> None:
    days = QueueRows(1, [MIDDLE], {"offered": [1]})
    months = QueueRows(1, [FIRST], {"offered": [400]}, are_months=True)
    table = DayTable.of_queues([days, months], FIRST, AFTER)

    assert table.days_by_queue() == {1: {MIDDLE}}
    assert table.months() == {(1, FIRST)}
    assert (table.total("offered"), table.within(FIRST, AFTER, with_months=False).total("offered")) == (401, 1)


def test_what_was_cut_or_covered_once_is_not_worked_out_again() -> None:
    table = march()
    expected = {1: frozenset({FIRST, MIDDLE})}

    assert table.within(FIRST, MIDDLE) is table.within(FIRST, MIDDLE)
    assert table.covered(expected, FIRST, AFTER) is table.covered(expected, FIRST, AFTER)
    assert table.covered({1: frozenset()}, FIRST, AFTER).days_expected == 0
