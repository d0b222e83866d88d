"""The blank form of a contract, to be filled in with a spreadsheet and uploaded."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from bpo.queries.submit_pages import contracts_to_submit
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import month_of
from kpis.media_types import XLSX
from kpis.queries.contract_form import contract_form, is_for_vendor
from kpis.reports.blank_form import blank_form, file_name
from vendors import clock
from vendors.actors import Capability
from vendors.calc.months import month_after
from vendors.errors import Invalid

ZONE = "Asia/Seoul"


@require_safe
@page_for(Capability.SUBMIT)
def blank(request: PageRequest) -> HttpResponse:
    """Answer the form of ``?contract=`` for ``?month=2026-11`` as a workbook; of its total with ``&grain=month``."""
    now = clock.now()
    today = clock.local_date(now, ZONE)
    code = request.GET.get("contract", "")
    contract = next((row for row in contracts_to_submit(request.actor, today) if row.code == code), None)
    if contract is None:
        raise Http404
    first = month_of(request.GET.get("month", "")) or today.replace(day=1)
    of_month = request.GET.get("grain") == "month"
    last = month_after(first) - timedelta(days=1)
    form = contract_form(contract, last, now=now, for_vendor=is_for_vendor(request.actor, contract))
    try:
        content = blank_form(form, first, last, of_month=of_month)
    except Invalid as error:
        messages.warning(request, str(error.detail))
        return redirect("bpo:submit")
    return workbook(content, file_name(form, first, last, of_month=of_month))


def workbook(content: bytes, name: str) -> HttpResponse:
    """Return a workbook to be saved."""
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
