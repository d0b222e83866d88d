"""Whatever a file holds, the reader answers: with cells, or with a refusal that has a code."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.imports import read_workbook
from kpis.imports.rows import rows_in
from tests.kpis.feed_measures import make_measures
from tests.kpis.spreadsheets import SHEET, html, repacked, xls, xlsx
from vendors.errors import DomainError

STATUSES = {400, 413, 415, 422}
HEADER = ["queue", "date", "offered", "answered"]
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MANY = settings(max_examples=200, deadline=None)

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
cells = st.one_of(
    st.none(),
    texts,
    st.sampled_from(["=1+1", "#DIV/0!", "1-Mar", "１２", "1,000", "007", "합계", "queue", "=A(1)", "1E5", "-5"]),
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(date(1904, 1, 2), date(9999, 12, 31)),
    st.datetimes(datetime(1904, 1, 2), datetime(9999, 12, 31)),
    st.times(),
    st.timedeltas(timedelta(0), timedelta(days=400)),
)
old_cells = st.one_of(st.none(), texts, st.floats(-1e9, 1e9), st.dates(date(1950, 1, 1)))
sheets = st.lists(st.lists(cells, max_size=6), max_size=8)


def _rows(content: bytes, **options: Any) -> None:
    rows_in(read_workbook(content, **options))


def answer(content: bytes, **options: Any) -> None:
    """Read and take the rows: a result, or a refusal with one of the documented statuses."""
    found: list[DomainError] = []
    for read in (read_workbook, _rows):
        try:
            read(content, **options)
        except DomainError as refused:
            found.append(refused)
    assert all(refused.status in STATUSES and refused.code and str(refused.detail) for refused in found)


@pytest.mark.django_db
@given(rows=sheets, with_header=st.booleans(), since_1904=st.booleans())
@FEW
def test_it_reads_any_workbook_or_says_why_not(rows: list[list[Any]], with_header: bool, since_1904: bool) -> None:
    make_measures()

    answer(xlsx([HEADER, *rows] if with_header else rows, date_1904=since_1904))


@pytest.mark.django_db
@given(
    rows=st.lists(st.lists(st.one_of(st.none(), texts, st.floats(-1e9, 1e9), st.dates(date(1950, 1, 1))), max_size=6))
)
@FEW
def test_it_reads_any_old_workbook_or_page_or_says_why_not(rows: list[list[Any]]) -> None:
    make_measures()

    answer(xls([HEADER, *rows]))
    answer(html([HEADER, *rows]))


@pytest.mark.django_db
@given(data=st.binary(max_size=400), place=st.integers(0, 6_000), name=st.sampled_from(["", "a.xlsx", "a.csv"]))
@FEW
def test_it_reads_a_damaged_workbook_or_says_why_not(data: bytes, place: int, name: str) -> None:
    make_measures()
    whole = xlsx([HEADER, ["voice", date(2026, 3, 2), 5, 4]])

    answer(whole[:place] + data + whole[place + len(data) :], filename=name)
    answer(repacked(whole, {SHEET: data}), filename=name)


@pytest.mark.django_db
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.tuples(st.sampled_from(["utf-8", "utf-16", "cp949"]), st.text(max_size=200)).map(
            lambda pair: pair[1].encode(pair[0], "ignore")
        ),
        st.lists(st.lists(texts, max_size=5), max_size=6).map(
            lambda rows: "\n".join(",".join(row) for row in [HEADER, *rows]).encode()
        ),
    ),
    name=st.sampled_from(["", "a.xlsx", "a.csv"]),
)
@settings(MANY, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_reads_any_text_or_bytes_or_says_why_not(content: bytes, name: str) -> None:
    if not content.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        answer(content, filename=name)
