"""The page a department's mail leads to: it needs no account, for the link is the proof."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bpo.models import DepartmentQuestion
from bpo.services import departments
from bpo.services.departments.answering import open_queues
from bpo.services.departments.guarding import may_act, may_try, took_right
from bpo.services.departments.tokens import question_of
from bpo.views.access import holds_nul
from bpo.views.forms import MomentField, offer
from kpis.choices import FactorKind
from vendors import clock
from vendors.addresses import client_address
from vendors.authentication import actor_of
from vendors.choices import service_label
from vendors.errors import DomainError

PLANNED = (
    FactorKind.CAMPAIGN, FactorKind.POLICY, FactorKind.OUTAGE, FactorKind.RECALL, FactorKind.HOLIDAY,
    FactorKind.IMPROVEMENT, FactorKind.OTHER,
)  # fmt: skip
EFFECTS = (
    ("", gettext_lazy("I cannot say")),
    ("10", gettext_lazy("A little more calls, up to 10 %")),
    ("30", gettext_lazy("More calls, up to 30 %")),
    ("100", gettext_lazy("Many more calls, beyond 30 %")),
    ("-10", gettext_lazy("Fewer calls")),
)


class PlannedForm(forms.Form):
    """What will move calls."""

    title = forms.CharField(label=gettext_lazy("What is planned?"), max_length=200)
    kind = forms.ChoiceField(
        label=gettext_lazy("What kind is it?"), choices=[(kind.value, kind.label) for kind in PLANNED]
    )
    starts_at = MomentField(label=gettext_lazy("From when?"))
    ends_at = MomentField(label=gettext_lazy("Until when?"))
    services = forms.MultipleChoiceField(
        label=gettext_lazy("Which services will be called?"), widget=forms.CheckboxSelectMultiple
    )
    expected_percent = forms.TypedChoiceField(
        label=gettext_lazy("How much will it move?"), choices=EFFECTS, coerce=int, empty_value=None, required=False
    )

    def __init__(self, *args: Any, services: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "services", [(name, service_label(name)) for name in services])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: HttpRequest, token: str) -> HttpResponse:
    """Show a department what it is asked, and take its answer; looking alone answers nothing."""
    now, address = clock.now(), client_address(request)
    known_reader(request)
    if not may_try(address, now):
        return too_many(request)
    number = question_of(token)
    question = DepartmentQuestion.objects.select_related("department").filter(pk=number or 0).first()
    if question is None:
        return no_such_link(request)
    took_right(address)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(question.department.language)
    form = PlannedForm(
        request.POST if request.method == "POST" and "title" in request.POST else None,
        services=list(open_queues(now)),
        initial={"starts_at": f"{question.week}T09:00", "ends_at": f"{question.week}T18:00"},
    )
    error: DomainError | None = None
    if request.method == "POST":
        if holds_nul(request.POST):
            raise BadRequest
        if not may_act(question.pk, now):
            return too_many(request)
        try:
            if _acted(request, question, form):
                return redirect("bpo:asked", token=token)
        except DomainError as refused:
            error = refused
    context = {
        "question": question,
        "last": question.week + timedelta(days=6),
        "factors": question.factors.all(),
        "token": token,
        "form": form,
        "error": error,
    }
    status = error.status if error else 400 if form.errors else 200
    return render(request, "bpo/asked.html", context, status=status)


def _acted(request: HttpRequest, question: DepartmentQuestion, form: PlannedForm) -> bool:
    """Take the answer; say whether it was one."""
    if request.POST.get("answer") == "none":
        departments.answer_none(question.pk, now=clock.now())
        messages.success(request, _("Thank you: nothing is planned for that week."))
        return True
    if form.is_bound and form.is_valid():
        departments.register_planned(question.pk, form.cleaned_data, now=clock.now())
        messages.success(request, _("Thank you: it is registered, and the centres see it in their calendar."))
        return True
    return False


def known_reader(request: Any) -> None:
    """Let somebody who is signed in keep the whole navigation; the link alone is still what opens the page."""
    if request.user.is_authenticated:
        request.actor = actor_of(request.user)


def no_such_link(request: HttpRequest) -> HttpResponse:
    """Answer a link that is cut short, not ours or no longer valid, and say where another one comes from."""
    return render(request, "bpo/asked_gone.html", status=404)


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer who tried too often."""
    answer = render(request, "bpo/asked_locked.html", status=429)
    answer.headers["Retry-After"] = "900"
    return answer
