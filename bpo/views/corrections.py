"""The pages of correction requests: the list, and one request with its effect and its decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from bpo.choices import CorrectionStatus
from bpo.models import CorrectionRequest
from bpo.queries.corrections import named_changes, open_first, requests_for, versions_of_month
from bpo.services import corrections
from bpo.services.corrections.deciding import is_own
from bpo.views.access import PageRequest, page_for
from bpo.views.correction_steps import KINDS, make_step, steps_for, take
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError

MOST_LISTED = 200


@require_safe
@page_for(Capability.READ_CORRECTIONS)
def correction_list(request: PageRequest) -> HttpResponse:
    """Show the requests, the open ones first."""
    status = request.GET.get("status", "")
    rows = requests_for(request.actor)
    if status in CorrectionStatus.values:
        rows = rows.filter(status=status)
    found = list(open_first(rows)[: MOST_LISTED + 1])
    context = {
        "requests": found[:MOST_LISTED],
        "is_cut": len(found) > MOST_LISTED,
        "statuses": CorrectionStatus.choices,
        "status": status,
        "may_file": request.actor.may(Capability.REQUEST_CORRECTIONS),
    }
    return render(request, "bpo/correction_list.html", context)


@require_safe
@page_for(Capability.READ_CORRECTIONS)
def correction_detail(request: PageRequest, pk: int) -> HttpResponse:
    """Show one request: old and new values, what they do to the points, and the decision."""
    return _answer(request, _found(request, pk))


@page_for(Capability.READ_CORRECTIONS)
def correction_step(request: PageRequest, pk: int, action: str) -> HttpResponse:
    """Decide a request, or take it back; what was wrong is shown at the form."""
    kind = KINDS.get(action)
    if kind is None:
        raise Http404
    found = _found(request, pk)
    if request.method != "POST":
        return redirect("bpo:correction-detail", pk=pk)
    step = make_step(kind, found, request.POST)
    if not take(step, found, actor=request.actor, now=clock.now()):
        return _answer(request, _found(request, pk), step)
    wake_up()
    messages.success(request, str(kind.done))
    return HttpResponseRedirect(reverse("bpo:correction-detail", args=[pk]))


def _found(request: PageRequest, pk: int) -> CorrectionRequest:
    found: CorrectionRequest | None = requests_for(request.actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _answer(request: PageRequest, found: CorrectionRequest, refused: Any = None) -> HttpResponse:
    is_open = found.status == CorrectionStatus.OPEN
    effect, fault = found.effect, None
    if is_open:
        effect, fault = _effect_now(request, found)
    steps = steps_for(found, request.actor)
    if refused is not None:
        steps = [refused if step.kind is refused.kind else step for step in steps] or [refused]
    versions = versions_of_month(found.contract_id, found.start, request.actor)
    context = {
        "found": found,
        "changes": named_changes(found.changes),
        "effect": effect,
        "fault": fault,
        "steps": steps,
        "versions": versions,
        "is_own": is_open and is_own(found, request.actor),
    }
    status = 200 if refused is None else refused.error.status if refused.error else 400
    return render(request, "bpo/correction_detail.html", context, status=status)


def _effect_now(request: PageRequest, found: CorrectionRequest) -> tuple[Any, DomainError | None]:
    """Return what an open request would do as the figures stand now, or why it no longer can."""
    try:
        return corrections.effect_now(found, actor=request.actor, now=clock.now()), None
    except DomainError as error:
        return None, error
