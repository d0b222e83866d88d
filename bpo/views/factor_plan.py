"""The page where a department's plan comes in: a broadcast schedule, promotions, releases. It is checked first."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bpo.views.access import PageRequest, page_for
from bpo.views.forms import offer
from kpis.choices import FactorKind
from kpis.imports.encodings import decode
from kpis.imports.planned import Plan, read_plan
from kpis.services import factors
from kpis.services.factors.planning import CHANGED, NEW, Registered, services_of
from vendors import clock
from vendors.actors import Capability
from vendors.choices import service_label
from vendors.errors import DomainError
from vendors.models import Department

LARGEST = 1024 * 1024


class PlanForm(forms.Form):
    """A plan, and what holds for events that do not say it themselves."""

    department = forms.ModelChoiceField(
        label=_("Department in charge"), queryset=Department.objects.filter(is_active=True), to_field_name="code",
        empty_label=_("Choose"),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind, where an event names none"), choices=FactorKind.choices)
    services = forms.MultipleChoiceField(
        label=_("Services, where an event names none"), widget=forms.CheckboxSelectMultiple, required=False
    )
    file = forms.FileField(
        label=_("File"), required=False, max_length=200, help_text=_("A CSV or ICS file of at most 1 MB.")
    )
    text = forms.CharField(
        label=_("Or paste it"), required=False, max_length=300_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 40, "class": "code"}),
        help_text=_(
            "The first line names the columns: title, starts_at, ends_at, and as wanted kind, services,"
            " expected_percent, uid."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, services: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "services", [(name, service_label(name)) for name in services])
        self.initial["kind"] = FactorKind.CAMPAIGN

    def clean_file(self) -> str:
        """Return the text of the file."""
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > LARGEST:
            raise forms.ValidationError(_("A CSV or ICS file of at most 1 MB."), "file_too_large")
        content = file.read(LARGEST)
        try:
            return decode(content)[0]
        except DomainError as error:
            raise forms.ValidationError(str(error.detail), error.code) from error

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        given["text"] = given.pop("file", "") or given.get("text", "")
        if not given["text"].strip() and not self.errors:
            raise forms.ValidationError(_("Choose a file, or paste the plan."), "required")
        return given


@page_for(Capability.REGISTER_FACTORS)
def factor_plan(request: PageRequest) -> HttpResponse:
    """Check a plan and show what would be registered; register it where that was seen."""
    services = {queue.service for queues in services_of(request.actor).values() for queue in queues} - {""}
    form = PlanForm(request.POST or None, request.FILES or None, services=sorted(services))
    context: dict[str, Any] = {"form": form, "has_services": bool(services)}
    status = 200
    if request.method == "POST" and form.is_valid():
        is_check = request.POST.get("step") != "register"
        try:
            plan, done = _planned(dict(form.cleaned_data), request, is_check=is_check)
        except DomainError as error:
            context["error"], status = error, error.status
        else:
            if not is_check:
                messages.success(request, _registered(done))
                return HttpResponseRedirect(reverse("bpo:factor-list"))
            context |= {"done": done, "plan": plan, "given": form.cleaned_data}
    return render(request, "bpo/factor_plan.html", context, status=400 if form.errors else status)


def _planned(given: dict[str, Any], request: PageRequest, *, is_check: bool) -> tuple[Plan, list[Registered]]:
    plan = read_plan(given.pop("text").encode())
    done = factors.register_plan(
        plan.rows, **given, errors=plan.errors, is_check=is_check, actor=request.actor, now=clock.now()
    )
    return plan, done


def _registered(done: list[Registered]) -> str:
    number = sum(one.outcome in (NEW, CHANGED) for one in done)
    text = ngettext("%(n)s event is registered.", "%(n)s events are registered.", number)
    return text % {"n": number}
