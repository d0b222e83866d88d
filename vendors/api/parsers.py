"""Reading a JSON body strictly: what is ambiguous or hostile is refused with a code, never guessed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from django.http.request import HttpHeaders
from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from vendors.errors import Invalid, RowError, TooLarge, UnsupportedMedia

MAX_BODY_BYTES = 8 * 1024 * 1024
MOST_SWALLOWED = 64 * 1024 * 1024
_PART = 64 * 1024
MAX_DEPTH = 16
MAX_NUMBER_LENGTH = 64

_IN_NUMBERS = bytes(ord("0" if chr(byte) in "0123456789.eE+-" else " ") for byte in range(256))
_LONG_NUMBER = b"0" * (MAX_NUMBER_LENGTH + 1)
_RISKY_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NEITHER_BRACKETS_NOR_QUOTES = bytes(set(_NOT_BRACKETS) - set(b'"'))
_SQUARE = bytes.maketrans(b"{}", b"[]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)


class StrictJSONParser(BaseParser):
    """REST framework's way in: JSON in UTF-8, at most 8 MiB and 16 levels; numbers stay exact (int, Decimal)."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value of the body; raise Invalid, TooLarge or UnsupportedMedia with a code."""
        return read_json(read_body(stream, (parser_context or {}).get("request"), media_type or ""))


def read_body(stream: IO[bytes], request: Any, media_type: str, limit: int = MAX_BODY_BYTES) -> bytes:
    """Read the bytes of a body of at most ``limit`` bytes; refuse encodings that are not read here."""
    headers = request.headers if request is not None else HttpHeaders({})
    if headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMedia("encoding_unsupported", _("Send the body as it is, without Content-Encoding."))
    charset = _CHARSET.search(headers.get("Content-Type", "") or media_type)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise UnsupportedMedia("charset_unsupported", _("JSON is read as UTF-8; send it without another charset."))
    length = headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > limit:
        _swallow(stream)
        raise too_large(limit)
    body = stream.read(limit + 1)
    if len(body) > limit:
        _swallow(stream)
        raise too_large(limit)
    if length.isdecimal() and len(body) < int(length):
        text = _("The body ended after %(given)s of %(wanted)s bytes, so part of it is missing; send it again.")
        raise Invalid("length_mismatch", text % {"given": len(body), "wanted": length})
    return body


