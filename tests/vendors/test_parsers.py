"""Reading a JSON body strictly, at the parser and through the API."""

from __future__ import annotations

import io
import json
import time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import Cast
from tests.checks import assert_problem
from vendors.api.parsers import MAX_BODY_BYTES, MAX_DEPTH, read_body, read_json
from vendors.errors import Invalid, TooLarge
from vendors.models import Vendor

VENDORS = "/api/v1/vendors/"


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


REFUSED = {
    "empty": (b"", "empty_body"),
    "whitespace": (b" \n\t ", "empty_body"),
    "bom alone": (b"\xef\xbb\xbf", "empty_body"),
    "truncated": (b'{"a":1', "json_syntax"),
    "trailing data": (b"{}x", "json_syntax"),
    "two documents": (b"{}{}", "json_syntax"),
    "lines of documents": (b"{}\n{}", "json_syntax"),
    "trailing comma": (b'{"a":1,}', "json_syntax"),
    "comment": (b'{"a":1} // b', "json_syntax"),
    "single quotes": (b"{'a':1}", "json_syntax"),
    "unquoted keys": (b"{a:1}", "json_syntax"),
    "bare tab in a text": (b'{"a":"\t"}', "json_syntax"),
    "broken escape": (b'{"a":"\\uZZZZ"}', "json_syntax"),
    "mismatched brackets": (b"[}", "json_syntax"),
    "closing brackets": (b"]" * 50, "json_syntax"),
    "unterminated text": (b'{"a":"' + b'\\"' * 10_000, "json_syntax"),
    "NaN": (b'{"a":NaN}', "json_syntax"),
    "Infinity": (b'{"a":Infinity}', "json_syntax"),
    "minus Infinity": (b'{"a":-Infinity}', "json_syntax"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "bad_encoding"),
    "UTF-16 without BOM": ('{"a":1}'.encode("utf-16-le"), "bad_encoding"),
    "CP949": ('{"a":"한빛"}'.encode("cp949"), "bad_encoding"),
    "FF": (b'{"a":"\xff"}', "bad_encoding"),
    "overlong": (b'{"a":"\xc0\xaf"}', "bad_encoding"),
    "raw surrogate": (b'{"a":"\xed\xa0\x80"}', "bad_encoding"),
    "depth 17": (nested(MAX_DEPTH + 1), "too_deep"),
    "depth 17 of objects": (b'{"a":' * 17 + b"1" + b"}" * 17, "too_deep"),
    "depth 2000": (nested(2000), "too_deep"),
    "depth 100000": (nested(100_000), "too_deep"),
    "unclosed depth": (b"[" * 100_000, "too_deep"),
    "duplicate key": (b'{"a":1,"a":2}', "duplicate_key"),
    "duplicate key inside": (b'{"rows":[{"value":1,"value":2}]}', "duplicate_key"),
    "duplicate key by escape": (b'{"a":1,"\\u0061":2}', "duplicate_key"),
    "5000 digits": (b'{"a":' + b"9" * 5000 + b"}", "number_too_long"),
    "65 digits after the point": (b'{"a":0.' + b"9" * 65 + b"}", "number_too_long"),
    "lone surrogate": (b'{"a":"\\ud800"}', "surrogate"),
    "lone low surrogate": (b'{"a":["\\udc00"]}', "surrogate"),
    "surrogate in a key": (b'{"\\ud800":1}', "surrogate"),
    "NUL": (b'{"a":{"b":"\\u0000"}}', "control_char"),
}

