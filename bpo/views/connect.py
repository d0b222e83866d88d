"""The page for integrators: from a key to the first accepted day."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bpo.queries.connecting import connection
from bpo.views.access import PageRequest, page_for
from kpis.services.submissions import MOST_FILE_ROWS, MOST_ROWS
from vendors import clock
from vendors.actors import Capability


@require_safe
@page_for(Capability.SUBMIT)
def connect(request: PageRequest) -> HttpResponse:
    """Show requests to copy, filled with the reader's own queue and measures, and the limits."""
    context = {
        "connection": connection(request.actor, request.build_absolute_uri("/api/v1/"), clock.now()),
        "may_make_keys": request.actor.may(Capability.MANAGE_KEYS),
        "limits": {
            "requests": settings.REQUESTS_PER_MINUTE,
            "rows_a_day": settings.ROWS_PER_DAY,
            "rows": MOST_ROWS,
            "file_rows": MOST_FILE_ROWS,
        },
    }
    return render(request, "bpo/connect.html", context)
