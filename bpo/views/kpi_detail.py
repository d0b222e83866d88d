"""One KPI of a contract in a month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bpo.queries.kpi_page import kpi_page, series_for
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import FIRST_YEAR, LAST_YEAR, month_of
from kpis.calc.periods import Period
from vendors import clock
from vendors.actors import Capability
from vendors.kept import kept_page

MONDAY = date(2026, 1, 5)
"""Any one: only the names of the weekdays are read off it."""


@require_safe
@page_for(Capability.READ_RESULTS)
@kept_page
def kpi_detail(request: PageRequest, code: str) -> HttpResponse:
    """Show a KPI's days (``?contract=&queue=&month=2026-10``); where nothing is agreed, say so."""
    series = series_for(request.actor, code, request.GET.get("contract", ""), request.GET.get("queue", ""))
    if series is None:
        raise Http404
    month = month_of(request.GET.get("month", ""))
    page = kpi_page(series, month, request.actor, now=clock.now())
    context: dict[str, Any] = {"series": series, "page": page, "month": month}
    if page:
        context["month"] = page.period.start
        context["previous"], context["following"] = (
            _beside(request, one) for one in (page.period.previous(), page.period.next())
        )
        context["splits"] = [(_("Queue"), page.queues), (_("Channel"), page.channels), (_("Vendor"), page.vendors)]
        context["week"] = [MONDAY + timedelta(days=number) for number in range(7)]
        context["reads_figures"] = request.actor.may(Capability.READ_FIGURES)
    return render(request, "bpo/kpi_detail.html", context)


def _beside(request: PageRequest, period: Period) -> dict[str, Any] | None:
    if not FIRST_YEAR < period.start.year < LAST_YEAR:
        return None
    query = QueryDict(mutable=True)
    query.update({name: request.GET[name] for name in ("contract", "queue") if request.GET.get(name)})
    query["month"] = f"{period.start:%Y-%m}"
    return {"month": period.start, "query": query.urlencode()}
