"""The steps a reader may take on an action plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bpo.choices import UNFINISHED_PLANS, PlanStatus
from bpo.models import ActionPlan
from bpo.services import plans
from bpo.services.plans.access import may_decide, vendor_id_of
from bpo.views import plan_forms as forms
from bpo.views.steps import Kind, Step
from vendors.actors import Actor, Capability
from vendors.errors import DomainError

UNFINISHED = tuple(sorted(UNFINISHED_PLANS))
KINDS = {
    kind.action: kind
    for kind in (
        Kind(
            "share",
            Capability.DECIDE_PLANS,
            tuple(PlanStatus.values),
            _("Share it with the vendor"),
            _("The vendor sees the plan from now on, and what happens to it. What was noted before stays internal."),
            _("Share this plan"),
            _("The vendor has the plan now."),
            forms.ShareForm,
        ),
        Kind(
            "start",
            Capability.PROPOSE_PLANS,
            (PlanStatus.OPEN,),
            _("Begin"),
            _("The four weeks before this day are what the KPI is held against afterwards."),
            _("It has begun"),
            _("The plan is in progress."),
            forms.StartForm,
        ),
        Kind(
            "finish",
            Capability.PROPOSE_PLANS,
            (PlanStatus.IN_PROGRESS,),
            _("Report it done"),
            _("From the day after on the KPI shows what came of it; the BPO side checks that."),
            _("It is done"),
            _("The plan is done and waits for its check."),
            forms.FinishForm,
        ),
        Kind(
            "check",
            Capability.DECIDE_PLANS,
            (PlanStatus.DONE,),
            _("Check the effect"),
            _("Your judgement is kept with the KPI before and after, as the counts have it at this moment."),
            _("Keep the check"),
            _("The effect is checked."),
            forms.CheckForm,
        ),
        Kind(
            "note",
            Capability.PROPOSE_PLANS,
            tuple(PlanStatus.values),
            _("Add a note"),
            _("It stands in the history, with your name."),
            _("Add this note"),
            _("The note is added."),
            forms.NoteForm,
            is_main=False,
        ),
        Kind(
            "cancel",
            Capability.PROPOSE_PLANS,
            UNFINISHED,
            _("Give it up"),
            _("The plan is kept as cancelled, with your reason."),
            _("Cancel this plan"),
            _("The plan is cancelled."),
            forms.CancelForm,
            is_main=False,
        ),
    )
}


def may_change(plan: ActionPlan, actor: Actor) -> bool:
    """Say whether what the plan says is ``actor``'s to change: the BPO side's, or a proposal that has not begun."""
    if plan.status not in UNFINISHED_PLANS or not actor.may(Capability.PROPOSE_PLANS, vendor_id_of(plan)):
        return False
    return may_decide(plan, actor) or (plan.is_from_vendor and plan.status == PlanStatus.OPEN)


def steps_for(plan: ActionPlan, actor: Actor) -> list[Step]:
    """Return the steps ``actor`` may take on the plan now."""
    return [make_step(kind, plan, actor) for kind in KINDS.values() if _fits(kind, plan, actor)]


def _fits(kind: Kind, plan: ActionPlan, actor: Actor) -> bool:
    if plan.status not in kind.statuses or not actor.may(kind.capability, vendor_id_of(plan)):
        return False
    if kind.action == "share":
        return not plan.is_shared and plan.contract_id is not None
    return kind.action != "cancel" or may_change(plan, actor)


def make_step(kind: Kind, plan: ActionPlan, actor: Actor, data: QueryDict | None = None) -> Step:
    """Return one step with its form, filled with ``data`` where it was sent."""
    form: Any = kind.form
    url = reverse("bpo:plan-step", args=[plan.pk, kind.action])
    return Step(kind, url, form(data, auto_id=f"{kind.action}-%s", plan=plan, actor=actor))


def take(step: Step, plan: ActionPlan, *, actor: Actor, now: datetime) -> bool:
    """Call the service of a sent step. Returns false where form or service refuses; the step says why."""
    if not step.form.is_valid():
        return False
    service: Callable[..., Any] = getattr(plans, step.kind.action)
    try:
        service(plan.pk, **step.form.cleaned_data, actor=actor, now=now)
    except DomainError as error:
        step.error = error
        return False
    return True
