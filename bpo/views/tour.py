"""The guided tour of the demonstration."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bpo.queries.tour import tour_of
from bpo.views.access import PageRequest, page_for


@require_safe
@page_for()
def tour(request: PageRequest) -> HttpResponse:
    """Show the stops of the reader's tour, or how to get a demonstration."""
    stops = [(stop, stop.numbered(number)) for number, stop in enumerate(tour_of(request.actor), start=1)]
    return render(request, "bpo/tour.html", {"stops": stops})
