"""A month of invented figures for a contract, as a workbook in the form of its blank form: to try the way in with."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta

import xlsxwriter
from django.utils.translation import gettext as _

from bpo.services.demonstration.figures import sample_of
from kpis.queries.contract_form import ContractForm
from kpis.queries.spans import ONE_DAY
from vendors.choices import Channel

BASE = 400


def sample_workbook(form: ContractForm, first: date, last: date) -> bytes | None:
    """Return the workbook, its title saying that it is invented; None where no queue of the contract is simulated."""
    days = [first + timedelta(days=number) for number in range((last - first + ONE_DAY).days)]
    codes = list(form.measures)
    rows = [
        [queue.code, day.isoformat(), *(figures.get(code) if code in queue.measures else None for code in codes)]
        for day in days
        for queue in form.queues
        if queue.is_open(day) and (figures := sample_of(Channel(queue.span.channel), queue.code, day, BASE))
    ]
    if not rows:
        return None
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": _("Invented figures"), "created": datetime.combine(first, time())})
        sheet = book.add_worksheet(_("Invented figures"))
        sheet.freeze_panes(1, 2)
        sheet.set_column(0, 1 + len(codes), 18)
        headings = [f"{measure.label} [{code}]" for code, measure in form.measures.items()]
        sheet.write_row(
            0, 0, ["queue", "date", *(f"{name} [{code}]" for name, code in zip(headings, codes, strict=True))]
        )
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, row)
    return file.getvalue()
