"""The blank form of a contract as a workbook (제출 양식): its queues, open days or month, measures, and nothing else.

The code of every column stands in brackets below its name, so that the filled form is read like any other file.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name

from kpis.queries.contract_form import ContractForm, FormMeasure, FormQueue
from kpis.queries.spans import ONE_DAY
from kpis.services.feed.numbers import LARGEST
from kpis.services.submissions import MOST_ROWS
from vendors.errors import Invalid

_KEYS = 3


def blank_form(form: ContractForm, first: date, last: date, *, of_month: bool = False) -> bytes:
    """Return the workbook with one row for each open queue-day from ``first`` to ``last``.

    ``of_month`` asks for the month of ``first`` as totals instead: one row for each queue. Raises Invalid
    ``empty_form`` where the contract asks for nothing in these days, ``too_many_rows`` beyond one submission's rows.
    """
    rows = list(_month_rows(form, first, last) if of_month else _rows(form, first, last))
    if not rows:
        raise Invalid("empty_form", _("The contract asks for no figures in these days: no target, or no open queue."))
    if len(rows) > MOST_ROWS:
        text = _("These days make a form of %(given)s rows; choose at most %(most)s.")
        raise Invalid("too_many_rows", text % {"given": f"{len(rows):,}", "most": f"{MOST_ROWS:,}"})
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"title": form.contract.name, "subject": f"{first} – {last}"})
        # The same form is the same file: what is in it decides, not when it was made.
        book.set_properties({"created": datetime.combine(first, time())})
        formats = _Formats(book)
        _write_figures(book, formats, form, rows, of_month=of_month)
        _write_guide(book, formats, form, of_month=of_month)
    return file.getvalue()


def file_name(form: ContractForm, first: date, last: date, *, of_month: bool = False) -> str:
    """Return a name that says whose form it is: ``hanbit_20261101-20261130.xlsx``, or ``hanbit_202611.xlsx``."""
    if of_month:
        return f"{form.contract.code}_{first:%Y%m}.xlsx"
    return f"{form.contract.code}_{first:%Y%m%d}-{last:%Y%m%d}.xlsx"


def _rows(form: ContractForm, first: date, last: date) -> Iterable[tuple[date, FormQueue]]:
    days = (first + timedelta(days=number) for number in range((last - first + ONE_DAY).days))
    return ((day, queue) for day in days for queue in form.queues if queue.is_open(day))


def _month_rows(form: ContractForm, first: date, last: date) -> Iterable[tuple[date, FormQueue]]:
    return ((first, queue) for queue in form.queues if queue.is_open_in(first, last))


class _Formats:
    """How cells look."""

    def __init__(self, book: Any) -> None:
        font = {"font_name": "맑은 고딕", "font_size": 10}
        head = {"text_wrap": True, "valign": "vcenter", "align": "center", "bg_color": "#E3F0F2", "border": 1}
        edge = {"border": 1, "border_color": "#DCDFDB"}
        self.head = book.add_format({**font, **head, "bold": True, "border_color": "#868F96"})
        self.bold = book.add_format({**font, "bold": True})
        self.code = book.add_format({**font, "font_size": 8, "font_color": "#545E68"})
        self.date = book.add_format({**font, **edge, "num_format": "yyyy-mm-dd", "align": "left"})
        self.text = book.add_format({**font, **edge, "num_format": "@"})
        self.soft = book.add_format({**font, **edge, "font_color": "#545E68"})
        self.whole = book.add_format({**font, **edge, "num_format": "#,##0", "locked": False})
        self.decimal = book.add_format({**font, **edge, "num_format": "#,##0.######", "locked": False})
        self.closed = book.add_format({**font, **edge, "bg_color": "#EBEDEA", "pattern": 1})
        self.title = book.add_format({**font, "bold": True, "font_size": 14})
        self.wrap = book.add_format({**font, "text_wrap": True, "valign": "top"})


def _write_figures(
    book: Any, formats: _Formats, form: ContractForm, rows: list[tuple[date, FormQueue]], *, of_month: bool
) -> None:
    sheet = book.add_worksheet(_("Figures"))
    keys = (
        (_("Month"), "month") if of_month else (_("Date"), "date"),
        (_("Queue"), "queue"),
        (_("Name"), "queue_name"),
    )
    for column, (label, code) in enumerate(keys):
        _heading(sheet, formats, column, label, code)
    for column, measure in enumerate(form.columns, start=_KEYS):
        _heading(sheet, formats, column, measure.label, measure.code)
        sheet.write_comment(0, column, _note(measure), {"x_scale": 2, "y_scale": 1.6})
    for number, (day, queue) in enumerate(rows, start=1):
        if of_month:
            sheet.write_string(number, 0, f"{day:%Y-%m}", formats.text)
        else:
            sheet.write_datetime(number, 0, datetime.combine(day, time()), formats.date)
        _write_row(sheet, formats, form, number, queue)
    _validate(sheet, form, len(rows))
    sheet.set_row(0, 44)
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 24)
    sheet.set_column(2, 2, 18)
    sheet.set_column(_KEYS, _KEYS + len(form.columns) - 1, 15)
    sheet.freeze_panes(1, _KEYS)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _heading(sheet: Any, formats: _Formats, column: int, label: str, code: str) -> None:
    sheet.write_rich_string(0, column, formats.bold, label, formats.code, f"\n[{code}]", formats.head)


def _write_row(sheet: Any, formats: _Formats, form: ContractForm, number: int, queue: FormQueue) -> None:
    sheet.write_string(number, 1, queue.code, formats.text)
    sheet.write_string(number, 2, queue.name, formats.soft)
    for column, measure in enumerate(form.columns, start=_KEYS):
        style = formats.whole if measure.is_whole else formats.decimal
        sheet.write_blank(number, column, None, style if measure.code in queue.measures else formats.closed)


def _note(measure: FormMeasure) -> str:
    """Say what a column is for: its unit, and the KPIs that are computed from it with their definitions."""
    lines = [f"{measure.label} ({measure.code}, {measure.unit})"]
    lines += [f"· {kpi.label}: {kpi.meaning}" if kpi.meaning else f"· {kpi.label}" for kpi in measure.kpis]
    return "\n".join(lines)[:2000]


def _validate(sheet: Any, form: ContractForm, rows: int) -> None:
    """Let the sheet itself refuse what the service would: a queue of another contract, a figure that is none."""
    codes = [queue.code for queue in form.queues]
    if len(",".join(codes)) <= 255:
        sheet.data_validation(1, 1, rows, 1, {"validate": "list", "source": codes})
    for column, measure in enumerate(form.columns, start=_KEYS):
        rule = {
            "validate": "integer" if measure.is_whole else "decimal",
            "criteria": "between",
            "minimum": 0,
            "maximum": LARGEST,
            "error_title": measure.label[:32],
            "error_message": (_("A whole number from 0") if measure.is_whole else _("A number from 0")),
        }
        sheet.data_validation(1, column, rows, column, rule)
    sheet.autofilter(f"A1:{xl_col_to_name(_KEYS + len(form.columns) - 1)}{rows + 1}")


def _write_guide(book: Any, formats: _Formats, form: ContractForm, *, of_month: bool) -> None:
    sheet = book.add_worksheet(_("Guide"))
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 30)
    sheet.set_column(2, 2, 10)
    sheet.set_column(3, 3, 90)
    sheet.write(0, 0, f"{form.contract.vendor.label} · {form.contract.name}", formats.title)
    hints = (
        _("Fill in one row for each queue: the total of its month, once the month is over; no days of it beside.")
        if of_month
        else _("Fill in one row for each queue and day, and upload the file as it is."),
        _("Leave blank what is not reported: a blank is neither 0 nor 100. Thousands separators may stay."),
        _("Grey cells are not asked of that queue. Rows without any figure are passed over."),
        _("Do not change the codes in brackets: the columns are read by them."),
    )
    for number, hint in enumerate(hints, start=2):
        sheet.write(number, 0, hint)
    top = len(hints) + 3
    for column, label in enumerate((_("Measure"), _("Code"), _("Unit"), _("What it is used for"))):
        sheet.write(top, column, label, formats.head)
    for number, measure in enumerate(form.columns, start=top + 1):
        used = "\n".join(_note(measure).split("\n")[1:])
        for column, text in enumerate((measure.label, measure.code, measure.unit, used)):
            sheet.write_string(number, column, text, formats.wrap)
