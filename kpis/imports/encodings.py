"""Bytes of a text file become text, in one of the encodings Korean spreadsheets write, or are refused."""

from __future__ import annotations

import codecs
import re

from django.utils.translation import gettext as _

from vendors.errors import Invalid

ACCEPTED = {"utf-8": "utf-8-sig", "cp949": "cp949", "euc-kr": "cp949", "utf-16": "utf-16"}
"""What ``?encoding=`` may name, and the codec it stands for."""

_HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_LATIN_EXTENDED = re.compile("[\u00c0-\u024f\u0370-\u07ff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decode(body: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Return the text, with ``\\n`` line ends, and the encoding it was read in.

    Tried over the whole file: UTF-16 by its byte order mark, UTF-8, then CP949; nothing is guessed or replaced.
    Raises Invalid (empty_file, bad_encoding, encoding_ambiguous, control_char, replacement_char).
    """
    if not body.strip(b" \t\r\n\xef\xbb\xbf"):
        raise Invalid("empty_file", _("The file is empty."))
    text, used = _declared(body, encoding) if encoding else _tried(body)
    _refuse_bad_characters(text)
    return text.replace("\r\n", "\n").replace("\r", "\n"), used


def _declared(body: bytes, encoding: str) -> tuple[str, str]:
    try:
        return body.decode(ACCEPTED[encoding]), encoding
    except UnicodeDecodeError as error:
        raise _bad_encoding(body, error) from None


def _tried(body: bytes) -> tuple[str, str]:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _declared(body, "utf-16")
    if max(body[::2].count(0), body[1::2].count(0)) * 4 > len(body):
        raise Invalid("bad_encoding", _("This looks like UTF-16 without its mark; save the file as CSV UTF-8."))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            return body.decode("cp949"), "cp949"
        except UnicodeDecodeError:
            raise _bad_encoding(body, error) from None
    _refuse_ambiguous(text, body)
    return text, "utf-8"


def _refuse_ambiguous(text: str, body: bytes) -> None:
    """Refuse text that is Latin letters as UTF-8 and nothing but Hangul as CP949 ("체크" reads as "üũ")."""
    if not _LATIN_EXTENDED.search(text) or _HANGUL.search(text):
        return
    try:
        korean = [char for char in body.decode("cp949") if not char.isascii()]
    except UnicodeDecodeError:
        return
    if korean and all(_HANGUL.match(char) for char in korean):
        raise Invalid(
            "encoding_ambiguous",
            _("The file reads as UTF-8 and as CP949; say which by ?encoding=utf-8 or ?encoding=cp949."),
        )


def _bad_encoding(body: bytes, error: UnicodeDecodeError) -> Invalid:
    line = body[: error.start].count(b"\n") + 1
    return Invalid(
        "bad_encoding", _("Line %(line)s is neither UTF-8 nor CP949; save the file as CSV UTF-8.") % {"line": line}
    )


def _refuse_bad_characters(text: str) -> None:
    found = _CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise Invalid("control_char", _("Line %(line)s holds a control character; remove it.") % {"line": line})
    if "\ufffd" in text:
        line = text.count("\n", 0, text.index("\ufffd")) + 1
        raise Invalid(
            "replacement_char",
            _("Line %(line)s holds a character that was lost in an earlier conversion.") % {"line": line},
        )
