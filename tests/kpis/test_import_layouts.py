"""Foreign files through layouts: shapes, headers, what is left out, what is computed, what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.imports import FeedRows, read_layout, rows_of
from kpis.imports.headers import headings
from kpis.imports.opening import Grid, read_grid
from kpis.imports.tables import Record
from vendors.errors import DomainError, Invalid

pytestmark = pytest.mark.sqlite  # no database is in it: once is enough

DAY = date(2026, 3, 2)


def read(text: str, **layout: Any) -> FeedRows:
    made = read_layout({"queue": "voice", "columns": {"date": "일자", "offered": "인입"}, **layout})
    return rows_of(made, read_grid(text.encode(), delimiter=made.delimiter, quote=made.quote))


def figures(feed: FeedRows) -> list[tuple[Any, ...]]:
    return [
        (row["queue"], row.get("date") or row["month"], {code: str(value) for code, value in row["measures"].items()})
        for row in feed.rows
    ]


def codes(feed: FeedRows) -> list[tuple[int | None, str | None, str]]:
    return [(error.row, error.field, error.code) for error in feed.errors]


# Columns ------------------------------------------------------------------------------------------
def test_it_names_queues_in_the_words_of_the_file() -> None:
    text = "일자,팀,인입\n2026-03-02,주문 상담,5\n2026-03-02,CS,6\n2026-03-02,전사,11\n"

    feed = read(
        text,
        queue=None,
        columns={"queue": "팀", "date": "일자", "offered": "인입"},
        queues={"주문상담": "order", "CS": "cs", "전사": ""},
    )

    assert figures(feed) == [("order", DAY, {"offered": "5"}), ("cs", DAY, {"offered": "6"})]
    assert feed.skipped == [(4, "queue")]


def test_it_derives_a_numerator_from_its_percentage_whole_and_half_up() -> None:
    columns = {
        "date": "일자",
        "offered": "인입",
        "answered": {"heading": "응대율", "kind": "percent", "of": "offered"},
        "answered_within_threshold": {"heading": "서비스레벨", "kind": "percent", "of": "answered"},
        "talk_s": {"heading": "평균통화시간", "kind": "duration", "of": "answered"},
    }

    feed = read('일자,인입,응대율,서비스레벨,평균통화시간\n2026-03-02,"12,430",91.2%,80,3:20\n', columns=columns)

    # 12,430 × 0.912 = 11,336.16; × 0.8 = 9,068.8; × 200 s
    assert figures(feed) == [
        (
            "voice",
            DAY,
            {"offered": "12430", "answered": "11336", "answered_within_threshold": "9069", "talk_s": "2267200"},
        )
    ]
    assert feed.source.derived == ("answered", "answered_within_threshold", "talk_s")


@pytest.mark.parametrize(("share", "of", "whole"), [("50", "1", "1"), ("0.5", "100", "1"), ("0.4", "100", "0")])
def test_it_rounds_a_numerator_half_up(share: str, of: str, whole: str) -> None:
    columns = {"date": "일자", "offered": "인입", "answered": {"heading": "율", "kind": "percent", "of": "offered"}}

    assert figures(read(f"일자,인입,율\n2026-03-02,{of},{share}\n", columns=columns))[0][2]["answered"] == whole


def test_it_derives_nothing_where_the_denominator_was_not_reported() -> None:
    columns = {"date": "일자", "offered": "인입", "answered": {"heading": "율", "kind": "percent", "of": "offered"}}

    feed = read("일자,인입,율\n2026-03-02,-,91\n2026-03-03,10,-\n", columns=columns)

    assert figures(feed) == [("voice", date(2026, 3, 3), {"offered": "10"})]
    assert feed.skipped == [(2, "blank")]


def test_it_computes_over_korean_headings_bracketed_ones_and_measures() -> None:
    text = "일자,인입,응대,20초내 응대\n2026-03-02,10,7,5\n"

    feed = read(
        text, set={"abandoned": "인입 - 응대", "answered_within_threshold": "[20초내 응대]", "flow_out": "0 * offered"}
    )

    assert figures(feed)[0][2] == {
        "offered": "10",
        "abandoned": "3.000000",
        "answered_within_threshold": "5.000000",
        "flow_out": "0.000000",
    }


def test_it_leaves_out_lines_any_condition_says_are_no_reports() -> None:
    text = "일자,인입,휴무\n2026-03-02,0,0\n2026-03-03,5,1\n2026-03-04,6,0\n"

    feed = read(text, skip_when=["인입 = 0", "휴무 >= 1"])

    assert [row[1] for row in figures(feed)] == [date(2026, 3, 4)]
    assert feed.skipped == [(2, "condition"), (3, "condition")]


def test_it_takes_constants_for_what_no_column_holds() -> None:
    feed = read("인입\n5\n", columns={"offered": "인입"}, constants={"date": "2026-03-02", "answered": 4})

    assert figures(feed) == [("voice", DAY, {"answered": "4", "offered": "5"})]


# Headers and lines --------------------------------------------------------------------------------
def test_it_joins_a_header_of_two_lines_under_merged_cells() -> None:
    names = headings([["일자", "전화", "", "채팅", "", ""], ["", "인입", "응대", "인입", "응대", ""]])

    assert names == ["일자", "전화 / 인입", "전화 / 응대", "채팅 / 인입", "채팅 / 응대", "#6"]


def test_it_tells_headings_apart_that_stand_twice() -> None:
    assert headings([["일자", "인입", "인입", ""]]) == ["일자", "인입", "인입 (2)", "#4"]


def test_it_reads_below_titles_and_leaves_out_totals_notes_and_named_lines() -> None:
    text = "콜 현황,,\n기간: 3월,,\n일자,인입,비고\n단위,건,\n2026-03-02,5,\n합계,5,\n※ 잠정,,\n,,작성 김\n"

    feed = read(text, header_row=3, skip_rows=[4])

    assert figures(feed) == [("voice", DAY, {"offered": "5"})]
    assert feed.skipped == [(6, "total"), (7, "note"), (8, "blank")]


def test_it_says_which_line_has_cells_too_many_or_too_few() -> None:
    feed = read("일자,인입\n2026-03-02,5,9\n2026-03-03,5\n2026-03-04\n")

    assert codes(feed) == [(2, None, "field_count")]
    assert feed.skipped == [(4, "blank")]


def test_it_names_the_line_and_the_measure_of_a_cell_it_cannot_read() -> None:
    feed = read("일자,인입\n어제,5\n2026-03-03,많음\n26.3.4,5\n2026-03-05,7건\n")

    assert codes(feed) == [(2, "date", "bad_date"), (3, "offered", "not_a_number"), (4, "date", "bad_date")]
    assert figures(feed) == [("voice", date(2026, 3, 5), {"offered": "7"})]


# Shapes -------------------------------------------------------------------------------------------
def test_it_reads_a_long_table() -> None:
    text = "팀,일자,항목,값\nA,2026-03-02,인입,10\nA,2026-03-02,응대,9\nB,2026-03-02,인입,5\n"

    feed = read(
        text,
        shape="long",
        label="항목",
        value="값",
        queue=None,
        columns={"queue": "팀", "date": "일자", "offered": "인입", "answered": "응대"},
    )

    assert figures(feed) == [("A", DAY, {"offered": "10", "answered": "9"}), ("B", DAY, {"offered": "5"})]
    assert feed.numbers == [2, 4]


def test_it_refuses_a_long_table_that_says_two_things_of_one() -> None:
    text = "일자,항목,값\n2026-03-02,인입,10\n2026-03-02,인입,11\n"

    with pytest.raises(Invalid) as refused:
        read(text, shape="long", label="항목", value="값")

    assert (refused.value.code, refused.value.errors[0].row) == ("duplicate_in_batch", 3)


def test_it_reads_a_matrix_with_days_across_and_measures_down() -> None:
    text = "구분,3/1,3/2,합계\n인입,5,6,11\n응대율,80%,50%,64%\n"

    feed = read(
        text,
        shape="matrix",
        label="구분",
        year=2026,
        columns={"offered": "인입", "answered": {"heading": "응대율", "kind": "percent", "of": "offered"}},
    )

    assert figures(feed) == [
        ("voice", date(2026, 3, 1), {"offered": "5", "answered": "4"}),
        ("voice", DAY, {"offered": "6", "answered": "3"}),
    ]


def test_it_reads_a_matrix_with_months_across_and_queues_down() -> None:
    text = "팀,2025년 1월,2025년 2월\nA,100,200\nB,-,300\n"

    feed = read(
        text,
        shape="matrix",
        queue=None,
        columns={"queue": "팀", "month": "date", "offered": "value"},
    )

    assert figures(feed) == [
        ("A", "2025-01", {"offered": "100"}),
        ("A", "2025-02", {"offered": "200"}),
        ("B", "2025-02", {"offered": "300"}),
    ]


# Refusals -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "layout",
    [
        {"columns": {"offered": "인입"}},
        {"queue": None},
        {"shape": "long", "label": "항목"},
        {"columns": {"date": "일자", "answered": {"heading": "율", "kind": "percent"}}},
        {"columns": {"date": "일자", "answered": {"heading": "율", "kind": "percent", "of": "offered"}}},
        {
            "columns": {
                "date": "일자",
                "offered": {"heading": "율", "kind": "percent", "of": "answered"},
                "answered": {"heading": "율2", "kind": "percent", "of": "offered"},
            }
        },
        {"set": {"offered": "import os"}},
        {"set": {"offered": "없는 열"}},
        {"set": {"offered": "없는열 + 1"}},
        {"skip_when": "인입"},
        {"skip_when": "talk_s = 0", "set": {"talk_s": "인입 * 3"}},
        {"date_format": "yyyy"},
        {"delimiter": ",,"},
        {"header_row": 0},
        {"header_rows": 9},
        {"header_row": 50},
        {"year": 26},
        {"encoding": "latin-1"},
        {"colour": "red"},
        {"columns": {"date": "일자", "offered": "없음"}},
        {"shape": "matrix", "columns": {"offered": "인입"}},
    ],
)
def test_it_refuses_a_layout_that_cannot_work(layout: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as refused:
        read("일자,인입\n2026-03-02,5\n", **layout)

    assert refused.value.code in ("bad_layout", "missing_column", "no_rows")


@pytest.mark.parametrize("document", ["", "[]", "null", "{", "3", '{"columns": 5}', '{"columns": {"date": null}}'])
def test_it_refuses_what_is_no_layout(document: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_layout(document)

    assert refused.value.code == "bad_layout"


def test_it_writes_a_layout_as_it_was_read() -> None:
    document = {
        "queue": "voice",
        "columns": {
            "date": "일자",
            "answered": {"heading": "율", "kind": "percent", "of": "offered"},
            "offered": "인입",
        },
        "date_format": "ymd",
    }

    assert read_layout(document).as_document() == document


CELL = st.one_of(
    st.sampled_from(["", "2026-03-02", "3/2", "5", "91%", "합계", "인입", "※", "1:02:03"]), st.text(max_size=8)
)


@given(
    st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=6),
    st.fixed_dictionaries(
        {
            "shape": st.sampled_from(["wide", "long", "matrix"]),
            "header_rows": st.integers(1, 3),
            "label": st.sampled_from(["구분", None]),
            "year": st.sampled_from([2026, None]),
        }
    ),
)
def test_it_never_fails_otherwise_over_any_grid(lines: list[list[str]], options: dict[str, Any]) -> None:
    grid = Grid([Record(number, cells) for number, cells in enumerate(lines, start=1)])
    columns = {"date": "일자", "offered": "인입", "answered": {"heading": "율", "kind": "percent", "of": "offered"}}

    try:
        feed = rows_of(read_layout({"queue": "voice", "columns": columns, "value": "값", **options}), grid)
    except DomainError:
        return

    assert len(feed.rows) == len(feed.numbers)
