"""The pages of alerts: the inbox by vendor and day, and one alert with its facts, its history and its steps."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bpo.choices import AlertKind, AlertSeverity
from bpo.models import Alert
from bpo.queries.alert_pages import STATUSES, alert_page, inbox
from bpo.queries.alerts import alerts_for
from bpo.services import alerts as services
from bpo.views.access import PageRequest, page_for
from bpo.views.alert_steps import KINDS, make_step, may_acknowledge, steps_for, take
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError

MOST_AT_ONCE = 200


@require_safe
@page_for(Capability.READ_ALERTS)
def alert_list(request: PageRequest) -> HttpResponse:
    """Show what waits, by vendor and day, or what was chosen."""
    page = inbox(request.actor, request.GET, partial(may_acknowledge, actor=request.actor))
    choices = {"statuses": STATUSES, "severities": AlertSeverity.choices, "kinds": AlertKind.choices}
    return render(request, "bpo/alert_list.html", {"page": page, **choices})


@require_safe
@page_for(Capability.READ_ALERTS)
def alert_detail(request: PageRequest, pk: int) -> HttpResponse:
    """Show one alert."""
    return _answer(request, _found(request, pk))


@page_for(Capability.READ_ALERTS)
def alert_step(request: PageRequest, pk: int, action: str) -> HttpResponse:
    """Take a step; what was wrong is shown at the form."""
    kind = KINDS.get(action)
    if kind is None:
        raise Http404
    found = _found(request, pk)
    if request.method != "POST":
        return redirect("bpo:alert-detail", pk=pk)
    step = make_step(kind, found, request.actor, request.POST)
    if not take(step, found, actor=request.actor, now=clock.now()):
        return _answer(request, _found(request, pk), step)
    messages.success(request, str(kind.done))
    return redirect("bpo:alert-list") if "from_list" in request.POST else redirect("bpo:alert-detail", pk=pk)


@require_POST
@page_for(Capability.ACKNOWLEDGE_ALERTS)
def acknowledge_many(request: PageRequest) -> HttpResponse:
    """Say of several alerts that they were seen; what somebody took further meanwhile stays as it is."""
    numbers = {int(text) for text in request.POST.getlist("alert")[:MOST_AT_ONCE] if text.isdecimal()}
    done = 0
    for number in sorted(numbers):
        try:
            services.acknowledge(number, actor=request.actor, now=clock.now())
            done += 1
        except DomainError:
            continue
    messages.success(request, _("Seen: %(count)s.") % {"count": done})
    return redirect("bpo:alert-list")


def _found(request: PageRequest, pk: int) -> Alert:
    found: Alert | None = alerts_for(request.actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _answer(request: PageRequest, alert: Alert, refused: Any = None) -> HttpResponse:
    steps = steps_for(alert, request.actor)
    if refused is not None:
        steps = [refused if step.kind is refused.kind else step for step in steps]
        steps = steps if refused in steps else [refused, *steps]
    context = {
        "page": alert_page(alert, request.actor),
        "alert": alert,
        "steps": steps,
        "may_propose": alert.contract_id is not None and request.actor.may(Capability.PROPOSE_PLANS, alert.vendor_id),
    }
    status = 200 if refused is None else refused.error.status if refused.error else 400
    return render(request, "bpo/alert_detail.html", context, status=status)
