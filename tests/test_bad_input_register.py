"""All 210 rows of reliability §6: each is a case, is shown by another test, or has a written reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.bad_input import BODIES, DATES, FILES, NUMBERS, TEXTS
from tests.bad_input_register import DIFFERS, NOT_HERE, SHOWN_BY
from tests.shared_data import SHARED
from tests.test_bad_input import ADDRESSES, HEADERS, SETUP

pytestmark = pytest.mark.sqlite  # no database is in it: once is enough

ROOT = Path(__file__).resolve().parent.parent
ROWS = range(1, 211)
FAMILIES = {"77-89": range(77, 90), "105-106": range(105, 107), "107-108": range(107, 109),
            "100-102": range(100, 103), "204-206": range(204, 207)}  # fmt: skip
"""Rows that are one list of values in our table."""


def cases() -> Iterator[tuple[str, int, str]]:
    """Yield number, status and code of every case of the tables."""
    for case in [*BODIES, *NUMBERS, *DATES, *TEXTS, *FILES, *SETUP]:
        yield case.number, case.status, case.code
    for number, _path, status, code in ADDRESSES:
        yield number, status, code
    for number, _given, status, code in HEADERS:
        yield number, status, code


@cache
def by_row() -> dict[int, set[tuple[int, str]]]:
    found: dict[int, set[tuple[int, str]]] = {}
    for number, status, code in cases():
        for row in FAMILIES.get(number, [int(number)] if number.isdecimal() else []):
            found.setdefault(row, set()).add((status, code))
    return found


@cache
def listed() -> dict[int, tuple[str, str]]:
    """Return status and code of every row of the page."""
    page = SHARED / "reliability.md"
    if not page.exists():
        pytest.skip("shared data are absent: reliability.md")
    lines = re.findall(r"^\| (\d+) \| .* \| ([^|]*) \| ([^|]*) \|$", page.read_text("utf-8"), re.MULTILINE)
    return {int(row): (status.strip(), code.strip()) for row, status, code in lines if int(row) in ROWS}


@cache
def functions_of(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_somewhere(row: int) -> None:
    places = [row in by_row(), row in SHOWN_BY, row in NOT_HERE]
    assert any(places), "no case, no other test and no reason"
    assert not (row in NOT_HERE and places.count(True) > 1), "it does apply after all"


@pytest.mark.parametrize("row", sorted(SHOWN_BY))
def test_the_other_test_is_there(row: int) -> None:
    path, _, name = SHOWN_BY[row].partition("::")
    assert name in functions_of(ROOT / path), SHOWN_BY[row]


def test_the_page_has_these_rows() -> None:
    assert sorted(listed()) == list(ROWS)


@pytest.mark.parametrize("row", sorted(by_row()))
def test_status_and_code_are_those_of_the_page_or_there_is_a_reason(row: int) -> None:
    status, code = listed()[row]
    statuses = status.replace("404-row", "422") + (" 422" if "400" in status else "")
    codes = code.replace("unknown_centre", "unknown_queue")
    same = any(str(ours) in statuses and (named in codes or codes == "—") for ours, named in by_row()[row])
    assert same or row in DIFFERS or row in SHOWN_BY, (by_row()[row], status, code)


def test_no_reason_is_left_over() -> None:
    assert not set(DIFFERS) & set(NOT_HERE)
    assert set(DIFFERS) <= set(by_row())
