"""Files of the API's own shape: ``queue,date,<measure>,…``, with the headings people write instead of codes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

from django.utils.translation import gettext as _

from kpis.imports.grids import Record, Workbook, too_many_rows
from kpis.imports.layouts import FeedRows
from kpis.imports.tables import Table, duplicate_column, table_of
from kpis.imports.words import TOTALS, plain
from kpis.models import Measure
from kpis.services.feed import wording
from kpis.services.feed.facts import FileSource
from kpis.services.feed.validation import is_agent_field
from kpis.services.submissions import MOST_FILE_ROWS
from vendors.errors import Invalid, RowError, Unprocessable

FIELDS = {
    "queue": ("queue", "queue_code", "업무그룹", "업무그룹코드", "큐", "큐코드"),
    "date": ("date", "day", "날짜", "일자", "기준일", "실적일"),
    "month": ("month", "월", "기준월", "실적월"),
}
IGNORED = "queue_name"
"""A column for people only: the queue is named by its code beside it."""
_ALL_FIELDS = {**FIELDS, IGNORED: ("queue_name", "업무그룹명", "업무그룹이름", "큐이름")}
_CODE_IN_HEADING = re.compile(r"\[([A-Za-z][A-Za-z0-9_]*)\]\s*\Z")
_ALIASES = {name: frozenset(plain(alias) for alias in aliases) for name, aliases in _ALL_FIELDS.items()}
EXCEL_ERRORS = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", "#GETTING_DATA", "#ERR!"}
)
_REPORT = "#report"
REPORT_HEADINGS = frozenset({"What to mend", "고칠 내용"})
"""The column of messages in an error report, which its sender may leave where it is."""
_MANGLED = re.compile(
    r"[0-9]{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|[0-9]+월 ?[0-9]+일"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}( .*)?|[0-9](\.[0-9]+)?e\+[0-9]+",
    re.I,
)


def rows_in(book: Workbook, sheet: str | None = None) -> FeedRows:
    """Return the rows of a file of the API's shape; raise as :func:`table_of` does, and Unprocessable."""
    return standard_rows(table_of(book, sheet=sheet, is_header=is_standard_header))


def is_standard_header(cells: Sequence[str]) -> bool:
    """Say whether a line names both the queue and the date (or the month), as headers of the API's shape do."""
    names = {plain(code[1] if (code := _CODE_IN_HEADING.search(cell)) else cell) for cell in cells}
    return not names.isdisjoint(_ALIASES["queue"]) and not names.isdisjoint(_ALIASES["date"] | _ALIASES["month"])


def standard_rows(table: Table, headings: Mapping[str, str] | None = None) -> FeedRows:
    """Return the rows of a table with the columns queue, date (or month) and measures; blank is not reported.

    ``headings`` are more headings, with the codes they stand for. Raises TooLarge ``too_many_rows``.
    """
    if len(table.records) > MOST_FILE_ROWS:
        raise too_many_rows()
    columns = _columns(table.header, headings or {}, table.line)
    is_blank_form = any(_CODE_IN_HEADING.search(heading) for heading in table.header)
    rows = TableRows(columns)
    errors = list(table.errors)
    for record in table.records:
        error = _not_a_row(columns, record.line, record.cells)
        if error:
            errors.append(error)
        elif not EXCEL_ERRORS.isdisjoint(record.cells):
            errors += _cell_errors(columns, record.line, record.cells)
        # The form has a row for every open day of its month; those not reached yet stay blank.
        elif not is_blank_form or rows.has_figures(record):
            rows.records.append(record)
    numbers = [record.line for record in rows.records]
    source = FileSource(warnings=tuple(table.warnings))
    return FeedRows(rows, numbers, errors, source=source, found=table.found)


class TableRows(Sequence[dict[str, Any]]):
    """Records of a table as rows for ``submit``, each made when it is asked for.

    Fifty thousand rows of thirty figures take several times the memory of their cells.
    """

    def __init__(self, columns: Sequence[str], records: Sequence[Record] = ()) -> None:
        places = {name: place for place, name in enumerate(columns)}
        self.columns = columns
        self.records = list(records)
        self._fields = [(name, places[name]) for name in FIELDS if name in places]
        self._measures = [(name, places[name]) for name in columns if name not in (*FIELDS, "", _REPORT, IGNORED)]

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, place: slice) -> TableRows: ...

    def __getitem__(self, place: int | slice) -> dict[str, Any] | TableRows:
        if isinstance(place, slice):
            return TableRows(self.columns, self.records[place])
        return self._row(self.records[place].cells)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self._row(record.cells) for record in self.records)

    def has_figures(self, record: Record) -> bool:
        """Say whether a record holds a figure of any measure."""
        return any(record.cells[place] for _name, place in self._measures)

    def _row(self, cells: Sequence[str]) -> dict[str, Any]:
        row: dict[str, Any] = {name: cells[place] for name, place in self._fields if cells[place]}
        row["measures"] = {name: cells[place] for name, place in self._measures if cells[place]}
        return row


