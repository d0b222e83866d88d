"""Codes made from names: Hangul in the official Latin letters (Revised Romanisation, letter by letter)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import count


def _letters(text: str) -> tuple[str, ...]:
    """Part at every blank: between two blanks stands the letter that is not heard."""
    return tuple(text.split(" "))


_FIRST, _LAST = 0xAC00, 0xD7A3
_INITIALS = _letters("g kk n d tt r m b pp s ss  j jj ch k t p h")
_VOWELS = _letters("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
_FINALS = _letters(" k k ks n nj nh t l lk lm lb ls lt lp lh m p ps t t ng t t k t p t")
_COMPANY = re.compile(r"\(주\)|㈜|주식회사|\(유\)|유한회사|\b(inc|ltd|co|corp)\b\.?", re.IGNORECASE)
LONGEST = 32


def code_of(name: str, taken: Collection[str] = ()) -> str:
    """Return a code that is none of ``taken``: 한빛컨택 → hanbitkeontaek; ``vendor`` where nothing is left of it."""
    letters = "".join(_latin(char) for char in _COMPANY.sub(" ", name))
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-") or "vendor"
    return free_code(code, taken)


def free_code(code: str, taken: Collection[str]) -> str:
    """Return ``code``, or the first of code-2, code-3 … that is none of ``taken``."""
    if code not in taken:
        return code
    return next(longer for number in count(2) if (longer := f"{code}-{number}") not in taken)


def _latin(char: str) -> str:
    place = ord(char) - _FIRST
    if not 0 <= place <= _LAST - _FIRST:
        return char
    return _INITIALS[place // 588] + _VOWELS[place % 588 // 28] + _FINALS[place % 28]
