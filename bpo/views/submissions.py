"""What was submitted: the list of a month, and one receipt."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bpo.queries.submission_list import submission_list_page
from bpo.queries.submit_pages import named_problems, receipt_page
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import month_of
from kpis.choices import SubmissionWay
from kpis.models import Submission
from kpis.services.second_check import waiting
from vendors import clock
from vendors.actors import Capability

ZONE = "Asia/Seoul"


@require_safe
@page_for(Capability.READ_SUBMISSIONS)
def submission_list(request: PageRequest) -> HttpResponse:
    """Show what was received in one month."""
    today = clock.local_date(clock.now(), ZONE)
    page = submission_list_page(
        request.actor,
        month=month_of(request.GET.get("month", "")) or today.replace(day=1),
        vendor=request.GET.get("vendor", ""),
        way=request.GET.get("way", ""),
    )
    context = {"page": page, "may_submit": request.actor.may(Capability.SUBMIT), "waiting": waiting(request.actor)}
    return render(request, "bpo/submission_list.html", context)


@require_safe
@page_for(Capability.READ_SUBMISSIONS)
def submission_detail(request: PageRequest, pk: UUID) -> HttpResponse:
    """Show one receipt; another vendor's is not found."""
    visible = Submission.objects.visible_to(request.actor.limited_to(Capability.READ_SUBMISSIONS))
    submission = visible.select_related("vendor").filter(pk=pk).first()
    if submission is None:
        raise Http404
    page = receipt_page(submission, now=clock.now())
    # What was typed into the form has no lines.
    rows: list[dict[str, str]] | None = [] if submission.way == SubmissionWay.FORM else None
    context = {
        "page": page,
        "warnings": named_problems(submission.result.get("warnings", []), rows, contracts=page.contracts),
        "errors": named_problems(submission.result.get("errors", []), rows, contracts=page.contracts),
        "is_new": "new" in request.GET,
        "may_submit": request.actor.may(Capability.SUBMIT),
    }
    return render(request, "bpo/submission_detail.html", context)
