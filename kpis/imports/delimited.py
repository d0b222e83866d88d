"""A CSV text becomes records. Nothing is repaired, and the separator is guessed only where one alone fits."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _

from kpis.imports.grids import MOST_LINES, Record, too_many_rows
from vendors.errors import Invalid, RowError

LONGEST_CELL = 500
_MARGINS = " \t\u00a0"
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
LINES_BEFORE_HEADER = 20
_LINES_LOOKED_AT = 20


def read_records(text: str, delimiter: str | None = None, quote: str = '"') -> tuple[list[Record], str]:
    """Return the lines that hold something, and the separator they were read with.

    Raises Invalid with csv_syntax, too_long or delimiter, and TooLarge with too_many_rows.
    """
    used = delimiter or sniffed(text)
    records = []
    for record in _records(text, used, quote):
        if not any(record.cells):
            continue
        records.append(record)
        if len(records) > MOST_LINES:
            raise too_many_rows(MOST_LINES)
    return records, used


def sniffed(text: str) -> str:
    """Return the one separator that cuts the first lines into equally many fields.

    Lines above them that hold none are titles. Where several separators do, or the lines hold another one than the
    header, the sender must say: Invalid ``delimiter``.
    """
    text = _below_titles(text)
    lines = [line for line in text[:100_000].split("\n") if line.strip()][:2]
    present = [mark for mark in DELIMITERS.values() if lines and mark in lines[0]]
    fitting = [mark for mark in present if _fits(text, mark)] if len(present) > 1 else present
    if len(fitting) == 1 and _goes_on(fitting[0], lines[1:]):
        return fitting[0]
    if not present or (not fitting and "," in present):
        return ","
    raise Invalid(
        "delimiter",
        _("Several separators fit this file; say which by ?delimiter=comma, semicolon or tab."),
    )


def _below_titles(text: str) -> str:
    """Return the text from its first line on that holds a separator; all of it where none of the first does."""
    start = 0
    for line in islice(_lines(text), LINES_BEFORE_HEADER):
        if any(mark in line for mark in DELIMITERS.values()):
            return text[start:] if start else text
        start += len(line)
    return text


def _goes_on(mark: str, following: list[str]) -> bool:
    """Say whether the line below the header is not separated by something else."""
    others = set(DELIMITERS.values()) - {mark}
    return all(mark in line or others.isdisjoint(line) for line in following)


def _fits(text: str, mark: str) -> bool:
    try:
        lines = [len(record.cells) for record in islice(_records(text, mark), _LINES_LOOKED_AT) if any(record.cells)]
    except Invalid:
        return False
    return len(set(lines)) == 1 and lines[0] > 1


def _records(text: str, delimiter: str, quote: str = '"') -> Iterator[Record]:
    source = _lines(text)
    if quote:
        reader = csv.reader(source, delimiter=delimiter, quotechar=quote, strict=True)
    else:
        reader = csv.reader(source, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
    known: dict[str, str] = {}
    line = 1
    try:
        for cells in reader:
            # Figures repeat: one text for all cells that say the same takes a fraction of the memory.
            yield Record(line, [known.setdefault(cell, cell) for cell in map(_trim, cells)])
            line = reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error):
            raise too_long(line) from None
        text = _("Line %(line)s is not CSV: a quotation mark is not closed or stands inside a field.")
        raise _at(line, "csv_syntax", text) from None


def _lines(text: str) -> Iterator[str]:
    """Yield the lines with their ends, without a second copy of the text."""
    start = 0
    while (end := text.find("\n", start) + 1) > 0:
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _trim(cell: str) -> str:
    return cell.strip(_MARGINS)


def too_long(line: int) -> Invalid:
    """Return the refusal of a cell that is no heading, code or figure."""
    return _at(line, "too_long", _("Line %(line)s has a field of more than 500 characters."))


def _at(line: int, code: str, text: str) -> Invalid:
    filled = text % {"line": line}
    return Invalid(code, filled, [RowError(code=code, detail=filled, row=line)])
