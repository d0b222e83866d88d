"""The pages of action plans: the board, one plan with its steps, and the form of a plan."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bpo.choices import PlanKind, PlanStatus
from bpo.models import ActionPlan
from bpo.queries.kpi_page import series_for
from bpo.queries.plan_beginnings import Beginning, beginning
from bpo.queries.plans import board, plan_page, plans_for
from bpo.services import plans
from bpo.views.access import PageRequest, page_for
from bpo.views.plan_forms import PlanForm
from bpo.views.plan_steps import KINDS, make_step, may_change, steps_for, take
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.errors import DomainError

WRITTEN = (
    "kind", "kpi", "title", "facts", "effect", "cause", "cause_note", "next_step", "owner", "owner_user", "due_on",
    "check_on",
)  # fmt: skip


@require_safe
@page_for(Capability.READ_PLANS)
def plan_board(request: PageRequest) -> HttpResponse:
    """Show the plans by status, or those that were chosen."""
    page = board(request.actor, request.GET, now=clock.now())
    choices = {"kinds": PlanKind.choices, "statuses": PlanStatus.choices}
    context = {"page": page, **choices, "may_propose": request.actor.may(Capability.PROPOSE_PLANS)}
    return render(request, "bpo/plan_board.html", context)


@require_safe
@page_for(Capability.READ_PLANS)
def plan_detail(request: PageRequest, pk: int) -> HttpResponse:
    """Show one plan."""
    return _answer(request, _found(request, pk))


@page_for(Capability.READ_PLANS)
def plan_step(request: PageRequest, pk: int, action: str) -> HttpResponse:
    """Take a step; what was wrong is shown at the form."""
    kind = KINDS.get(action)
    if kind is None:
        raise Http404
    found = _found(request, pk)
    if request.method != "POST":
        return redirect("bpo:plan-detail", pk=pk)
    step = make_step(kind, found, request.actor, request.POST)
    if not take(step, found, actor=request.actor, now=clock.now()):
        return _answer(request, _found(request, pk), step)
    messages.success(request, str(kind.done))
    return redirect("bpo:plan-detail", pk=pk)


@page_for(Capability.PROPOSE_PLANS)
def plan_new(request: PageRequest) -> HttpResponse:
    """Make a plan, begun with the figures of an alert, a scorecard's line or an external factor."""
    given = request.POST if request.method == "POST" else request.GET
    begun = beginning(request.actor, given, now=clock.now())
    form = PlanForm(
        request.POST if request.method == "POST" else None,
        actor=request.actor,
        is_of_a_factor=begun.factor is not None,
        initial=begun.initial,
    )
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = plans.make(_made_of(form, begun), actor=request.actor, now=clock.now())
        except DomainError as refused:
            error = refused
        else:
            text = _("The vendor sees it once you share it.") if not made.is_shared else _("Both sides see it.")
            messages.success(request, f"{_('The plan is made.')} {text}")
            return HttpResponseRedirect(reverse("bpo:plan-detail", args=[made.pk]))
    return _form_page(request, form, error, begun=begun)


@page_for(Capability.PROPOSE_PLANS)
def plan_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change what a plan says."""
    plan = _found(request, pk)
    if not may_change(plan, request.actor):
        return redirect("bpo:plan-detail", pk=pk)
    form = PlanForm(
        request.POST if request.method == "POST" else None, actor=request.actor, is_new=False, initial=_initial(plan)
    )
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            plans.change(pk, form.cleaned_data, actor=request.actor, now=clock.now())
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, _("The plan is changed."))
            return redirect("bpo:plan-detail", pk=pk)
    return _form_page(request, form, error, plan=plan)


def _made_of(form: PlanForm, begun: Beginning) -> dict[str, Any]:
    """Return the fields of a new plan, with what it refers to."""
    return {**form.cleaned_data, "alert": begun.alert, "factor": begun.factor, "scorecard": begun.scorecard}


def _initial(plan: ActionPlan) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(plan, name) for name in WRITTEN}
    values["kpi"] = plan.kpi.code if plan.kpi else None
    values["owner_user"] = plan.owner_user.get_username() if plan.owner_user else ""
    return values


def _form_page(
    request: PageRequest,
    form: PlanForm,
    error: DomainError | None,
    *,
    plan: ActionPlan | None = None,
    begun: Beginning | None = None,
) -> HttpResponse:
    status = error.status if error else 400 if form.errors else 200
    is_proposal = not request.actor.may(Capability.DECIDE_PLANS)
    context = {"form": form, "error": error, "plan": plan, "begun": begun, "is_proposal": is_proposal}
    return render(request, "bpo/plan_form.html", context, status=status)


def _found(request: PageRequest, pk: int) -> ActionPlan:
    found: ActionPlan | None = plans_for(request.actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _has_kpi_page(plan: ActionPlan, actor: Actor) -> bool:
    """Say whether the KPI has a monthly target of the contract, so that there is a page to lead to."""
    if plan.kpi is None or plan.contract is None:
        return False
    return series_for(actor, plan.kpi.code, plan.contract.code, "") is not None


def _answer(request: PageRequest, plan: ActionPlan, refused: Any = None) -> HttpResponse:
    steps = steps_for(plan, request.actor)
    if refused is not None:
        steps = [refused if step.kind is refused.kind else step for step in steps]
        steps = steps if refused in steps else [refused, *steps]
    context = {
        "page": plan_page(plan, request.actor, now=clock.now()),
        "plan": plan,
        "steps": steps,
        "may_change": may_change(plan, request.actor),
        "has_kpi_page": _has_kpi_page(plan, request.actor),
        "reads_internal": request.actor.may(Capability.READ_INTERNAL_NOTES),
    }
    status = 200 if refused is None else refused.error.status if refused.error else 400
    return render(request, "bpo/plan_detail.html", context, status=status)
