"""Where one arrives: what waits for oneself, or for an executive the programme at a glance."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from bpo.queries.today import today_page
from bpo.queries.tour import is_demonstration
from bpo.views.access import PageRequest, page_for
from vendors import clock
from vendors.choices import Role


@require_safe
@page_for()
def today(request: PageRequest) -> HttpResponse:
    """Show what waits for the reader, by role, and nothing else."""
    now = clock.now()
    day = clock.local_date(now, settings.TIME_ZONE)
    context = {"tasks": today_page(request.actor, now=now), "today": day, "has_tour": is_demonstration(request.actor)}
    return render(request, "bpo/today.html", context)


@require_safe
@page_for()
def home(request: PageRequest) -> HttpResponse:
    """Lead to the page of the reader's work: an executive reads, everybody else has something to do."""
    roles = {grant.role for grant in request.actor.grants}
    return redirect("bpo:overview" if roles and roles <= {Role.EXECUTIVE, Role.ANALYST} else "bpo:today")