def _columns(header: list[str], headings: Mapping[str, str], line: int) -> list[str]:
    """Return what each column holds: a field of the row or a measure's code."""
    known = {**_known_headings(), **{plain(heading): code for heading, code in headings.items()}}
    columns = _named(header, known)
    for name in columns:
        if name and columns.count(name) > 1:
            raise duplicate_column(name, line)
    missing = [name for name in ("queue", "date") if name not in columns]
    if missing == ["date"] and "month" in columns:
        missing = []
    if missing:
        errors = [
            RowError(code="missing_column", detail=_missing(name, line), field=name, row=line) for name in missing
        ]
        raise Invalid("missing_column", errors[0].detail, errors)
    _refuse_unknown(columns, {*known.values(), _REPORT}, line)
    return columns


def column_fields(header: Sequence[str]) -> list[str]:
    """Return what each column holds, as far as it is known: a field of the row, a measure's code, or its heading."""
    return _named(header, _known_headings())


def is_report_heading(heading: str) -> bool:
    """Say whether a column holds the messages of an error report."""
    return heading.partition("\n")[0] in REPORT_HEADINGS


def _named(header: Sequence[str], known: Mapping[str, str]) -> list[str]:
    return [_REPORT if is_report_heading(name) else _meaning(name, known) for name in header]


def _meaning(heading: str, known: Mapping[str, str]) -> str:
    """Return what a heading stands for: itself, or the code in brackets behind it, as the blank form has it."""
    code = _CODE_IN_HEADING.search(heading)
    return known.get(plain(heading)) or (known.get(plain(code[1])) if code else None) or heading


def has_heading(cells: Iterable[str], headings: Mapping[str, str]) -> bool:
    """Say whether any of the cells is a heading that some column of the feed may have."""
    known = {**_known_headings(), **{plain(heading): code for heading, code in headings.items()}}
    meanings = set(known.values())
    return any(_meaning(cell.strip(), known) in meanings for cell in cells)


def _known_headings() -> Mapping[str, str]:
    measures = list(Measure.objects.values_list("code", "name", "name_ko"))
    headings = _without_brackets(measures)
    headings |= {plain(name): code for code, *names in measures for name in names if name}
    headings |= {plain(code): code for code, *_names in measures}
    return headings | {plain(alias): field for field, aliases in _ALL_FIELDS.items() for alias in aliases}


def _without_brackets(measures: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Return names without the brackets that explain them at their end, as people write them; of one measure each."""
    found: dict[str, set[str]] = defaultdict(set)
    for code, *names in measures:
        for name in names:
            if name.endswith(")"):
                found[plain(name.partition("(")[0])].add(code)
    return {word: codes.pop() for word, codes in found.items() if word and len(codes) == 1}


def _missing(name: str, line: int) -> str:
    if line > 1:
        text = _("The header on line %(line)s has no column “%(name)s”; it reads queue,date,<measure>,…")
        return text % {"line": line, "name": name}
    return _("The column “%(name)s” is missing; the header reads queue,date,<measure>,…") % {"name": name}


def _refuse_unknown(columns: list[str], known: set[str], line: int) -> None:
    errors = []
    for place, name in enumerate(columns, start=1):
        shown = wording.cut(name or f"#{place}")
        if name in known:
            continue
        if is_agent_field(name):
            errors.append(RowError(code="agent_field", detail=wording.agent_field(), field=shown, row=line))
        else:
            text = wording.unknown("measure", shown, sorted(known))
            errors.append(RowError(code="unknown_measure", detail=text, field=shown, row=line))
    if errors:
        raise Unprocessable("invalid_rows", _("The header has columns that are no measures."), errors)


def _not_a_row(columns: list[str], line: int, cells: list[str]) -> RowError | None:
    keys = [cell for name, cell in zip(columns, cells, strict=True) if name in FIELDS]
    if any(plain(cell) in TOTALS for cell in keys):
        return RowError(code="total_row", detail=_("This line is a total; remove it."), row=line)
    queue = cells[columns.index("queue")]
    if _MANGLED.fullmatch(queue):
        text = _("“%(code)s” looks like a code a spreadsheet turned into a date or number; format the column as text.")
        return RowError(code="excel_mangled_code", detail=text % {"code": queue}, field="queue", row=line)
    return None


def _cell_errors(columns: list[str], line: int, cells: list[str]) -> list[RowError]:
    text = _("The cell shows %(error)s; mend its formula, or leave it blank where nothing is to be reported.")
    return [
        RowError(code="cell_error", detail=text % {"error": cell}, field=name or None, row=line)
        for name, cell in zip(columns, cells, strict=True)
        if cell in EXCEL_ERRORS
    ]
