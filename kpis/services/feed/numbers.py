"""One reported number: read exactly, or refused with a code."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache

LARGEST = 999_999_999_999
"""Twelve integer digits."""
MOST_DECIMALS = 6
LONGEST_TEXT = 64

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")

Stored = int | str
"""A number as a document holds it: whole ones as integers, others as a decimal string without trailing zeros."""


class BadNumber(ValueError):
    """A value that is not a number the service takes. ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def stored(value: object, *, whole: bool) -> Stored:
    """Return ``value`` (JSON number or numeric text) as it is stored; raise :class:`BadNumber`."""
    return _stored_text(value, whole) if isinstance(value, str) else _stored(value, whole)


def _stored(value: object, whole: bool) -> Stored:
    number = _exact(value)
    if not number.is_finite():
        raise BadNumber("not_a_number")
    if number < 0:
        raise BadNumber("out_of_bounds")
    if number.adjusted() >= len(str(LARGEST)):
        raise BadNumber("number_range")
    if number == number.to_integral_value():
        return int(number)
    text = _decimal_text(number)
    if whole:
        raise BadNumber("not_integer")
    return text


# The figures of a file repeat: those read before take neither the time nor the memory again.
_stored_text = lru_cache(maxsize=2**14)(_stored)


def _decimal_text(number: Decimal) -> str:
    text = f"{number:f}".rstrip("0")
    if len(text.partition(".")[2]) > MOST_DECIMALS:
        raise BadNumber("too_precise")
    return text


def _exact(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise BadNumber("not_a_number")
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str):
        return Decimal(_plain_text(value))
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise BadNumber("number_range")
        return Decimal(value)
    try:
        # The shortest text that reads back as the same float: what the sender wrote.
        return Decimal(repr(value))
    except InvalidOperation:  # pragma: no cover - repr of a float always reads
        raise BadNumber("not_a_number") from None


def _plain_text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise BadNumber("number_too_long")
    if _PLAIN.fullmatch(text):
        return text
    raise BadNumber(_why_not_plain(text))


def _why_not_plain(text: str) -> str:
    if is_blank(text):
        return "blank"
    if any(char.isdigit() and not char.isascii() for char in text):
        return "non_ascii_number"
    if text.rstrip()[-1] in "%％":
        return "percent_sign"
    if _GROUPED.fullmatch(text):
        return "thousands_separator"
    return "not_a_number"


def is_blank(text: str) -> bool:
    """Say whether nothing of ``text`` can be seen (spaces, zero-width characters, Hangul fillers)."""
    return all(
        char.isspace() or unicodedata.category(char) in ("Cf", "Zs") or char in "\u3164\u115f\u1160\uffa0"
        for char in text
    )