def _swallow(stream: IO[bytes]) -> None:
    """Read some of what is refused: a client still sending sees a broken connection, and never the answer."""
    for _part in range(MOST_SWALLOWED // _PART):
        if not stream.read(_PART):
            return


def too_large(limit: int) -> TooLarge:
    """Return the error of a body over ``limit`` bytes."""
    return TooLarge(
        "body_too_large",
        _("The body is over %(limit)d MiB; send it in parts.") % {"limit": limit // (1024 * 1024)},
    )


def read_json(body: bytes) -> Any:
    """Return the value of a JSON document in UTF-8 (a BOM is accepted); floats come as Decimal."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    if not body.strip():
        raise Invalid("empty_body", _("The body is empty; send a JSON object."))
    text = _decoded(body)
    if _is_too_deep(body):
        raise Invalid("too_deep", _("The body is nested more than %(limit)d levels deep.") % {"limit": MAX_DEPTH})
    value = _loaded(text, exact=_LONG_NUMBER in body.translate(_IN_NUMBERS))
    if _RISKY_ESCAPE.search(body):
        refuse_bad_strings(value)
    return value


def _decoded(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            "bad_encoding", _("Byte %(place)d is not UTF-8; save the body as UTF-8.") % {"place": error.start}
        ) from None
    if "\0" in text:
        raise Invalid("bad_encoding", _("The body contains zero bytes; is it UTF-16? Save it as UTF-8."))
    return text


def _is_too_deep(body: bytes) -> bool:
    """Say whether brackets nest deeper than allowed, in a few passes at the speed of C and without recursion."""
    without_escapes = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    # Of most texts two quotes are left beside each other, and taking out a pair leaves in or out of a text what was so.
    sparse = without_escapes.translate(None, _NEITHER_BRACKETS_NOR_QUOTES).replace(b'""', b"")
    outside_strings = b"".join(sparse.split(b'"')[::2])
    brackets = outside_strings.translate(_SQUARE, _NOT_BRACKETS)
    for _level in range(MAX_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    # What is left is deeper than allowed or does not match at all; a mismatch is the parser's to report.
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == ord("[") else -1
        if depth < 0 or depth > MAX_DEPTH:
            break
    return b"[]" in brackets or depth > MAX_DEPTH


class _DuplicateKey(ValueError):
    pass


class _LongNumber(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        counts = Counter(key for key, _value in pairs)
        raise _DuplicateKey(next(key for key, count in counts.items() if count > 1))
    return result


def _short_int(digits: str) -> int:
    if len(digits) > MAX_NUMBER_LENGTH:
        raise _LongNumber
    return int(digits)


def _short_decimal(digits: str) -> Decimal:
    if len(digits) > MAX_NUMBER_LENGTH:
        raise _LongNumber
    return Decimal(digits)


def _no_constant(name: str) -> Any:
    raise json.JSONDecodeError(name, name, 0)


def _loaded(text: str, *, exact: bool) -> Any:
    """Parse; ``exact`` checks the length of every number, which only bodies with a long one need."""
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_short_decimal if exact else Decimal,
            parse_int=_short_int if exact else None,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        raise Invalid(
            "json_syntax",
            _("This is not JSON: line %(line)d, column %(column)d.") % {"line": error.lineno, "column": error.colno},
            position=error.pos,
        ) from None
    except _DuplicateKey as error:
        key = str(error)[:50]
        detail = _("The key “%(key)s” stands twice in one object.") % {"key": key.encode("utf-8", "replace").decode()}
        raise Invalid("duplicate_key", detail, [RowError("duplicate_key", detail, key)]) from None
    except (_LongNumber, RecursionError):
        raise Invalid("number_too_long", _("A number has more than %(limit)d characters.") % _limit()) from None
    except InvalidOperation:
        raise Invalid("number_range", _("A number is too large or too small to be kept.")) from None


def _limit() -> dict[str, int]:
    return {"limit": MAX_NUMBER_LENGTH}


def refuse_bad_strings(value: Any, path: tuple[str | int, ...] = ()) -> None:
    """Refuse zero characters and halves of surrogate pairs anywhere in a parsed document, keys included."""
    if isinstance(value, str):
        _refuse_bad_string(value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_bad_string(key, path)
            refuse_bad_strings(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            refuse_bad_strings(inner, (*path, index))


def _refuse_bad_string(text: str, path: tuple[str | int, ...]) -> None:
    if _SURROGATE.search(text):
        code, detail = "surrogate", _("A text holds half of a character (a lone surrogate).")
    elif "\0" in text:
        code, detail = "control_char", _("A text holds a zero character.")
    else:
        return
    if path[:1] == ("rows",) and len(path) > 1:
        path = path[1:]
    row = path[0] if path and isinstance(path[0], int) else None
    field = ".".join(str(part) for part in (path if row is None else path[1:])) or None
    raise Invalid(code, detail, [RowError(code, detail, field, row)])


def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request's body; raise Invalid ``empty_body`` or ``not_object``."""
    if not request.headers.get("Content-Length", "").lstrip("0") and not request.data:
        _refuse_other_media(request)
        raise Invalid("empty_body", _("The body is empty; send a JSON object."))
    if not isinstance(request.data, dict):
        raise Invalid("not_object", _("The body must be a JSON object: {…}."))
    return request.data


def _refuse_other_media(request: Request) -> None:
    """Refuse an empty body that does not even claim to be JSON (REST framework skips parsers then)."""
    if not (request.content_type or "").startswith("application/json"):
        raise UnsupportedMedia("media_type", _("Send JSON, with Content-Type: application/json."))


def optional_body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object of a body, or an empty one where nothing was sent (actions such as ``share/``)."""
    if not request.headers.get("Content-Length", "").lstrip("0") and not request.data:
        return {}
    return body_of(request)
