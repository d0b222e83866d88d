"""A layout says how a foreign file becomes rows of the feed: which column is what, what is computed, what is left out.

README.md beside this module shows every member with examples. A layout that can be read at all is checked here;
whether it fits a file shows when the two meet (:mod:`kpis.imports.reading`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Literal

import msgspec
from django.utils.translation import gettext as _

from kpis.calc.formula import Formula, FormulaError, parse
from kpis.imports.cells import ORDERS
from kpis.imports.encodings import ACCEPTED
from kpis.services.feed.facts import FileSource
from vendors.errors import Invalid, RowError

Kind = Literal["number", "percent", "ratio", "duration", "hours_minutes", "day_fraction"]
FIELDS = ("queue", "date", "month")
MOST_BYTES = 64 * 1024
Comparison = Callable[[Any, Any], bool]
_OPERATORS: dict[str, Comparison] = {"=": eq, "!=": ne, "<=": le, ">=": ge, "<": lt, ">": gt}
_CONDITION = re.compile(r"(?P<left>[^<>=!]+)(?P<operator><=|>=|!=|=|<|>)(?P<right>[^<>=!]+)")
_WORD = re.compile(r"\[(?P<quoted>[^\[\]]+)\]|(?P<word>[^\W\d]\w*)")


@dataclass(slots=True)
class FeedRows:
    """Rows for ``submit``, their line numbers, and what was wrong with lines that are no rows.

    ``skipped`` are the lines that were left out, with why; ``source`` names the measures that were computed from a
    percentage or a mean instead of counted, and what the file gives cause to warn of. ``found`` is what the file was
    found to be: kind, encoding, delimiter, sheet.
    """

    rows: Sequence[dict[str, Any]]
    numbers: list[int]
    errors: list[RowError] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)
    source: FileSource = field(default_factory=FileSource)
    found: dict[str, str] = field(default_factory=dict)


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One column of a file. With ``of`` its cells are a share or a mean of that measure: the sum is derived.

    ``also`` are headings of other sheets under which the same stands, read alike; a line has but one of them.
    """

    heading: str
    kind: Kind = "number"
    of: str | None = None
    also: list[str] = []


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """How one kind of file is read. ``columns`` maps queue, date, month and measures to headings of the file.

    ``renamed`` says which measure a column's means at one queue, ``{"hanbit-chat": {"offered": "chat_offered"}}``
    (never one that another column holds there);
    ``named_by`` are headings whose cells name the queue together, such as those of the vendor and the service.
    ``fill_down`` has what is blank below a name or a day go on with it, as merged cells do;
    ``sheets`` are read together, each below its own header, as one table with a column of their names.
    ``date_formats`` are those of sheets whose days read otherwise than ``date_format`` says (blank: clear as they are);
    ``definitions`` reads nothing: it keeps what no file says, such as the seconds of a service level.
    """

    columns: dict[str, str | Column] = {}
    queue: str | None = None
    queues: dict[str, str] = {}
    named_by: list[str] = []
    renamed: dict[str, dict[str, str]] = {}
    constants: dict[str, int | str] = {}
    set: dict[str, str] = {}
    skip_when: str | list[str] | None = None
    shape: Literal["wide", "long", "matrix"] = "wide"
    across: Literal["date", "queue"] = "date"
    label: str | None = None
    value: str | None = None
    header_row: int | None = None
    header_rows: int = 1
    skip_rows: list[int] = []
    totals: list[str] | None = None
    fill_down: bool = False
    notes: tuple[str, ...] = ("※", "*", "주)", "주:", "注")
    blanks: list[str] = []
    date_format: str | None = None
    date_formats: dict[str, str] = {}
    year: int | None = None
    definitions: dict[str, str] = {}
    decimal: Literal[".", ","] = "."
    sheet: str | None = None
    sheets: list[str] = []
    delimiter: str = ","
    encoding: str | None = None
    quote: str = '"'

    @cached_property
    def by_code(self) -> dict[str, Column]:
        """The columns of the file by what they hold."""
        return {name: column if isinstance(column, Column) else Column(column) for name, column in self.columns.items()}

    @property
    def derived(self) -> tuple[str, ...]:
        """The measures that no one counted: sums made of a percentage or a mean."""
        codes = [code for code, column in self.by_code.items() if column.of is not None]
        return tuple(
            dict.fromkeys(
                [*codes, *(names[code] for names in self.renamed.values() for code in codes if code in names)]
            )
        )

    def as_document(self) -> dict[str, Any]:
        """Return the layout in JSON types, without what is as by default."""
        document: dict[str, Any] = msgspec.to_builtins(self)
        return document


@dataclass(frozen=True, slots=True)
class NamedFormula:
    """A formula over columns; ``names`` maps its placeholders to what they were written as."""

    formula: Formula
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Condition:
    """``calls_received = 0``: two formulas and how they are compared."""

    left: NamedFormula
    operator: Comparison
    right: NamedFormula


def read_layout(document: bytes | str | Any) -> Layout:
    """Read a layout from JSON text or JSON types; raise Invalid ``bad_layout`` with the place."""
    try:
        if isinstance(document, bytes | str):
            layout = msgspec.json.decode(document, type=Layout)
        else:
            layout = msgspec.convert(document, Layout)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError) as error:
        raise bad_layout(_("The layout cannot be read: %(error)s") % {"error": error}) from None
    _check(layout)
    return layout


