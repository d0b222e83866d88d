"""``POST submissions/`` with files: every kind, as a body or in a form, by the same checks and with the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from kpis.api.feed_parsers import FILE_TYPES
from kpis.imports import FileKind, read_workbook, workbooks
from kpis.imports.profiles import create_profile
from kpis.imports.taking import MOST_FILE_BYTES
from kpis.models import DailyMetric, Submission
from tests.cast import Cast
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.kpis.feed_measures import make_measures
from tests.kpis.spreadsheets import bomb, html, xls, xlsx
from vendors.actors import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]

URL = "/api/v1/submissions/"
REPORT = f"{URL}error-report/"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
QUEUE = "hanbit-order-voice"
ROWS: list[list[Any]] = [["업무그룹", "날짜", "offered", "answered"], [QUEUE, date(2026, 3, 2), 1200, 1100.0]]
TEXTS = [["queue", "date", "offered", "answered"], [QUEUE, "2026-03-02", "1200", "1100"]]


@pytest.fixture
def cast(cast: Cast) -> Cast:
    make_measures()
    return cast


@pytest.fixture
def client(api: Api, cast: Cast) -> APIClient:
    return api(cast.ingest_key)


def send(client: APIClient, content: bytes, media_type: str = XLSX, url: str = URL, **headers: str) -> Any:
    return client.generic("POST", url, content, content_type=media_type, headers=headers)


def send_form(client: APIClient, content: bytes, name: str = "실적.xlsx", url: str = URL, **fields: Any) -> Any:
    return client.post(url, {"file": SimpleUploadedFile(name, content), **fields}, format="multipart")


@pytest.mark.parametrize(
    ("content", "media_type", "found"),
    [
        (xlsx(ROWS), XLSX, {"kind": "xlsx", "sheet": "Sheet1"}),
        (xlsx(ROWS), "application/octet-stream", {"kind": "xlsx", "sheet": "Sheet1"}),
        (xls(ROWS), "application/vnd.ms-excel", {"kind": "xls", "sheet": "Sheet1"}),
        (html(TEXTS), "application/vnd.ms-excel", {"kind": "html", "encoding": "utf-8", "sheet": "Table 1"}),
        (html(TEXTS), "text/html", {"kind": "html", "encoding": "utf-8", "sheet": "Table 1"}),
        (
            "\n".join("\t".join(row) for row in TEXTS).encode(),
            "text/tab-separated-values",
            {"kind": "csv", "encoding": "utf-8", "delimiter": "tab"},
        ),
        (
            "\n".join(",".join(row) for row in TEXTS).replace("queue", "업무그룹").encode("cp949"),
            "text/csv",
            {"kind": "csv", "encoding": "cp949", "delimiter": "comma"},
        ),
    ],
)
def test_it_takes_every_kind_and_says_what_it_was(
    client: APIClient, content: bytes, media_type: str, found: dict[str, str]
) -> None:
    answer = send(client, content, media_type)

    assert answer.status_code == 201, answer.content
    assert (answer.json()["values"], answer.json()["file"]) == ({"new": 2, "changed": 0, "unchanged": 0}, found)
    assert DailyMetric.objects.get().measures == {"offered": 1200, "answered": 1100}
    assert Submission.objects.get().body_hash == hashlib.sha256(content).hexdigest()


def test_every_way_in_gives_the_same_answer(client: APIClient) -> None:
    rows = [{"queue": QUEUE, "date": "2026-03-02", "measures": {"offered": 1200, "answered": 1100}}]
    answers = [client.post(f"{URL}?dry_run=true", {"rows": rows}).json()]
    for content in (xlsx(ROWS), xls(ROWS), html(TEXTS), "\n".join(",".join(row) for row in TEXTS).encode()):
        answer = send_form(client, content, url=f"{URL}?dry_run=true").json()
        assert answer.pop("file")
        answers.append(answer)

    assert all(answer == answers[0] for answer in answers)


def test_it_takes_a_form_with_a_note_and_a_reason(client: APIClient) -> None:
    answer = send_form(client, xlsx(ROWS), note="from the ACD")

    receipt = Submission.objects.get()
    assert (answer.status_code, receipt.note, receipt.file_name) == (201, "from the ACD", "실적.xlsx")


def test_it_skips_titles_and_names_traps_by_line_and_field(client: APIClient) -> None:
    def formulas(_book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:D1", "3월 실적")
        sheet.write_formula(2, 2, "=600*2", None, 1200)
        sheet.write_formula(3, 3, "=1/0", None, "#DIV/0!")

    rows: list[list[Any]] = [
        [],
        ROWS[0],
        [QUEUE, date(2026, 3, 2), None, 1100],
        [QUEUE, date(2026, 3, 3), 5, None],
        [date(2026, 3, 1), date(2026, 3, 4), 5, 5],
        [QUEUE, date(2026, 3, 5), "１２", "1,000"],
        ["합계", None, 10, 10],
    ]

    document = assert_problem(send(client, xlsx(rows, edit=formulas)), 422, "cell_error", row=4, field="answered")

    assert [(error["row"], error["field"], error["code"]) for error in document["errors"]] == [
        (4, "answered", "cell_error"),
        (5, "queue", "excel_mangled_code"),
        (6, "offered", "non_ascii_number"),
        (6, "answered", "thousands_separator"),
        (7, None, "total_row"),
    ]


def csv(lines: list[list[str]], mark: str = ",") -> bytes:
    return "\n".join(mark.join(line) for line in lines).encode()


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_titles_may_stand_above_the_header_of_a_csv_too(client: APIClient, mark: str) -> None:
    answer = send(client, csv([["3월 실적 보고"], ["작성: 운영팀"], [], *TEXTS], mark), "text/csv")

    assert (answer.status_code, DailyMetric.objects.get().measures) == (201, {"offered": 1200, "answered": 1100})


@pytest.mark.parametrize("make", [csv, xlsx], ids=["csv", "xlsx"])
def test_a_header_that_is_not_understood_is_one_error_at_its_line(client: APIClient, make: Any) -> None:
    media_type = XLSX if make is xlsx else "text/csv"
    unknown = [["3월 실적 보고"], ["센터", "언제", "offered", "answered"], *[["주문", "어제", "5", "4"]] * 3]
    narrow = [["회사", "한빛"], ["센터", "언제", "offered"], *[["주문", "어제", "5"]] * 3]

    document = assert_problem(send(client, make(unknown), media_type), 400, "missing_column", row=2, field="queue")
    assert "line 2" in document["detail"] or "2행" in document["detail"]
    document = assert_problem(send(client, make(narrow), media_type), 400, "field_count", row=1)
    assert len(document["errors"]) == 1


def test_it_takes_numbers_that_were_stored_as_text_and_warns_of_formulas(client: APIClient) -> None:
    def formula(_book: Any, sheet: Any) -> None:
        sheet.write_formula(1, 3, "=C2-100", None, 1100)

    answer = send(client, xlsx([ROWS[0], [QUEUE, "2026-03-02", "1200"]], edit=formula))

    assert answer.status_code == 201, answer.content
    assert [warning["code"] for warning in answer.json()["warnings"]] == ["formula_cell"]
    assert DailyMetric.objects.get().measures == {"offered": 1200, "answered": 1100}


def test_it_suggests_a_code_that_lost_its_zeros(client: APIClient, cast: Cast) -> None:
    cast.queue.code = "0071"
    cast.queue.save()

    document = assert_problem(send(client, xlsx([ROWS[0], [71, date(2026, 3, 2), 5, 5]])), 422, "unknown_queue")

    assert "“0071”" in document["errors"][0]["detail"]


def test_it_reads_the_sheet_that_is_named(client: APIClient) -> None:
    def second(book: Any, _sheet: Any) -> None:
        book.add_worksheet("메모").write(0, 0, "x")

    content = xlsx(ROWS, edit=second)

    assert_problem(send(client, content), 400, "sheet_choice")
    assert send(client, content, url=f"{URL}?sheet=Sheet1").status_code == 201


@pytest.mark.parametrize("media_type", [media_type for media_type in FILE_TYPES if media_type != "text/csv"])
def test_it_answers_an_empty_file_of_any_type(client: APIClient, media_type: str) -> None:
    assert_problem(send(client, b"", media_type), 400, "empty_file")


def test_it_recognises_a_locked_file_by_its_type_or_name(client: APIClient) -> None:
    locked = bytes(range(1, 256)) * 20

    assert_problem(send(client, locked), 400, "document_security")
    assert_problem(send_form(client, locked), 400, "document_security")
    named = "attachment; filename*=UTF-8''%EC%8B%A4%EC%A0%81.xlsx"
    answer = send(client, locked, "application/octet-stream", **{"content-disposition": named})
    assert_problem(answer, 400, "document_security")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "required"),
        ({"file": "not a file"}, "required"),
        ({"file": [SimpleUploadedFile("a.csv", b"x"), SimpleUploadedFile("b.csv", b"x")]}, "required"),
        ({"file": SimpleUploadedFile("a.csv", b"x"), "colour": "red"}, "unknown_field"),
        ({"file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n"), "note": "a\u202eb"}, "bidi_control"),
        ({"file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n"), "reason": "boredom"}, "invalid_choice"),
    ],
)
def test_it_refuses_a_form_that_says_something_else(client: APIClient, fields: dict[str, Any], code: str) -> None:
    assert_problem(client.post(URL, fields, format="multipart"), 400, code)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=a\0b", b"--a\0b--"),
        ("multipart/form-data; boundary=x", b"--y\r\n"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\r\n'),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 1001),
    ],
)
def test_it_refuses_a_form_that_cannot_be_read(client: APIClient, media_type: str, content: bytes) -> None:
    answer = send(client, content, media_type)

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")


def test_it_refuses_files_over_the_limit(client: APIClient) -> None:
    assert_problem(send(client, b"x" * (MOST_FILE_BYTES + 1), "text/csv"), 413, "body_too_large")
    assert_problem(send_form(client, b"x" * (MOST_FILE_BYTES + 1)), 413, "body_too_large")


def test_it_refuses_a_bomb_and_stores_nothing(client: APIClient) -> None:
    assert_problem(send(client, bomb()), 400, "unpacked_size")
    assert not Submission.objects.exists()


def test_it_answers_a_file_with_a_key_again(client: APIClient) -> None:
    first = send(client, xlsx(ROWS), **{"idempotency-key": "k"})
    content = xlsx([*ROWS, [QUEUE, date(2026, 3, 3), 1, 1]])

    assert send(client, content, **{"idempotency-key": "k"}).status_code == 422
    assert first.status_code == 201


# The report ----------------------------------------------------------------------------------------
def test_it_returns_the_file_with_what_is_wrong(client: APIClient) -> None:
    content = xlsx([*ROWS, ["nobodys", date(2026, 3, 3), 5, 9], [QUEUE, "2026-03-32", 1, 1]])

    answer = send_form(client, content, url=REPORT)

    assert (answer.status_code, answer["Content-Type"]) == (200, XLSX)
    assert "filename*=utf-8''%EC%8B%A4%EC%A0%81-errors.xlsx" in answer["Content-Disposition"]
    rows = [row.cells for row in read_workbook(answer.content).sheets[0].rows]
    assert rows[0] == ["업무그룹", "날짜", "offered", "answered", "What to mend"]
    assert rows[1] == [QUEUE, "2026-03-02", "1200", "1100"]
    assert rows[2][:4] == ["nobodys", "2026-03-03", "5", "9"]
    assert "There is no queue" in rows[2][4]
    assert "Give the date as" in rows[3][4]
    assert not Submission.objects.exists()


def test_a_report_reads_the_file_once(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    read, kinds = workbooks.read_sheets, []
    monkeypatch.setattr(workbooks, "read_sheets", lambda kind, content: kinds.append(kind) or read(kind, content))

    assert send(client, xlsx(ROWS), url=REPORT).status_code == 200
    assert kinds == [FileKind.XLSX]


def test_a_report_reads_the_file_as_the_profile_says(client: APIClient, cast: Cast) -> None:
    mapping = {"queue": QUEUE, "columns": {"date": "일자", "offered": "인입"}, "delimiter": "|", "encoding": "cp949"}
    create_profile(code="acd", name="ACD", mapping=mapping, vendor=cast.vendor, actor=SYSTEM, now=NOW)
    content = "일자|인입\n2026-03-02|x\n".encode("cp949")

    report = send(client, content, "text/csv", url=f"{REPORT}?profile=acd&as=csv").content.decode("utf-8-sig")

    assert report.splitlines()[1].startswith("2026-03-02,x,")
    assert_problem(send(client, content, "text/csv", url=f"{REPORT}?profile=none"), 400, "unknown_profile")


def test_a_mended_report_is_taken_as_it_is(client: APIClient) -> None:
    answer = send(client, xlsx([*ROWS, [QUEUE, date(2026, 3, 3), 5, 9]]), url=f"{REPORT}?as=csv")

    text = answer.content.decode("utf-8-sig")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert text.count("\r\n") == 3
    mended = text.replace(",5,9,", ",9,5,")
    assert send(client, mended.encode("utf-8"), "text/csv").status_code == 201


def test_a_report_holds_no_formula_of_the_sender(client: APIClient) -> None:
    rows = [ROWS[0], ["=HYPERLINK(1)", "2026-03-02", 5, 5], ["+1", "@x", "-5", 1]]
    content = html([["queue", "date", "offered", "answered"], *rows[1:]])

    sheet = read_workbook(send(client, content, "text/html", url=REPORT).content).sheets[0]
    text = send(client, content, "text/html", url=f"{REPORT}?as=csv").content.decode("utf-8-sig")

    assert (sheet.formulas, sheet.rows[1].cells[0]) == (0, "=HYPERLINK(1)")
    assert text.splitlines()[1].startswith("'=HYPERLINK(1),2026-03-02")
    assert text.splitlines()[2].startswith("'+1,'@x,-5,1")


def test_a_report_says_beside_the_header_what_concerns_no_row(client: APIClient) -> None:
    content = xlsx([["queue", "date", "offred"], [QUEUE, date(2026, 3, 2), 5]])

    rows = [row.cells for row in read_workbook(send(client, content, url=REPORT).content).sheets[0].rows]

    assert rows[0][3].startswith("What to mend\nThere is no column “offred”") or "offred" in rows[0][3]


def test_a_report_needs_a_file_that_can_be_read(client: APIClient) -> None:
    assert_problem(send(client, b"%PDF-1.7", url=REPORT), 415, "type_mismatch")
    assert_problem(send(client, b"{}", "application/json", url=REPORT), 415, "media_type")
    assert_problem(send(client, b"", "application/json", url=REPORT), 415, "media_type")
    assert_problem(send(client, xlsx(ROWS), url=f"{REPORT}?as=pdf"), 400, "bad_query")
