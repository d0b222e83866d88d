"""The rows of reliability §6 that apply, with the statuses of design §7: what is sent, and what it must answer.

Numbers are those of the page; unreadable is 400, a feed that can be read but has wrong rows 422.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

QUEUE = "hanbit-order-voice"
SUBMISSIONS = "/api/v1/submissions/"
JSON = "application/json"
CSV = "text/csv"


@dataclass(frozen=True)
class Case:
    """One bad request, who sends it (a name of the cast) and the problem it must get."""

    number: str
    body: bytes
    code: str
    status: int = 400
    path: str = SUBMISSIONS
    method: str = "POST"
    content_type: str = JSON
    row: int | None = None
    field: str | None = None
    who: str = "ingest_key"
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.number}-{self.method}-{self.code}"


def feed(number: str, code: str, figures: dict[str, Any] | str, **fields: Any) -> Case:
    """Return a case of one row of figures; ``figures`` may be JSON text with what Python cannot write."""
    text = figures if isinstance(figures, str) else json.dumps(figures)
    return Case(number, f'{{"rows": [{text}]}}'.encode("utf-8", "surrogatepass"), code, **{"status": 422, **fields})


def value(number: str, code: str, text: str, **fields: Any) -> Case:
    """Return a case of one value of a measure, as JSON text."""
    row = f'{{"queue": "{QUEUE}", "date": "2026-03-02", "measures": {{"offered": {text}}}}}'
    return feed(number, code, row, **{"row": 0, "field": "offered", **fields})


def day(number: str, code: str, given: Any, **fields: Any) -> Case:
    """Return a case of one date."""
    row = {"queue": QUEUE, "date": given, "measures": {"offered": 1}}
    return feed(number, code, row, **{"row": 0, "field": "date", **fields})


def queue(number: str, code: str, given: Any) -> Case:
    """Return a case of one queue's code."""
    return feed(number, code, {"queue": given, "date": "2026-03-02", "measures": {"offered": 1}}, row=0, field="queue")


def note(number: str, code: str, text: str) -> Case:
    """Return a case of a note, as JSON text."""
    row = f'{{"queue": "{QUEUE}", "date": "2026-03-02", "measures": {{"offered": 1}}}}'
    return Case(number, f'{{"rows": [{row}], "note": {text}}}'.encode(), code, field="note")


def csv(number: str, code: str, text: str | bytes, **fields: Any) -> Case:
    """Return a case of a CSV file."""
    body = text if isinstance(text, bytes) else text.encode()
    return Case(number, body, code, **{"content_type": CSV, **fields})


ROW = f'{{"queue": "{QUEUE}", "date": "2026-03-02", "measures": {{"offered": 1}}}}'
GOOD = f'{{"rows": [{ROW}]}}'
HEAD = "queue,date,offered\n"
LINE = f"{QUEUE},2026-03-02,5\n"


def _raw(number: str, code: str, body: bytes | str, **fields: Any) -> Case:
    return Case(number, body if isinstance(body, bytes) else body.encode(), code, **fields)