def bad_layout(text: str, name: str = "mapping") -> Invalid:
    """Return the error of a layout that cannot work."""
    return Invalid("bad_layout", text, [RowError(code="bad_layout", detail=text, field=name)])


def _check(layout: Layout) -> None:
    for text in _faults(layout):
        raise bad_layout(text)
    for formula in layout.set.values():
        formula_of(formula)
    conditions_of(layout)
    _check_derived(layout)
    _check_renamed(layout)


def _faults(layout: Layout) -> Iterator[str]:
    if len(msgspec.json.encode(layout)) > MOST_BYTES:
        yield _("The layout is longer than 64 KiB.")
    if layout.shape == "long" and not (layout.label and layout.value):
        yield _("A long layout names the column of the measure (label) and that of the value (value).")
    is_dated = layout.shape == "matrix" and layout.across == "date"
    is_across = layout.shape == "matrix" and layout.across == "queue"
    if layout.queue is None and "queue" not in layout.columns and not layout.named_by and not is_across:
        yield _("The layout names no queue: give one, or the column that holds it.")
    if not {"date", "month"} & (layout.columns.keys() | layout.constants.keys()) and not is_dated:
        yield _("The layout names no date: give the column of the date or of the month.")
    yield from _faults_of_the_file(layout)
    formats = [text for text in (layout.date_format, *layout.date_formats.values()) if text]
    if any("%" not in text and text not in ORDERS for text in formats):
        yield _("The date format is one of %(choices)s, or written with %%Y, %%m and %%d.") % {
            "choices": ", ".join(ORDERS)
        }
    if layout.year is not None and not 1900 <= layout.year <= 2200:
        yield _("The year is given with four digits.")


def _faults_of_the_file(layout: Layout) -> Iterator[str]:
    if not 1 <= layout.header_rows <= 5 or (layout.header_row is not None and layout.header_row < 1):
        yield _("A header has one to five lines and begins at line 1 or below.")
    if layout.sheets and (layout.sheet or layout.header_row or layout.header_rows != 1 or layout.skip_rows):
        yield _("Of sheets that are read together each has its own header: give no sheet, header or lines to skip.")
    if layout.encoding is not None and layout.encoding not in ACCEPTED:
        yield _("The encoding is one of: %(choices)s.") % {"choices": ", ".join(ACCEPTED)}
    if len(layout.delimiter) != 1 or len(layout.quote) > 1 or layout.delimiter in ('"', "\n", "\r"):
        yield _("Separator and quotation mark are one character each.")


def _check_derived(layout: Layout) -> None:
    """Refuse a share of something the layout does not give, and shares that lead back to themselves."""
    given = layout.by_code.keys() | layout.set.keys() | layout.constants.keys()
    for code, column in layout.by_code.items():
        seen, of = {code}, column.of
        if column.kind in ("percent", "ratio") and of is None:
            text = _("“%(code)s” is a percentage: name the measure it is a share of (of).")
            raise bad_layout(text % {"code": code}, code)
        while of is not None:
            if of not in given or of in seen:
                text = _(
                    "“%(heading)s” is a share or a mean: choose the column of its number (%(of)s), or leave it out."
                )
                raise bad_layout(text % {"heading": column.heading, "of": of}, code)
            seen.add(of)
            of = layout.by_code[of].of if of in layout.by_code else None


def _check_renamed(layout: Layout) -> None:
    """Refuse words by which two columns would hold one measure of a queue: one of the two would be lost."""
    given = (layout.by_code.keys() | layout.set.keys() | layout.constants.keys()) - set(FIELDS)
    for queue, names in layout.renamed.items():
        held = Counter(names.get(code, code) for code in given)
        code, number = held.most_common(1)[0] if held else ("", 0)
        if number > 1:
            text = _("At “%(queue)s” two columns would hold “%(code)s”: call one of them otherwise.")
            raise bad_layout(text % {"queue": queue, "code": code}, f"renamed.{queue}")


def formula_of(text: str) -> NamedFormula:
    """Read a formula over columns, named by their identifiers, in Korean as they are, or in square brackets."""
    names: dict[str, str] = {}

    def placed(match: re.Match[str]) -> str:
        written = match["quoted"] or match["word"]
        if match["word"] and written.isascii():
            names[written] = written
            return written
        name = f"column_{len(names)}"
        names[name] = written
        return name

    try:
        return NamedFormula(parse(_WORD.sub(placed, text)), names)
    except FormulaError as error:
        filling = {"formula": text[:100], "code": error.code, "position": error.position}
        detail = _("The formula “%(formula)s” cannot be read: %(code)s at %(position)s.") % filling
        raise bad_layout(detail) from None


def conditions_of(layout: Layout) -> list[Condition]:
    """Read the conditions under which a line is no report; any one of them is enough."""
    given = layout.skip_when or []
    return [_condition(text) for text in ([given] if isinstance(given, str) else given)]


def _condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise bad_layout(_("A condition reads like: calls_received = 0"))
    left, right = (formula_of(match[side].strip()) for side in ("left", "right"))
    return Condition(left, _OPERATORS[match["operator"]], right)


def identifier(heading: str) -> str:
    """Return a heading as formulas name it: lower case, ``_`` for what is no letter or digit."""
    return re.sub(r"\W+", "_", heading.lower()).strip("_")
