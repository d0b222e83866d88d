"""Texts people type: what may stand in one, and how near two words are."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MOST_MARKS = 8

_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

PROBLEMS: dict[str, Any] = {
    "blank": _("This may not be blank."),
    "bidi_control": _("The text holds a character that turns the writing direction; remove it."),
    "control_char": _("The text holds a control character; remove it."),
    "replacement_char": _("The text holds U+FFFD, the trace of a wrong encoding; write it anew."),
    "bad_char": _("The text holds a character that is not assigned to anything."),
    "surrogate": _("A text holds half of a character (a lone surrogate)."),
    "too_many_marks": _("The text stacks too many marks on one letter."),
}


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean …?" where one of ``known`` is near, else an empty text."""
    near = difflib.get_close_matches(name[:50], list(known), n=1, cutoff=0.6)
    return " " + gettext("Did you mean “%(name)s”?") % {"name": near[0]} if near else ""


def is_invisible(text: str) -> bool:
    """Say whether a reader would see nothing (spaces, zero-width characters, Hangul fillers)."""
    return all(
        character in _INVISIBLE_LETTERS or unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cf", "Cc")
        for character in text
    )


def text_problem(text: str, *, multiline: bool = False) -> str | None:
    """Return the code of what is wrong with a text people will read, or None.

    Plain ASCII, the common case, is decided without a look at every character.
    """
    if text.isascii() and text.isprintable():
        return None
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        code = _character_problem(character, category, multiline=multiline)
        if code or marks > MOST_MARKS:
            return code or "too_many_marks"
    return None


def _character_problem(character: str, category: str, *, multiline: bool) -> str | None:
    if category in ("Cc", "Zl", "Zp"):
        return None if multiline and character in "\n\r\t" else "control_char"
    if character in _BIDI:
        return "bidi_control"
    if character == "\ufffd":
        return "replacement_char"
    if category == "Cs":
        return "surrogate"
    if category == "Co" or (category == "Cn" and not _may_be_a_new_emoji(character)):
        return "bad_char"
    return None


def _may_be_a_new_emoji(character: str) -> bool:
    """Emoji younger than this Python's Unicode tables are unassigned to it, and still wanted."""
    return 0x1F000 <= ord(character) <= 0x1FBFF


def normalised(text: str) -> str:
    """Return the composed form (NFC): what macOS and Windows write differently becomes one."""
    return unicodedata.normalize("NFC", text)