BODIES = [
    _raw("1", "empty_body", ""), _raw("2", "empty_body", " \n\t "), _raw("3", "not_object", "null"),
    _raw("4", "not_object", "5"), _raw("5", "not_object", '"x"'), _raw("6", "not_object", "true"),
    _raw("7", "empty_batch", "[]"), _raw("7", "empty_batch", '{"rows": []}'), _raw("8", "not_object", "[1,2]"),
    _raw("8", "row_not_object", '{"rows": [1, 2]}', status=422, row=1), _raw("9", "required", "{}", field="rows"),
    _raw("10", "json_syntax", '{"a":1'), _raw("11", "json_syntax", "{}x"), _raw("12", "json_syntax", "{}{}"),
    _raw("13", "json_syntax", '{"a": 1}\n{"a": 2}'), _raw("14", "json_syntax", '{"rows": [1,]}'),
    _raw("15", "json_syntax", '{"rows": [] /* no */}'), _raw("16", "json_syntax", "{'rows': []}"),
    _raw("17", "json_syntax", "{rows: []}"), _raw("18", "json_syntax", b'{"note": "a\tb"}'),
    _raw("19", "json_syntax", r'{"note": "\uZZZZ"}'), _raw("21", "bad_encoding", GOOD.encode("utf-16-le")),
    _raw("22", "bad_encoding", '{"note": "한빛"}'.encode("cp949")),
    _raw("23", "charset_unsupported", GOOD, status=415, content_type=f"{JSON}; charset=cp949"),
    _raw("24", "bad_encoding", b'{"note": "\xff"}'), _raw("24", "bad_encoding", b'{"note": "\xc0\xaf"}'),
    _raw("24", "bad_encoding", b'{"note": "\xed\xa0\x80"}'),
    _raw("25", "too_deep", '{"rows": ' + "[" * 16 + "]" * 16 + "}"), _raw("26", "too_deep", "[" * 2_000 + "]" * 2_000),
    _raw("27", "too_deep", "[" * 100_000 + "]" * 100_000), _raw("27", "too_deep", '{"a":' * 100_000),
    _raw("28", "duplicate_key", '{"rows": [], "rows": []}', field="rows"),
    _raw("28", "duplicate_key", f'{{"rows": [{{"queue": "a", "queue": "{QUEUE}"}}]}}', field="queue"),
    _raw("29", "unknown_field", '{"rowz": []}', field="rowz"),
    _raw("30", "read_only_field", GOOD[:-1] + ', "id": 1, "vendor": "narae"}', field="vendor"),
    _raw("31", "unknown_field", GOOD[:-1] + ', "__class__": 1, "__proto__": {}, "constructor": 1}', field="__proto__"),
    _raw("32", "too_many_rows", f'{{"rows": [{",".join([ROW] * 5_001)}]}}', status=413),
    _raw("33", "body_too_large", b'{"rows": [], "note": "' + b"x" * (8 * 1024 * 1024) + b'"}', status=413),
    _raw("37", "encoding_unsupported", b"\x1f\x8b\x08", status=415, headers=(("content-encoding", "gzip"),)),
    _raw("38", "encoding_unsupported", b"\x1f", status=415, content_type=CSV, headers=(("content-encoding", "br"),)),
    _raw("39", "unknown_field", json.dumps({f"f{number}": 1 for number in range(10_000)})),
    _raw("40", "unknown_field", json.dumps({"k" * 1_000_000: 1}), field="k" * 50 + "…"),
    _raw("41", "duplicate_in_batch", f'{{"rows": [{ROW}, {ROW}]}}', status=422, row=1),
    _raw("42", "number_too_long", '{"rows": [' + "9" * 5_000 + "]}"), _raw("43", "json_syntax", '{"rows": [NaN]}'),
    _raw("44", "json_syntax", '{"rows": [-Infinity]}'), note("45", "surrogate", r'"\ud800"'),
    _raw("45", "surrogate", r'{"\udfff": 1}'), note("46", "control_char", r'"\u0000"'),
    feed("46", "control_char", r'{"queue": "a\u0000", "date": "2026-03-02"}', status=400, row=0, field="queue"),
    feed("29", "unknown_field", ROW[:-1] + ', "valeu": 1}', row=0, field="valeu"),
    feed("29", "agent_field", ROW[:-1] + ', "agent_id": 7}', row=0, field="agent_id"),
    feed("29", "unknown_measure", ROW.replace("offered", "offred"), row=0, field="offred"),
]  # fmt: skip

NUMBERS = [
    value("47", "number_range", "1e999"), value("48", "not_a_number", '"NaN"'), value("49", "not_a_number", '"sNaN"'),
    value("50", "not_a_number", '"inf"'), value("50", "not_a_number", '"-Infinity"'), 
    value("51", "not_a_number", "true"),
    value("52", "non_ascii_number", '"１２.５"'), value("53", "non_ascii_number", '"٣"'),
    value("54", "not_a_number", '"1_000"'), value("55", "thousands_separator", '"1,000"'),
    value("56", "not_a_number", '"1.000,5"'), value("57", "not_a_number", '" 5 "'),
    value("58", "percent_sign", '"95%"'),
    value("59", "not_a_number", '"₩1000"'), value("59", "not_a_number", '"1000원"'),
    value("60", "not_a_number", '"0x1F"'),
    value("60", "not_a_number", '"0b1"'), value("60", "not_a_number", '"1j"'),
    value("62", "too_precise", "1.23456789"), value("63", "too_precise", "0.30000000000000004"),
    value("64", "number_range", "1234567890123"), value("65", "number_too_long", '"' + "1" * 2_000 + '"'),
    value("67", "out_of_bounds", "-1"), value("68", "not_integer", "1.5"), value("73", "blank", '""'),
    value("75", "not_a_number", "[1]"), value("75", "not_a_number", "{}"),
    feed("69", "numerator_gt_denominator", ROW.replace('"offered": 1', '"offered": 5, "answered": 6'), row=0),
    feed("71", "zero_denominator", ROW.replace('"offered": 1', '"offered": 0, "answered": 5'), row=0),
]  # fmt: skip

