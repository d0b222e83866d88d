"""What would become of a draft, and sending it or throwing it away."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bpo.queries.submit_pages import draft_outlook, named_changes, named_problems
from bpo.views.access import PageRequest, page_for
from kpis.choices import CorrectionReason, DraftStatus, SubmissionWay
from kpis.models import SubmissionDraft
from kpis.services import drafts, second_check
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError, NotFound


@require_safe
@page_for(Capability.SUBMIT)
def check(request: PageRequest, pk: UUID) -> HttpResponse:
    """Show what would become of a draft: the figures first, then what is wrong and where."""
    draft = find_draft(request, pk)
    if draft.submission_id:
        return redirect("bpo:submission-detail", pk=draft.submission_id)
    return check_answer(request, draft, clock.now())


def find_draft(request: PageRequest, pk: UUID) -> SubmissionDraft:
    """Return a draft that exists for the reader."""
    try:
        return drafts.find(pk, actor=request.actor)
    except NotFound as error:
        raise Http404 from error


def check_answer(
    request: PageRequest, draft: SubmissionDraft, now: datetime, refusal: DomainError | None = None
) -> HttpResponse:
    """Answer the check of a draft as the figures stand; ``refusal`` is why the last act on it was refused."""
    found = drafts.check(draft, actor=request.actor, now=now)
    rows = draft.body["rows"] if draft.way == SubmissionWay.FORM else None
    contracts = [draft.contract_id] if draft.contract_id else []
    context = {
        "draft": draft,
        "check": found,
        "good": found.good,
        "result": found.result,
        "errors": named_problems(found.errors, rows, contracts=contracts),
        "warnings": named_problems(found.warnings, rows, contracts=contracts),
        "changes": named_changes(found.result) if found.result else [],
        "outlooks": draft_outlook(found.result, now) if found.result else [],
        "back": _back(draft),
        "reasons": CorrectionReason.choices,
        "sent": request.POST,
        "refusal": refusal,
        "is_held": draft.status == DraftStatus.HELD,
        "may_decide": request.actor.may(Capability.CONFIRM_SUBMISSIONS, draft.vendor_id)
        and not second_check.is_own(draft, request.actor),
    }
    return render(request, "bpo/submit_check.html", context, status=refusal.status if refusal else 200)


def _back(draft: SubmissionDraft) -> str:
    """Return where the draft can be changed."""
    code = draft.contract.code if draft.contract else ""
    query = {"contract": code, "way": draft.way, "draft": str(draft.pk)}
    return f"{reverse('bpo:submit')}?{urlencode(query)}"


@require_POST
@page_for(Capability.SUBMIT)
def send(request: PageRequest, pk: UUID) -> HttpResponse:
    """Send a draft; where the figures have changed since the check, show the check again."""
    now = clock.now()
    find_draft(request, pk)
    told = {name: request.POST.get(name, "").strip()[:2000] for name in ("note", "reason")}
    try:
        draft = drafts.send(pk, actor=request.actor, now=now, partial="partial" in request.POST, **told)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return check_answer(request, find_draft(request, pk), now, error)
    if draft.status == DraftStatus.HELD:
        messages.success(request, _("Handed in. It counts as soon as somebody else of your company has confirmed it."))
        return redirect("bpo:submit-check", pk=draft.pk)
    wake_up()
    return redirect(f"{reverse('bpo:submission-detail', args=[draft.submission_id])}?new")


@require_POST
@page_for(Capability.SUBMIT)
def discard(request: PageRequest, pk: UUID) -> HttpResponse:
    """Throw a draft away."""
    find_draft(request, pk)
    drafts.discard(pk, actor=request.actor)
    messages.success(request, _("The draft was thrown away. Nothing was submitted."))
    return redirect("bpo:submit")
