"""Vendors side by side."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bpo.queries.compare import comparison
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import month_of
from vendors import clock
from vendors.actors import Capability
from vendors.kept import kept_page


@require_safe
@page_for(Capability.READ_RESULTS)
@kept_page
def compare(request: PageRequest) -> HttpResponse:
    """Show vendors on the same KPI (``?kpi=&service=&month=2026-10``); somebody of one vendor sees itself."""
    page = comparison(
        request.actor,
        kpi=request.GET.get("kpi", ""),
        service=request.GET.get("service"),
        month=month_of(request.GET.get("month", "")),
        now=clock.now(),
    )
    return render(request, "bpo/compare.html", {"page": page})
