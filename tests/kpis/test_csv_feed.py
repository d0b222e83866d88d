"""CSV files: strictly read, every refusal with its code and line; layouts; the import command."""

from __future__ import annotations

import codecs
import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kpis.imports import read_grid, read_layout, read_table, read_workbook, rows_in, rows_of
from kpis.models import DailyMetric, Submission
from tests.kpis.feed_measures import make_measures
from tests.make import make_contract, make_queue
from vendors.errors import DomainError
from vendors.models import Contract, Queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
GOOD = "queue,date,offered,answered\nvoice,2026-03-02,1200,1100\n"


@pytest.fixture(autouse=True)
def queue(db: None) -> Queue:
    make_measures()
    return make_queue(make_contract(code="contract"), "voice")


def read(text: str | bytes, **options: Any) -> Any:
    return rows_in(read_workbook(text.encode() if isinstance(text, str) else text, **options))


def code_of(text: str | bytes, **options: Any) -> tuple[int, str, int | None]:
    with pytest.raises(DomainError) as caught:
        read(text, **options)
    error = caught.value
    return error.status, error.code, error.errors[0].row if error.errors else None


# Reading -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        codecs.BOM_UTF8 + GOOD.encode(),
        GOOD.encode("utf-16"),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        GOOD.encode() + b"\n\n,,,\n",
        GOOD.replace("queue", " Queue ").replace("offered", "Calls Offered").encode(),
        GOOD.replace("queue,date", "업무그룹,날짜").encode(),
        GOOD.replace("offered,answered", "인입호,응대호").encode(),
        GOOD.replace("queue,date", "업무그룹,날짜").encode("cp949"),
        GOOD.replace("voice,", '"voice" ,').replace(" ,", ",").encode(),
    ],
)
def test_it_reads_what_spreadsheets_write(content: bytes) -> None:
    feed = read(content)

    measures = {"offered": "1200", "answered": "1100"}
    assert list(feed.rows) == [{"queue": "voice", "date": "2026-03-02", "measures": measures}]
    assert feed.numbers == [2]


def test_it_takes_blank_as_not_reported_and_keeps_codes_as_text() -> None:
    feed = read("queue,date,offered,answered\n007,2026-03-02,,5\nNA,2026-03-02,1,\n1E3,2026-03-02,1,2\n")

    assert [row["queue"] for row in feed.rows] == ["007", "NA", "1E3"]
    assert [row["measures"] for row in feed.rows][:2] == [{"answered": "5"}, {"offered": "1"}]


def test_it_reads_cp949_only_syllables() -> None:
    content = "queue,date,포기호\nvoice,2026-03-02,1\n".encode("cp949")

    assert read(content).found == {"kind": "csv", "encoding": "cp949", "delimiter": "comma"}
    assert read_table("뷁,b\n1,2\n".encode("cp949")).header == ["뷁", "b"]


@pytest.mark.parametrize(
    ("content", "status", "code", "row"),
    [
        (b"", 400, "empty_file", None),
        (b"\r\n \n", 400, "empty_file", None),
        ("queue,date,offered\n", 400, "no_rows", None),
        (GOOD.encode("utf-16-le"), 400, "bad_encoding", None),
        ("체크,b\n1,2\n".encode("cp949"), 400, "encoding_ambiguous", None),
        (GOOD.encode() + "한글,x\n".encode() + b"\xc7\xff\xff\n", 400, "bad_encoding", None),
        (GOOD.replace("voice", "vo\0ice"), 400, "control_char", None),
        (GOOD.replace("voice", "vo\ufffdice"), 400, "replacement_char", None),
        (GOOD.replace("queue", "queu"), 400, "missing_column", 1),
        (GOOD.replace("answered", "offered"), 400, "duplicate_column", 1),
        (GOOD.replace("answered", "calls offered"), 400, "duplicate_column", 1),
        (GOOD + "voice,2026-03-03,1\n", 400, "field_count", 3),
        (GOOD + "voice,2026-03-03,1,2,3\n", 400, "field_count", 3),
        (GOOD.replace(",", ";").replace("answered", "answered,x").replace("1100", "1100,1"), 400, "delimiter", None),
        ("a;b,c\td\n1;2,3\t4\n", 400, "delimiter", None),
        (GOOD + '"voice,2026-03-03,1,2\n', 400, "csv_syntax", 3),
        (GOOD.replace("1200", "1" * 501), 400, "too_long", 2),
        (GOOD.replace("1200", "1" * 200_000), 400, "too_long", 2),
        (b"PK\x03\x04" + GOOD.encode(), 400, "bad_xlsx", None),
        (b"%PDF-1.7\n" + GOOD.encode(), 415, "type_mismatch", None),
        ("<!DOCTYPE html>\n" + GOOD, 415, "type_mismatch", None),
        (GOOD.replace("answered", "agent_id"), 422, "invalid_rows", 1),
        (GOOD.replace("answered", "answred"), 422, "invalid_rows", 1),
    ],
)
def test_it_refuses_what_it_would_have_to_guess(content: str | bytes, status: int, code: str, row: int | None) -> None:
    assert code_of(content) == (status, code, row)


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolon"), ("\t", "tab"), (",", "comma")])
def test_it_tells_a_separator_that_alone_fits(mark: str, name: str) -> None:
    feed = read(GOOD.replace(",", mark))

    assert (feed.numbers, feed.found["delimiter"]) == ([2], name)


