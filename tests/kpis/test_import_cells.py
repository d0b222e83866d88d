"""Cells of foreign files: numbers, durations, percentages, days and months as people write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.imports import cells
from kpis.imports.cells import BadCell

pytestmark = pytest.mark.sqlite  # no database is in it: once is enough


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("number", "1,234", "1234"),
        ("number", "1,234건", "1234"),
        ("number", "１２３", "123"),
        ("number", "₩1,200,000", "1200000"),
        ("number", "12.5 초", "12.5"),
        ("number", "7 콜", "7"),
        ("number", "-3", "-3"),
        ("number", "1E3", "1000"),
        ("percent", "91.2%", "0.912"),
        ("percent", "91.2 ％", "0.912"),
        ("percent", "91.2", "0.912"),
        ("ratio", "0.912", "0.912"),
        ("ratio", "91.2%", "0.912"),
        ("duration", "1:02:03", "3723"),
        ("duration", "2:03", "123"),
        ("duration", "100:00:00", "360000"),
        ("duration", "0:00:31.4", "31.4"),
        ("duration", "3분 20초", "200"),
        ("duration", "1시간 5분", "3900"),
        ("duration", "45초", "45"),
        ("duration", "200", "200"),
        ("hours_minutes", "2:03", "7380"),
        ("day_fraction", "0.003472222222", "300"),
        ("day_fraction", "1.5", "129600"),
    ],
)
def test_it_reads_figures_as_people_write_them(kind: str, cell: str, value: str) -> None:
    assert cells.KINDS[kind](cell, ".") == Decimal(value)


def test_it_reads_a_decimal_comma_where_the_profile_says_so() -> None:
    assert cells.number("1.234,5", ",") == Decimal("1234.5")
    assert cells.percent("91,2 %", ",") == Decimal("0.912")


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [
        ("number", "12명분", "not_a_number"),
        ("number", "91.2%", "percent_sign"),
        ("number", "1,23", "not_a_number"),
        ("number", "1:30", "not_a_number"),
        ("number", "9" * 70, "number_too_long"),
        ("duration", "1:75:00", "bad_duration"),
        ("duration", "어제", "not_a_number"),
        ("percent", "91건", "not_a_number"),
    ],
)
def test_it_refuses_what_is_no_figure(kind: str, cell: str, code: str) -> None:
    with pytest.raises(BadCell) as refused:
        cells.KINDS[kind](cell, ".")

    assert refused.value.code == code


@pytest.mark.parametrize("cell", ["", "-", "–", "—", "N/A", "n/a", "#N/A", "미집계", "해당없음"])
def test_it_takes_dashes_and_words_for_not_reported(cell: str) -> None:
    assert cells.is_blank(cell)


def test_it_takes_zero_for_a_figure() -> None:
    assert not cells.is_blank("0")
    assert cells.is_blank("휴무", {"휴무"})


@pytest.mark.parametrize(
    ("cell", "order", "year"),
    [
        ("2026-03-02", None, None),
        ("2026/3/2", None, None),
        ("2026.3.2", None, None),
        ("2026. 3. 2.", None, None),
        ("2026. 3. 2.(월)", None, None),
        ("2026. 3. 2. (월요일)", None, None),
        ("2026-03-02 월", None, None),
        ("2026년 3월 2일", None, None),
        ("2026년3월2일(월)", None, None),
        ("２０２６년 ３월 ２일", None, None),
        ("2026年3月2日(月)", None, None),
        ("20260302", None, None),
        ("2026-03-02 00:00:00", None, None),
        ("26.3.2", "ymd", None),
        ("26-03-02", "ymd", None),
        ("2/3/2026", "dmy", None),
        ("3/2/26", "mdy", None),
        ("3/2", "md", 2026),
        ("3월 2일", None, 2026),
        ("3월 2일(월)", "md", 2026),
        ("2.3.", "dm", 2026),
        ("46083", "excel", None),
        ("02.03.2026", "%d.%m.%Y", None),
    ],
)
def test_it_reads_days_in_the_notations_of_the_trade(cell: str, order: str | None, year: int | None) -> None:
    assert cells.day(cell, order, year) == date(2026, 3, 2)


@pytest.mark.parametrize(
    "cell", ["26.3.2", "3/2", "2/3/2026", "46083", "2026-13-01", "2026-02-30", "합계", "", "1E9999"]
)
def test_it_guesses_no_day(cell: str) -> None:
    for order in (None, "excel" if cell != "46083" else None):
        with pytest.raises(BadCell):
            cells.day(cell, order)


@pytest.mark.parametrize(
    ("cell", "order", "year"),
    [
        ("2025-10", None, None),
        ("2025.10", None, None),
        ("2025년 10월", None, None),
        ("202510", None, None),
        ("2025-10-01", None, None),
        ("25.10", "ymd", None),
        ("10월", None, 2025),
        ("10", None, 2025),
    ],
)
def test_it_reads_months(cell: str, order: str | None, year: int | None) -> None:
    assert cells.month(cell, order, year) == "2025-10"


@pytest.mark.parametrize("cell", ["10월", "2025-10-02", "2025-13", "상반기"])
def test_it_guesses_no_month(cell: str) -> None:
    with pytest.raises(BadCell):
        cells.month(cell)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_it_reads_back_every_day_in_every_notation(day: date) -> None:
    weekday = "월화수목금토일"[day.weekday()]
    texts = [
        f"{day:%Y-%m-%d}",
        f"{day.year}. {day.month}. {day.day}.({weekday})",
        f"{day.year}년 {day.month}월 {day.day}일",
    ]

    assert {cells.day(text) for text in texts} == {day}
    assert cells.day(f"{day.month}/{day.day}", "md", day.year) == day
    assert cells.month(f"{day.year}년 {day.month}월") == f"{day:%Y-%m}"


@given(st.integers(min_value=0, max_value=10**6))
def test_it_reads_back_every_duration(seconds: int) -> None:
    text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"

    assert cells.duration(text) == seconds
    assert cells.day_fraction(f"{Decimal(seconds) / 86400:.12f}") == seconds
    assert cells.duration(f"{timedelta(seconds=seconds).total_seconds():.0f}초") == seconds


@given(st.text(max_size=40), st.sampled_from([None, *cells.ORDERS, "%Y"]))
def test_it_never_fails_otherwise(text: str, order: str | None) -> None:
    readers = [*cells.KINDS.values(), lambda cell, _: cells.day(cell, order, 2026), lambda cell, _: cells.month(cell)]
    for read in readers:
        with suppress(BadCell):
            read(text, ",")
