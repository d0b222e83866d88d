"""A month of invented figures as a workbook, to try the way in with: a contract's form, or one sheet for all."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from bpo.services.demonstration.figures import sample_of
from kpis.queries.contract_form import ContractForm, FormMeasure
from kpis.queries.spans import ONE_DAY
from vendors.choices import Channel

BASE = 400


def sample_workbook(forms: Sequence[ContractForm], first: date, last: date, *, in_words: bool) -> bytes | None:
    """Return the workbook, its title saying that it is invented; None where no queue of the contracts is simulated.

    Queues and measures stand there by their codes, as in the blank form, or ``in_words``: vendor and service.
    """
    measures = {code: measure for form in forms for code, measure in form.measures.items()}
    rows = [
        [*(_in_words if in_words else _by_code)(form, queue), day.isoformat(), *map(figures.get, measures)]
        for form, queue, day, figures in _figures(forms, first, last)
    ]
    if not rows:
        return None
    keys = [_("Vendor"), _("Service"), _("Date")] if in_words else ["queue", "date"]
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": _("Invented figures"), "created": datetime.combine(first, time())})
        sheet = book.add_worksheet(_("Invented figures"))
        sheet.freeze_panes(1, len(keys))
        sheet.set_column(0, len(keys) + len(measures) - 1, 18)
        sheet.write_row(0, 0, [*keys, *(_heading(measure, in_words) for measure in measures.values())])
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def _figures(forms: Sequence[ContractForm], first: date, last: date) -> Iterator[tuple[ContractForm, Any, date, Any]]:
    """Yield each open day of each simulated queue, with what its contract asks for of it."""
    days = [first + timedelta(days=number) for number in range((last - first + ONE_DAY).days)]
    for form in forms:
        for day in days:
            for queue in form.queues:
                found = sample_of(Channel(queue.span.channel), queue.code, day, BASE) if queue.is_open(day) else None
                if found:
                    yield form, queue, day, {code: found[code] for code in queue.measures if code in found}


def _in_words(form: ContractForm, queue: Any) -> list[str]:
    return [form.contract.vendor.label, queue.name]


def _by_code(_form: ContractForm, queue: Any) -> list[str]:
    return [queue.code]


def _heading(measure: FormMeasure, in_words: bool) -> str:
    return measure.label if in_words else f"{measure.label} [{measure.code}]"