ACCEPTED = {
    "BOM": (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
    "depth 16": (nested(MAX_DEPTH), None),
    "brackets in texts": (b'{"a":"' + b"[" * 100 + b'"}', {"a": "[" * 100}),
    "quotes in texts": (b'{"a":"\\"[[[[[[[[[[[[[[[[[[[[\\\\"}', {"a": '"[[[[[[[[[[[[[[[[[[[[\\'}),
    "a pair of surrogates": (b'{"a":"\\ud83d\\ude00"}', {"a": "😀"}),
    "exact numbers": (b"[0.1, 12345678901234567890, 1e3]", [Decimal("0.1"), 12345678901234567890, Decimal("1E+3")]),
    "a huge exponent": (b"[1e999]", [Decimal("1E+999")]),
    "many brackets": (b"[" + b"[]," * 1000 + b"[]]", [[]] * 1001),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_it_refuses(body: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_json(body)

    assert caught.value.code == code


@pytest.mark.parametrize(("body", "value"), ACCEPTED.values(), ids=ACCEPTED)
def test_it_accepts(body: bytes, value: Any) -> None:
    read = read_json(body)

    assert value is None or read == value


def depth_of(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth_of, inner), default=0)


TEXTS = st.text('[]{}",\\\n\u0022aé:', max_size=12)
DOCUMENTS = st.recursive(
    TEXTS | st.integers(0, 99),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(value=DOCUMENTS, more=st.integers(0, MAX_DEPTH + 1), is_ascii=st.booleans())
def test_texts_never_count_as_depth(value: Any, more: int, is_ascii: bool) -> None:
    for _level in range(more):
        value = [value]
    body = json.dumps(value, ensure_ascii=is_ascii).encode()

    if depth_of(value) <= MAX_DEPTH:
        assert read_json(body) == value
    else:
        with pytest.raises(Invalid, match="too_deep"):
            read_json(body)


@given(st.lists(st.integers(1, 70), min_size=1, max_size=5))
def test_only_a_long_number_is_refused(lengths: list[int]) -> None:
    body = ("[" + ",".join("7" * length for length in lengths) + "]").encode()

    if max(lengths) <= 64:
        assert read_json(body) == [int("7" * length) for length in lengths]
    else:
        with pytest.raises(Invalid, match="number_too_long"):
            read_json(body)


def test_it_names_the_row_and_field_of_a_bad_text() -> None:
    with pytest.raises(Invalid) as caught:
        read_json(b'{"rows":[{},{"note":{"x":"\\ud800"}}]}')

    assert [(error.row, error.field) for error in caught.value.errors] == [(1, "note.x")]


def test_it_reads_eight_mebibytes_quickly() -> None:
    row = {"queue": "hanbit-order-voice", "date": "2026-03-02", "measures": {f"measure_{n}": n for n in range(12)}}
    rows = [row] * (MAX_BODY_BYTES // len(json.dumps(row)) - 1)
    body = json.dumps({"rows": rows}).encode()

    started = time.process_time()
    read = read_json(body)

    assert len(read["rows"]) == len(rows)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    "body",
    [b"[" * MAX_BODY_BYTES, b"[}" * (MAX_BODY_BYTES // 2), b'\\"' * (MAX_BODY_BYTES // 2), b"]" * MAX_BODY_BYTES],
)
def test_it_refuses_hostile_bodies_quickly(body: bytes) -> None:
    started = time.process_time()
    with pytest.raises(Invalid):
        read_json(body)

    assert time.process_time() - started < 3


def send(client: Any, body: bytes, content_type: str = "application/json", **headers: str) -> Any:
    return client.generic("POST", VENDORS, body, content_type=content_type, headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b" ", "empty_body"),
        (b"null", "not_object"),
        (b"5", "not_object"),
        (b'"x"', "not_object"),
        (b"true", "not_object"),
        (b"false", "not_object"),
        (b"[]", "not_object"),
        (b"[1,2]", "not_object"),
        (b"{}", "required"),
        (nested(100_000), "too_deep"),
        (b'{"code":"x","code":"y","name":"X"}', "duplicate_key"),
        (b'{"code":"x","name":"\\ud800"}', "surrogate"),
        (b'{"code":"x","name":"\\u0000"}', "control_char"),
        (b'{"code":"x","name":' + b"9" * 5000 + b"}", "number_too_long"),
    ],
)
def test_the_api_answers_a_problem(cast: Cast, api: Any, body: bytes, code: str) -> None:
    assert_problem(send(api(cast.manager_key), body), 400, code)
    assert Vendor.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content_type", "headers", "code"),
    [
        ("", {}, "media_type"),
        ("text/plain", {}, "media_type"),
        ("application/xml", {}, "media_type"),
        ("application/x-www-form-urlencoded", {}, "media_type"),
        ("multipart/form-data; boundary=x", {}, "media_type"),
        ("application/json; charset=cp949", {}, "charset_unsupported"),
        ("application/json; charset=bogus", {}, "charset_unsupported"),
        ("application/json", {"content-encoding": "gzip"}, "encoding_unsupported"),
    ],
)
@pytest.mark.parametrize("body", [b'{"code":"x","name":"X"}', b""])
def test_the_api_takes_json_only(
    cast: Cast, api: Any, content_type: str, headers: dict[str, str], code: str, body: bytes
) -> None:
    answer = send(api(cast.manager_key), body, content_type, **headers)

    if body or code == "media_type":
        assert_problem(answer, 415, code)
    else:
        assert answer.status_code in (400, 415)


@pytest.mark.django_db
def test_the_api_takes_utf_8_by_name(cast: Cast, api: Any) -> None:
    body = '{"code":"x","name":"다온"}'.encode()

    assert send(api(cast.manager_key), body, "application/json; charset=UTF-8").status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 400), (MAX_BODY_BYTES + 1, 413)])
def test_the_api_takes_eight_mebibytes_and_no_more(cast: Cast, api: Any, size: int, status: int) -> None:
    body = b'{"' + b"k" * (size - 6) + b'":1}'
    assert len(body) == size

    answer = send(api(cast.manager_key), body)

    assert_problem(answer, status, "body_too_large" if status == 413 else "unknown_field")


@pytest.mark.parametrize("headers", [{}, {"Content-Length": str(MAX_BODY_BYTES + 7)}])
def test_a_body_that_is_too_large_is_read_to_its_end_so_that_the_client_gets_the_answer(
    headers: dict[str, str],
) -> None:
    stream = io.BytesIO(b"x" * (MAX_BODY_BYTES + 7))

    with pytest.raises(TooLarge):
        read_body(stream, SimpleNamespace(headers=headers), "application/json")

    assert stream.read() == b""
