"""The page of month ends: closing a month, and opening it again."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bpo.queries.closing_page import closing_page
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import month_of
from kpis.services import closing
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError


@require_safe
@page_for(Capability.READ_CONTRACTS)
def month_ends(request: PageRequest) -> HttpResponse:
    """Show how the month stands for each contract, with the dates of its calendar."""
    return _page(request, month_of(request.GET.get("month", "")))


@require_POST
@page_for(Capability.CLOSE_MONTHS)
def month_act(request: PageRequest, action: str) -> HttpResponse:
    """Close one contract's month or open it again; a refusal is shown on the page."""
    month = month_of(request.POST.get("month", ""))
    if month is None:
        raise BadRequest
    act: Any = closing.close_month if action == "close" else closing.reopen_month
    done = _("The month is closed.") if action == "close" else _("The month is open again.")
    about = {name: request.POST.get(name, "") for name in ("contract", "reason")}
    try:
        act(start=month, **about, actor=request.actor, now=clock.now())
    except DomainError as error:
        return _page(request, month, error=error, contract=about["contract"])
    messages.success(request, done)
    return HttpResponseRedirect(f"{reverse('bpo:month-ends')}?month={month:%Y-%m}")


def _page(
    request: PageRequest, month: date | None, error: DomainError | None = None, contract: str = ""
) -> HttpResponse:
    page = closing_page(request.actor, month=month, now=clock.now())
    context = {"page": page, "error": error, "error_contract": contract}
    return render(request, "bpo/month_ends.html", context, status=error.status if error else 200)
