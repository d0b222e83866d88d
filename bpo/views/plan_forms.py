"""The forms of action plans: what is written down, and what each step asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bpo.choices import OUTCOMES, Cause, PlanKind
from bpo.models import ActionPlan
from bpo.queries.plan_people import owners_of
from bpo.services.plans.access import vendor_id_of
from bpo.templatetags.bpo_pages import person
from bpo.views.forms import StepForm, offer
from kpis.models import Kpi
from vendors.actors import Actor, Capability
from vendors.models import Contract


def _text(label: Any, *, required: bool = False, help_text: Any = "", rows: int = 3) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "cols": 40})
    return forms.CharField(label=label, required=required, max_length=2000, help_text=help_text, widget=widget)


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, "%Y-%m-%d")
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=widget, input_formats=["%Y-%m-%d"]
    )


class PlanForm(forms.Form):
    """What a plan says. Both sides read it: facts, effect and next step, and nobody's fault."""

    kind = forms.ChoiceField(label=_("Kind"), choices=PlanKind.choices)
    contract = forms.ChoiceField(label=_("Contract"))
    kpi = forms.ChoiceField(
        label=_("KPI"), required=False,
        help_text=_("Its figures before and after show whether the action helped."),
    )  # fmt: skip
    title = forms.CharField(label=_("Title"), max_length=200)
    facts = _text(_("Facts"), help_text=_("What the figures say, and since when."))
    effect = _text(_("Effect"), help_text=_("What it means for customers and for the scorecard."), rows=2)
    cause = forms.ChoiceField(label=_("Main cause"), choices=[("", "–"), *Cause.choices], required=False)
    cause_note = _text(_("Cause in words"), help_text=_("A circumstance, not a person."), rows=2)
    next_step = _text(
        _("Next step"), required=True, help_text=_("What is asked for and agreed on; how it is done is the owner's.")
    )
    owner = forms.CharField(
        label=_("Owner"), max_length=100,
        help_text=_("A name or a role. Of a vendor's action it is the vendor's site manager, not one of its agents."),
    )  # fmt: skip
    owner_user = forms.ChoiceField(label=_("The owner's log-in"), choices=[("", "–")], required=False)
    due_on = _day(_("Due on"))
    check_on = _day(
        _("Check on"),
        required=False,
        help_text=_("Left empty: five weeks later, with four weeks of figures."),
    )
    alert = forms.IntegerField(widget=forms.HiddenInput, required=False)
    factor = forms.IntegerField(widget=forms.HiddenInput, required=False)
    scorecard = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, actor: Actor, is_of_a_factor: bool = False, is_new: bool = True, **kw: Any) -> None:
        super().__init__(*args, **kw)
        rows = Contract.objects.visible_to(actor.limited_to(Capability.PROPOSE_PLANS)).select_related("vendor")
        self.contracts = {row.code: row for row in rows.order_by("vendor__code", "code")}
        kpis = Kpi.objects.filter(target_series__contract__in=self.contracts.values()).distinct().order_by("code")
        self.kpis = {row.code: row for row in kpis}
        contracts = [(code, f"{row.vendor.label} · {row.name}") for code, row in self.contracts.items()]
        if is_of_a_factor and actor.limited_to(Capability.DECIDE_PLANS).sees_all_vendors:
            self.fields["contract"].required = False
            contracts = [("", str(_("The company itself, for every contract it touches"))), *contracts]
        elif len(contracts) > 1:
            # Nobody should plan for a contract that merely stood first.
            contracts = [("", "–"), *contracts]
        offer(self, "contract", contracts)
        offer(self, "kpi", [("", "–"), *((code, row.label) for code, row in self.kpis.items())])
        if actor.may(Capability.DECIDE_PLANS):
            people = owners_of({row.vendor_id for row in self.contracts.values()}, actor)
            offer(self, "owner_user", [("", "–"), *((one.get_username(), person(one)) for one in people)])
        else:
            del self.fields["owner_user"]
        if not is_new:
            for name in ("contract", "alert", "factor", "scorecard"):
                del self.fields[name]

    def clean_contract(self) -> Contract | None:
        return self.contracts.get(self.cleaned_data["contract"])

    def clean_kpi(self) -> Kpi | None:
        return self.kpis.get(self.cleaned_data["kpi"])


class ShareForm(StepForm):
    note = _text(_("Note"), help_text=_("The vendor reads this text."), rows=2)

    def __init__(self, *args: Any, plan: ActionPlan, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class NoteForm(StepForm):
    """A note, which the vendor reads unless it is internal."""

    note = _text(_("Note"), required=True, rows=2)
    internal = forms.BooleanField(label=_("Internal: the vendor does not see this note"), required=False)

    def __init__(self, *args: Any, plan: ActionPlan, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not actor.may(Capability.READ_INTERNAL_NOTES, vendor_id_of(plan)):
            del self.fields["internal"]


class StartForm(NoteForm):
    note = _text(_("Note"), rows=2)
    on = _day(_("Begun on"), required=False, help_text=_("Left empty: today."))
    field_order = ("on", "note", "internal")


class FinishForm(NoteForm):
    note = _text(_("What was done"), required=True)
    on = _day(_("Done on"), required=False, help_text=_("Left empty: today."))
    field_order = ("on", "note", "internal")


class CheckForm(NoteForm):
    outcome = forms.ChoiceField(label=_("Outcome"), choices=OUTCOMES)
    note = _text(_("Why you say so"), required=True)
    field_order = ("outcome", "note", "internal")


class CancelForm(NoteForm):
    note = _text(_("Reason"), required=True, rows=2)
