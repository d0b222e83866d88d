"""The page of a large file on its way in, and sending one that was checked."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from bpo.queries.jobs import job_page
from bpo.views.access import PageRequest, page_for
from kpis.choices import CorrectionReason
from kpis.imports.jobs import send_checked
from kpis.services.submissions import LONGEST_NOTE
from kpis.tasks import start_imports
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError, NotFound

REFRESH_SECONDS = 3


@require_safe
@page_for(Capability.READ_SUBMISSIONS)
def job_detail(request: PageRequest, pk: UUID) -> HttpResponse:
    """Show how far a file is, and what became of it; while it is not over, the page loads itself anew."""
    return _shown(request, pk)


@require_POST
@page_for(Capability.SUBMIT)
def send(request: PageRequest, pk: UUID) -> HttpResponse:
    """Have a file taken in whose check its sender has seen."""
    told = {name: request.POST.get(name, "").strip()[:LONGEST_NOTE] for name in ("note", "reason")}
    try:
        send_checked(pk, actor=request.actor, now=clock.now(), **told)
    except NotFound as error:
        raise Http404 from error
    except DomainError as refusal:
        return _shown(request, pk, refusal)
    start_imports()
    return redirect("bpo:job-detail", pk=pk)


def _shown(request: PageRequest, pk: UUID, refusal: DomainError | None = None) -> HttpResponse:
    page = job_page(request.actor, pk)
    if page is None:
        raise Http404
    context = {
        "page": page,
        "job": page.job,
        "reasons": CorrectionReason.choices,
        "sent": request.POST,
        "refusal": refusal,
    }
    answer = render(request, "bpo/job_detail.html", context, status=refusal.status if refusal else 200)
    if not page.job.is_over:
        answer["Refresh"] = str(REFRESH_SECONDS)
    return answer
