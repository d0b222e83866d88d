"""Slides: a table that is too high goes on to the next one, whole rows at a time, and nothing is lost or shrunk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpo.reports.slides import BODY_END, BODY_TOP, FULL, SlideTable, TableCell, Text, height_of, on_slides, row_height

pytestmark = pytest.mark.sqlite  # no database is in it: once is enough

WORDS = st.text(st.sampled_from("가나다라 abc12 "), max_size=60)


@st.composite
def tables(draw: st.DrawFn) -> SlideTable:
    width = draw(st.integers(1, 8))
    line = st.lists(WORDS.map(lambda text: TableCell([Text(text)])), min_size=width, max_size=width)
    rows = draw(st.lists(line, min_size=1, max_size=14))
    return SlideTable([FULL / width] * width, draw(line), rows, draw(st.sampled_from(["", "이름"])))


def height(table: SlideTable) -> float:
    name = height_of([Text(table.name, 13, True)], FULL) if table.name else 0
    return name + sum(row_height(row, table.widths) for row in [table.head, *table.rows])


@given(st.lists(tables(), max_size=4))
def test_every_row_stands_on_one_slide_in_its_order(made: list[SlideTable]) -> None:
    slides = list(on_slides(made))

    shown = [row for parts in slides for table in parts for row in table.rows]
    assert shown == [row for table in made for row in table.rows]
    assert all(table.rows for parts in slides for table in parts)


@given(st.lists(tables(), max_size=4))
def test_no_slide_is_fuller_than_full_unless_one_row_alone_is(made: list[SlideTable]) -> None:
    for parts in on_slides(made):
        whole = sum(map(height, parts)) + 0.2 * (len(parts) - 1)
        assert whole <= BODY_END - BODY_TOP + 1e-6 or (len(parts) == 1 and len(parts[0].rows) == 1)


@given(WORDS, st.floats(0.5, 6))
def test_a_narrower_box_is_never_lower(text: str, width: float) -> None:
    assert height_of([Text(text)], width) >= height_of([Text(text)], width * 2)
