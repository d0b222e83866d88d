"""The reader of files: every kind gives the same cells, traps are named, and what would hurt is refused in time."""

from __future__ import annotations

import resource
import time as clock
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, time, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import django
import pytest

from kpis.imports import FileKind, Workbook, bounded, read_workbook, table_of
from kpis.imports.bounded import LIMITS
from kpis.imports.grids import MOST_COLUMNS, MOST_LINES
from tests.kpis.spreadsheets import (
    SHEET,
    bomb,
    far_cell,
    fill,
    html,
    lying_bomb,
    repacked,
    with_members,
    with_sheet,
    xls,
    xlsx,
)
from vendors.errors import DomainError

pytestmark = pytest.mark.sqlite  # no database is in it: once is enough

SHAPES = Path(__file__).resolve().parents[3] / "shared" / "data" / "import_shapes"
HEADER = ["업무그룹", "날짜", "인입", "평균 통화"]
ROWS: list[list[Any]] = [HEADER, ["주문", date(2026, 3, 2), 1200, 45.5], ["007", date(2026, 3, 3), None, 0.1 + 0.2]]
TEXTS = [HEADER, ["주문", "2026-03-02", "1200", "45.5"], ["007", "2026-03-03", "", "0.3"]]
CSV = "\n".join(",".join(row) for row in TEXTS)


def cells(book: Workbook, place: int = 0) -> list[list[str]]:
    return [row.cells for row in book.sheets[place].rows]


def refusal(content: bytes, **options: Any) -> tuple[int, str]:
    with pytest.raises(DomainError) as caught:
        table_of(read_workbook(content, **options))
    return caught.value.status, caught.value.code


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (xlsx(ROWS), "xlsx"),
        (xls(ROWS), "xls"),
        (html(TEXTS), "html"),
        (html(TEXTS).decode().encode("cp949"), "html"),
        (html(TEXTS, head='<meta charset="euc-kr">').decode().encode("cp949"), "html"),
        (html(TEXTS).decode().encode("utf-16"), "html"),
        (CSV.encode(), "csv"),
        (CSV.encode("cp949"), "csv"),
        (CSV.replace(",", "\t").encode("utf-16"), "csv"),
    ],
)
def test_it_reads_the_same_cells_from_every_kind(content: bytes, kind: str) -> None:
    book = read_workbook(content, filename="report.xls")

    assert (book.kind.value, cells(book)) == (kind, TEXTS)
    assert [row.line for row in book.sheets[0].rows] == [1, 2, 3]


def test_it_reads_cells_of_several_lines_and_words_of_either_encoding() -> None:
    assert cells(read_workbook(b'a\tb\r\n"two\nlines"\t"5"\r\n')) == [["a", "b"], ["two\nlines", "5"]]
    assert cells(read_workbook("체크\t1".encode(), encoding="utf-8")) == [["체크", "1"]]


@pytest.mark.parametrize("write", [xlsx, xls])
def test_it_writes_every_value_as_plain_text(write: Any) -> None:
    values: list[Any] = [
        date(2026, 3, 2), datetime(2026, 3, 2, 9, 5, 7), datetime(2026, 3, 2), time(6, 30),
        timedelta(hours=36, seconds=1), True, False, 25559.0, 0.1 + 0.2, 1e-7, 123456789012.5, "95", "１２",
        "1-Mar", " x ",
    ]  # fmt: skip

    assert cells(read_workbook(write([values]))) == [
        [
            "2026-03-02", "2026-03-02 09:05:07", "2026-03-02", "6:30:00", "36:00:01", "TRUE", "FALSE", "25559", "0.3",
            "0.0000001", "123456789012.5", "95", "１２", "1-Mar", "x",
        ]
    ]  # fmt: skip


def test_it_keeps_a_moment_before_midnight_on_its_day() -> None:
    rows = [[datetime(2026, 1, 1, 23, 59, 59, 999_000)]]

    assert cells(read_workbook(xlsx(rows))) == [["2026-01-01 23:59:59"]]


