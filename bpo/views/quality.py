"""The page of data quality."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bpo.queries.quality_page import quality_page
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import month_of
from vendors import clock
from vendors.actors import Capability
from vendors.calc.months import month_after, month_before

SPAN = timedelta(days=31)


@require_safe
@page_for(Capability.READ_FIGURES)
def quality(request: PageRequest) -> HttpResponse:
    """Show the quality of the figures of the last 31 days, or of one month (``?month=2026-10&vendor=``)."""
    now = clock.now()
    today = clock.local_date(now, settings.TIME_ZONE)
    month = month_of(request.GET.get("month", ""))
    end = month_after(month) if month else today + timedelta(days=1)
    page = quality_page(
        request.actor,
        start=month or end - SPAN,
        end=end,
        vendor=request.GET.get("vendor", ""),
        today=today,
        now=now,
    )
    around = month or today.replace(day=1)
    context = {
        "page": page,
        "month": month,
        "previous": month_before(around) if month else around,
        "following": month_after(around),
    }
    return render(request, "bpo/quality.html", context)