def test_it_reads_a_declared_delimiter_and_encoding() -> None:
    both = GOOD.replace(",", ";").replace("voice", "voi,ce").replace("queue", "queue,")
    assert read_table(both.encode(), delimiter=";").header[0] == "queue,"
    assert read_table("체크,b\n1,2\n".encode("cp949"), encoding="cp949").header == ["체크", "b"]


def test_it_notes_totals_and_mangled_codes_with_their_line() -> None:
    feed = read(GOOD + "합계,,1200,1100\n01-Mar,2026-03-02,1,1\n")

    assert [(error.row, error.code) for error in feed.errors] == [(3, "total_row"), (4, "excel_mangled_code")]


def test_it_counts_lines_over_quoted_line_breaks() -> None:
    table = read_table(b'a,b\n"x\ny",1\nz,2\n')

    assert [(record.line, record.cells[0]) for record in table.records] == [(2, "x\ny"), (4, "z")]


# Layouts -------------------------------------------------------------------------------------------
def test_it_reads_a_foreign_table_through_a_layout() -> None:
    layout = read_layout(
        json.dumps(
            {
                "queue": "voice",
                "columns": {"date": "Day", "offered": "Calls In"},
                "set": {"abandoned": "calls_in - calls_out", "talk_s": "average * calls_out"},
                "skip_when": "calls_in = 0",
                "date_format": "%d.%m.%Y",
            }
        )
    )
    table = read_grid(
        b"Day,Calls In,Calls Out,Average\n02.03.2026,10,7,0.33333333333\n03.03.2026,0,0,0\n04.03.2026,5,x,1\n"
    )

    feed = rows_of(layout, table)

    [row] = feed.rows
    assert (row["queue"], row["date"]) == ("voice", date(2026, 3, 2))
    assert {code: str(value) for code, value in row["measures"].items()} == {
        "offered": "10",
        "abandoned": "3.000000",
        "talk_s": "2.333333",
    }
    assert [(error.row, error.field, error.code) for error in feed.errors] == [(4, "calls_out", "not_a_number")]


@pytest.mark.parametrize(
    "layout",
    [
        {"columns": {"date": "Day"}},
        {"columns": {"date": "Nowhere"}, "queue": "voice"},
        {"columns": {"date": "Day"}, "queue": "voice", "set": {"offered": "__import__('os')"}},
        {"columns": {"date": "Day"}, "queue": "voice", "skip_when": "calls"},
        {"columns": {"date": "Day"}, "queue": "voice", "colour": "red"},
    ],
)
def test_it_refuses_a_layout_that_cannot_work(layout: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        rows_of(read_layout(json.dumps(layout)), read_grid(b"Day,Calls\n2026-03-02,1\n"))


# The command ---------------------------------------------------------------------------------------
def run(path: Path, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_feed", str(path), "--json", *arguments, stdout=out)
    return dict(json.loads(out.getvalue()))


def test_it_imports_a_file_and_says_what_became_of_it(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text(GOOD)

    assert run(path, "--dry-run")["values"] == {"new": 2, "changed": 0, "unchanged": 0}
    assert not DailyMetric.objects.exists()
    assert run(path, "--note", "history")["values"]["new"] == 2
    assert run(path)["values"]["unchanged"] == 2
    assert Submission.objects.filter(note="history").count() == 1
    assert set(Submission.objects.values_list("submitted_by", "way")) == {("command", "command")}


def test_it_imports_a_large_file_as_one_submission(tmp_path: Path) -> None:
    queues = [make_queue(Contract.objects.get(), f"q{number}").code for number in range(16)]
    days = [date(2026, 1, 1) + timedelta(days=place) for place in range(313)]
    path = tmp_path / "feed.csv"
    path.write_text(
        "queue,date,offered,answered\n" + "".join(f"{queue},{day},9,5\n" for queue in queues for day in days)
    )

    counts = run(path)

    assert (counts["rows"], counts["values"]["new"], len(counts["submissions"])) == (5_008, 10_016, 1)
    assert Submission.objects.get().row_count == 5_008


def test_it_imports_nothing_of_a_file_with_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text(GOOD + "voice,2026-03-03,5,9\nvoice,,1,1\n")

    with pytest.raises(CommandError, match=r"(?s)line 4: date required.*|line 3") as caught:
        run(path)

    assert caught.value.returncode == 1
    assert not DailyMetric.objects.exists()


def test_it_takes_only_queues_of_the_vendor_named(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text(GOOD)
    other = make_contract().vendor

    with pytest.raises(CommandError, match="unknown_queue"):
        run(path, "--vendor", other.code)
    with pytest.raises(CommandError, match="no vendor"):
        run(path, "--vendor", "nobody")


def test_it_imports_fifteen_years_of_a_city(tmp_path: Path) -> None:
    path = SHARED / "vancouver_311.csv"
    if not path.exists():
        pytest.skip("the shared data folder is absent")
    contract = make_contract(code="vancouver-311", starts_on="2009-01-01")
    make_queue(contract, "vancouver-311-voice", opened_on="2009-01-01")
    columns = ("date=Date", "offered=CallsOffered", "answered=CallsHandled", "abandoned=CallsAbandoned")
    maps = [argument for pair in columns for argument in ("--map", pair)]

    counts = run(path, "--queue", "vancouver-311-voice", "--delimiter", ";", *maps)

    assert (counts["rows"], counts["values"]["new"]) == (5585, 3 * 5585)
    # 23 days on which answered and abandoned exceed offered, and 5 unlikely figures among the newest days.
    assert counts["warnings"] == 23 + 5
    assert len(counts["submissions"]) == 1