@pytest.mark.parametrize("write", [lambda rows: xlsx(rows, date_1904=True), lambda rows: xls(rows, edit=_since_1904)])
def test_it_reads_dates_counted_from_1904(write: Any) -> None:
    content = write([[date(2026, 3, 2)]])

    # The old format's writer only sets the flag: its day numbers stay those of 1900.
    assert cells(read_workbook(content)) in ([["2026-03-02"]], [["2030-03-03"]])


def _since_1904(book: Any, _sheet: Any) -> None:
    book.dates_1904 = True


def test_it_shows_errors_as_their_text() -> None:
    def errors(_book: Any, sheet: Any) -> None:
        sheet.write_formula(0, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(1, 2, "=X", None, "#REF!")
        sheet.write(1, 0, 5)

    assert cells(read_workbook(xlsx(edit=errors))) == [["#DIV/0!"], ["5", "", "#REF!"]]


def test_it_shows_errors_of_the_old_format_too() -> None:
    # A cell of the kind "boolean or error" at the second column: from TRUE to #DIV/0!.
    cell = b"\x05\x02\x08\x00\x00\x00\x01\x00\x11\x00"
    content = xls([[5, True]]).replace(cell + b"\x01\x00", cell + b"\x07\x01")

    assert cells(read_workbook(content)) == [["5", "#DIV/0!"]]


def test_it_takes_cached_values_and_names_formulas_without_one() -> None:
    data = (
        b'<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1*2</f><v>2</v></c></row>'
        b'<row r="2"><c r="A2"><f>A1</f></c><c r="B2"><f>A1</f><v></v></c><c r="C2" t="str"><f>""</f><v></v></c>'
        b'<c r="D2"><v>4</v></c></row>'
    )

    [sheet] = read_workbook(with_sheet(data)).sheets

    assert [row.cells for row in sheet.rows] == [["1", "2"], ["", "", "", "4"]]
    assert (sheet.formulas, sheet.without_value) == (4, [(2, 1), (2, 2)])


def test_it_tells_hidden_sheets_and_merged_cells() -> None:
    def more(book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:C1", "Title")
        hidden = book.add_worksheet("old")
        fill(book, hidden, [["x"]])
        hidden.hide()

    book = read_workbook(xlsx([[], ["a", "b", "c"], [1, 2]], edit=more))

    assert [(sheet.name, sheet.is_hidden) for sheet in book.sheets] == [("Sheet1", False), ("old", True)]
    assert book.sheets[0].merged == [(1, 1, 1, 3)]
    table = table_of(book, is_header=lambda cells: "a" in cells)
    assert [warning.code for warning in table.warnings] == ["hidden_sheet"]
    assert (table.header, table.records[0].line, table.errors) == (["a", "b", "c"], 3, [])


def test_it_reads_spanned_cells_of_a_page_where_they_stand() -> None:
    page = b"<table><tr><th colspan=2>Title<th>x</tr><tr><td rowspan=2>a<td>1<td>2<tr><td>3<td>4</table>"

    [sheet] = read_workbook(page).sheets

    assert [row.cells for row in sheet.rows] == [["Title", "", "x"], ["a", "1", "2"], ["", "3", "4"]]
    assert sheet.merged == [(1, 1, 1, 2), (2, 1, 3, 1)]


def test_it_keeps_the_place_of_a_table_that_does_not_begin_in_the_corner() -> None:
    def far(_book: Any, sheet: Any) -> None:
        sheet.write(4, 2, "a")
        sheet.write(6, 3, 5)

    rows = read_workbook(xlsx(edit=far)).sheets[0].rows

    assert [(row.line, row.cells) for row in rows] == [(5, ["", "", "a"]), (7, ["", "", "", "5"])]


def test_it_reads_a_file_with_macros_and_links_without_them() -> None:
    extra = {"xl/vbaProject.bin": b"\xd0\xcf", "xl/externalLinks/externalLink1.xml": b"<externalLink/>"}

    assert cells(read_workbook(repacked(xlsx(ROWS), extra), filename="a.xlsm")) == TEXTS


@pytest.mark.parametrize("name", ["kobe_two_line_header.xlsx", "tokyo_bom.csv", "vancouver_2024.xlsx"])
def test_it_reads_real_files(name: str) -> None:
    if not (SHAPES / name).exists():
        pytest.skip("the shared data folder is absent")

    sheet = read_workbook((SHAPES / name).read_bytes(), filename=name).sheets[0]

    first = {"kobe_two_line_header.xlsx": "2020-01-27", "tokyo_bom.csv": "130001", "vancouver_2024.xlsx": "2024-07-31"}
    assert sheet.rows[1].cells[0] == first[name]
    assert len(sheet.rows) > 50


# Refusals ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "empty_file"),
        (xlsx([]), 400, "empty_file"),
        (b"%PDF-1.7 x", 415, "type_mismatch"),
        (b"<html><body>Sign in</body></html>", 415, "type_mismatch"),
        (b"<?xml version='1.0'?><a/>", 415, "type_mismatch"),
        (b"<table></table>", 400, "no_table"),
        (b"PK\x05\x06" + b"\0" * 18, 400, "bad_xlsx"),
        (xlsx(ROWS)[:-200], 400, "bad_xlsx"),
        (xlsx(ROWS)[:1000], 400, "bad_xlsx"),
        (repacked(xlsx(ROWS), {"xl/workbook.xml": None}), 400, "bad_xlsx"),
        (repacked(xlsx(ROWS), {"xl/workbook.xml": None, "xl/workbook.bin": b"x"}), 415, "type_mismatch"),
        (repacked(xlsx(ROWS), {SHEET: b"<worksheet><sheetData><row><c>"}), 400, "bad_xlsx"),
        (repacked(xlsx(ROWS), {"../../evil.xml": b"<a/>"}), 400, "bad_member"),
        (repacked(xlsx(ROWS), {"/etc/passwd": b"<a/>"}), 400, "bad_member"),
        (repacked(xlsx(ROWS), {SHEET: b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'}), 400, "xml_entity"),
        (repacked(xlsx(ROWS), {"xl/sharedStrings.xml": b"<!DOCTYPE a><sst/>"}), 400, "xml_entity"),
        (xls(ROWS)[:3000], 400, "bad_xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 900, 400, "bad_xls"),
        (b"\x9b DRMONE  This Document is encrypted and protected by Fasoo DRM " + b"\0" * 99, 400, "document_security"),
        (b"SCDSA002\x00\x00\xf0\x06" + bytes(range(256)), 400, "document_security"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), 400, "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "WordDocument".encode("utf-16-le"), 415, "type_mismatch"),
        (xlsx([["x\ufffdy"]]), 400, "replacement_char"),
        (with_sheet(b'<row r="1"><c r="A1" t="str"><v>a\x01b</v></c></row>'), 400, "control_char"),
        (xlsx([["x"] * (MOST_COLUMNS + 1)]), 400, "dimension"),
        (html([["x"] * (MOST_COLUMNS + 1)]), 400, "too_many_columns"),
    ],
)  # fmt: skip
def test_it_refuses_with_a_code(content: bytes, status: int, code: str) -> None:
    assert refusal(content) == (status, code)


def test_it_takes_an_unreadable_file_named_as_a_spreadsheet_for_one_that_is_locked() -> None:
    content = bytes(range(256)) * 10

    assert refusal(content, filename="월실적.xlsx") == (400, "document_security")
    assert refusal(content, filename="월실적.csv")[1] != "document_security"


def test_it_asks_which_of_several_sheets() -> None:
    def second(book: Any, _sheet: Any) -> None:
        fill(book, book.add_worksheet("March"), ROWS)

    content = xlsx([["x"]], edit=second)

    assert refusal(content) == (400, "sheet_choice")
    assert table_of(read_workbook(content), sheet="March").header == HEADER
    with pytest.raises(DomainError, match="unknown_sheet"):
        table_of(read_workbook(content), sheet="April")


@pytest.fixture(scope="module")
def alone() -> Iterator[ProcessPoolExecutor]:
    """A process with no other children, and small itself: a child is as large as its parent until it begins."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=django.setup) as process:
        yield process


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (bomb(), "unpacked_size"),
        (far_cell(), "dimension"),
        (with_members(10_000), "too_many_members"),
        (lying_bomb(), "bad_xlsx"),
        (with_sheet(b"<row>" + b"<c><v>1</v></c>" * 300 + b"</row>" * 2), "bad_xlsx"),
    ],
    ids=["bomb", "far-cell", "members", "lying", "unbalanced"],
)
def test_it_refuses_a_bomb_within_two_seconds_and_300_mb(alone: ProcessPoolExecutor, content: bytes, code: str) -> None:
    assert len(content) < 2_000_000

    refused, seconds, mebibytes = alone.submit(_refused, content).result()

    assert refused == (400, code)
    assert seconds < 2
    assert mebibytes < 300


def _refused(content: bytes) -> tuple[Any, float, float]:
    """Return the refusal, and what it took: processor time of this process and its readers, and their most memory."""
    before = _processor_seconds()
    refused = refusal(content)
    return refused, _processor_seconds() - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _processor_seconds() -> float:
    readers = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock.process_time() + readers.ru_utime + readers.ru_stime


@pytest.mark.parametrize(("count", "is_read"), [(LIMITS["members"], True), (LIMITS["members"] + 1, False)])
def test_it_counts_the_parts_of_an_archive(count: int, is_read: bool) -> None:
    content = with_members(count)

    if is_read:
        assert cells(read_workbook(content)) == [["x"]]
    else:
        assert refusal(content) == (400, "too_many_members")


@pytest.mark.parametrize(("count", "is_read"), [(LIMITS["sheets"], True), (LIMITS["sheets"] + 1, False)])
def test_it_counts_sheets(count: int, is_read: bool) -> None:
    def more(book: Any, _sheet: Any) -> None:
        for _number in range(count - 1):
            book.add_worksheet()

    content = xlsx(ROWS, edit=more)

    assert (refusal(content) if not is_read else len(read_workbook(content).sheets)) == (
        count if is_read else (400, "too_many_sheets")
    )


def test_it_counts_columns_and_lines() -> None:
    assert len(cells(read_workbook(xlsx([["x"] * MOST_COLUMNS])))[0]) == MOST_COLUMNS
    assert len(cells(read_workbook(("a,b\n" * MOST_LINES).encode()))) == MOST_LINES
    assert refusal(("a,b\n" * (MOST_LINES + 1)).encode()) == (413, "too_many_rows")
    rows = b"".join(b"<row><c><v>%d</v></c></row>" % number for number in range(MOST_LINES + 1))
    assert refusal(with_sheet(rows)) == (413, "too_many_rows")


def test_it_refuses_where_the_reader_dies() -> None:
    # Inside the limits of a sheet, but as a rectangle too large for the memory a reader may take.
    content = with_sheet(b'<row><c r="A1"><v>1</v></c></row><row><c r="IV99999"><v>1</v></c></row>')

    assert refusal(content) == (400, "too_heavy")


def test_it_refuses_where_the_reader_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "LONGEST_SECONDS", 0.001)

    assert refusal(xlsx(ROWS)) == (400, "too_heavy")


def test_it_says_what_the_kind_is() -> None:
    assert table_of(read_workbook(xls(ROWS))).found == {"kind": FileKind.XLS, "sheet": "Sheet1"}
    assert table_of(read_workbook(CSV.encode("cp949"))).found == {
        "kind": "csv",
        "encoding": "cp949",
        "delimiter": "comma",
    }
