"""What a second person does with figures that wait: let them count, or return them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bpo.views.access import PageRequest, page_for
from bpo.views.submit_check import check_answer, find_draft
from kpis.services import drafts, second_check
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError, NotFound


@require_POST
@page_for(Capability.CONFIRM_SUBMISSIONS)
def confirm(request: PageRequest, pk: UUID) -> HttpResponse:
    """Let the figures count; where they no longer fit, the page says so and they go on waiting."""
    now = clock.now()
    try:
        draft = drafts.confirm(pk, actor=request.actor, now=now)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return check_answer(request, find_draft(request, pk), now, error)
    wake_up()
    return redirect("bpo:submission-detail", pk=draft.submission_id)


@require_POST
@page_for(Capability.CONFIRM_SUBMISSIONS)
def send_back(request: PageRequest, pk: UUID) -> HttpResponse:
    """Return the figures to who submitted them, with a reason."""
    now = clock.now()
    try:
        second_check.send_back(pk, reason=request.POST.get("reason", ""), actor=request.actor, now=now)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return check_answer(request, find_draft(request, pk), now, error)
    messages.success(request, _("Returned. It counts nowhere until it is mended and confirmed."))
    return redirect("bpo:submission-list")