DATES = [
    *(day("77-89", "bad_date", text) for text in (
        "2026-02-30", "2025-02-29", "0000-00-00", "20260101", "2026-W01-1", "2026-001", "2026-1-1", "01/02/2026",
        "2026.01.02", "2026년 1월 2일", "２０２６-01-01", "2026-01-01T00:00:00Z", 20260101, 1767225600, "2026-01-01 ",
        True, [], {}, "", "9" * 5_000,
    )),
    day("90", "future_date", "9999-12-31"), day("91", "before_contract", "0001-01-01"),
    day("92", "future_date", "2026-11-24"), day("95", "before_contract", "2025-12-31"),
    feed("103", "bad_date", ROW.replace('"date": "2026-03-02"', '"month": "2026-13"'), row=0, field="month"),
    feed("103", "date_or_month", ROW[:-1] + ', "month": "2026-03"}', row=0, field="month"),
]  # fmt: skip

TEXTS = [
    *(queue("105-106", "blank", text) for text in ("\u200b", "\ufeff", "\u3164", "\u115f", "\u00a0", "")),
    *(note("107-108", "bidi_control", f'"a{mark}b"') for mark in "\u202e\u2066\u2069"),
    queue("111", "unknown_queue", "ＳＥＯＵＬ"), queue("112", "unknown_queue", "h\u0430nbit-order-voice"),
    queue("113", "unknown_queue", "Hanbit-Order-Voice"), queue("114", "code_format", f"{QUEUE} "),
    queue("114", "code_format", 7), queue("114", "required", None), queue("203", "unknown_queue", "narae-order-voice"),
    note("115", "too_long", '"' + "x" * 2_001 + '"'), note("117", "too_many_marks", '"a' + "\u0301" * 400 + '"'),
    note("118", "bad_char", '"\ue000"'), note("118", "bad_char", '"\ufffe"'),
    note("119", "replacement_char", '"\ufffd"'),
    note("120", "control_char", r'"a\u001b[31m"'), note("120", "not_a_string", "7"), note("120", "not_a_string", "{}"),
]  # fmt: skip

FILES = [
    csv("123", "empty_file", ""), csv("124", "no_rows", HEAD), csv("129", "bad_encoding", HEAD.encode("utf-16-le")),
    csv("130", "encoding_ambiguous", HEAD.encode() + "체크".encode("cp949") + b",2026-03-02,5\n"),
    csv("131", "bad_encoding", HEAD.encode() + "한빛".encode() + b"," + "나래".encode("cp949") + b",5\n"),
    csv("132", "control_char", HEAD + "a\0b,2026-03-02,5\n"),
    csv("133", "missing_column", "queue,offered\na,5\n", row=1, field="date"),
    csv("134", "duplicate_column", "queue,date,offered,offered\na,2026-03-02,5,5\n", row=1, field="offered"),
    csv("136", "field_count", HEAD + LINE + f"{QUEUE},2026-03-03,5,6\n", row=3),
    csv("137", "field_count", HEAD + f"{QUEUE},2026-03-03\n", row=2),
    csv("138", "delimiter", HEAD.replace(",", ";") + LINE), csv("139", "delimiter", HEAD.replace(",", "\t") + LINE),
    csv("140", "csv_syntax", HEAD + f'"{QUEUE},2026-03-02,5\n', row=2),
    csv("143", "too_long", HEAD + "x" * 200_000 + ",2026-03-02,5\n", row=2),
    csv("144", "too_many_rows", HEAD + LINE * 50_001, status=413),
    csv("145", "unknown_queue", HEAD + "NA,2026-03-02,5\n", status=422, row=2, field="queue"),
    csv("147", "excel_mangled_code", HEAD + "01-Mar,2026-03-02,5\n", status=422, row=2, field="queue"),
    csv("148", "bad_date", HEAD + LINE + f"{QUEUE},46023,5\n", status=422, row=3, field="date"),
    csv("149", "total_row", HEAD + LINE + "합계,,5\n", status=422, row=3),
    csv("153", "bad_xlsx", b"PK\x03\x04" + b"x" * 50),
    csv("150", "type_mismatch", "%PDF-1.7", status=415),
    csv("150", "type_mismatch", "<!DOCTYPE html><html>", status=415),
    csv("52", "non_ascii_number", HEAD + f"{QUEUE},2026-03-02,５\n", status=422, row=2, field="offered"),
    csv("55", "thousands_separator", HEAD + f'{QUEUE},2026-03-02,"1,000"\n', status=422, row=2, field="offered"),
    csv("29", "unknown_measure", "queue,date,offred\na,2026-03-02,5\n", status=422, row=1, field="offred"),
    csv("29", "agent_field", "queue,date,agent_id\na,2026-03-02,5\n", status=422, row=1, field="agent_id"),
    csv("33", "body_too_large", b"x" * (20 * 1024 * 1024 + 1), status=413),
]  # fmt: skip
