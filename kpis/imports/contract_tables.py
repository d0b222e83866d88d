"""What people type or paste for one contract becomes rows: with the words of its form, not only with codes.

Here, and not in files, numbers may be grouped (1,204), a queue called by its name, and a date begin with its
year in any of the ways a spreadsheet shows it; each of these can be read in one way only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from kpis.imports.grids import Record
from kpis.imports.layouts import FeedRows
from kpis.imports.rows import has_heading, plain, standard_rows
from kpis.imports.tables import Table, read_table
from kpis.queries.contract_form import ContractForm
from vendors.errors import Invalid

_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_YEAR_FIRST = re.compile(
    r"(20[0-9]{2}) ?[-./년] ?([0-9]{1,2}) ?[-./월] ?([0-9]{1,2}) ?[.일]?( ?\(?[월화수목금토일]\)?)?"
)


def read_paste(text: str, form: ContractForm) -> FeedRows:
    """Read a table pasted from a spreadsheet: with a header of codes or names, or in the form's own order.

    Raises Invalid with the codes of :func:`kpis.imports.tables.read_table` and ``column_count``.
    """
    if not text.strip():
        raise Invalid("empty_batch", _("There is nothing in it: copy the cells of your sheet and paste them here."))
    table = _with_header(text, form)
    found = standard_rows(table, headings(form))
    queues = _queue_codes(form)
    return replace(found, rows=[_tidied(row, queues) for row in found.rows])


def headings(form: ContractForm) -> dict[str, str]:
    """Return the labels of the form with the codes they stand for: an agreed threshold is part of a label."""
    return {measure.label: code for code, measure in form.measures.items()}


def _with_header(text: str, form: ContractForm) -> Table:
    lines = text.strip("\r\n").replace("\r\n", "\n")
    delimiter = "\t" if "\t" in lines else ","
    first = lines.split("\n", 1)[0].split(delimiter)
    if has_heading(first, headings(form)):
        return read_table(lines.encode(), delimiter=delimiter)
    header = _own_header(first, form)
    table = read_table(f"{delimiter.join(header)}\n{lines}".encode(), delimiter=delimiter)
    # People count the lines they pasted, and the header is ours.
    records = [Record(record.line - 1, record.cells) for record in table.records]
    return replace(table, records=records)


def _own_header(cells: list[str], form: ContractForm) -> list[str]:
    """Return the header a table without one has: date and queue in either order, then the form's measures."""
    codes = list(form.measures)
    begins_with_date = bool(_YEAR_FIRST.fullmatch(cells[0].strip()))
    before = ["date", "queue"] if begins_with_date else ["queue", "date"]
    if len(cells) == len(codes) + 2:
        return [*before, *codes]
    shown = ", ".join([_("date"), _("queue"), *(measure.label for measure in form.columns)])
    raise Invalid(
        "column_count",
        _("A table without a header has %(wanted)s columns, in this order: %(columns)s. Yours has %(given)s.")
        % {"wanted": len(codes) + 2, "columns": shown, "given": len(cells)},
    )


def read_entry(values: Mapping[tuple[str, str], str], form: ContractForm, known: Mapping[str, Any]) -> FeedRows:
    """Read what was typed into the form of one day: ``{(queue, measure): text}``.

    A blank is not reported; it withdraws a value that ``known`` (measures by queue, as stored) has for the day.
    """
    rows: list[dict[str, object]] = []
    for queue in form.queues:
        typed = {code: values.get((queue.code, code), "").strip() for code in queue.measures}
        measures: dict[str, Any] = {code: _number(text) for code, text in typed.items() if text}
        measures |= {code: None for code, text in typed.items() if not text and code in known.get(queue.code, {})}
        if measures:
            rows.append({"queue": queue.code, "date": form.day.isoformat(), "measures": measures})
    return FeedRows(rows=rows, numbers=[])


def _tidied(row: dict[str, Any], queues: Mapping[str, str]) -> dict[str, Any]:
    tidy = dict(row)
    if isinstance(queue := row.get("queue"), str):
        tidy["queue"] = queues.get(plain(queue), queue)
    if isinstance(day := row.get("date"), str):
        tidy["date"] = _date(day)
    tidy["measures"] = {code: _number(cell) for code, cell in row["measures"].items()}
    return tidy


def _queue_codes(form: ContractForm) -> dict[str, str]:
    """Return the codes of the form's queues by name; a name that two of them share stands for none."""
    times = Counter(plain(queue.name) for queue in form.queues)
    return {name: queue.code for queue in form.queues if times[name := plain(queue.name)] == 1}


def _date(text: str) -> str:
    match = _YEAR_FIRST.fullmatch(text)
    return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}" if match else text


def _number(text: Any) -> Any:
    return text.replace(",", "") if isinstance(text, str) and _GROUPED.fullmatch(text) else text
