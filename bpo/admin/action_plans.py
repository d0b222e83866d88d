"""Action plans: to look at and to share; their steps are taken on their own page, which shows the figures beside."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bpo.models import ActionPlan, ActionPlanEvent
from bpo.queries.plan_words import STEPS, measured_sentence, plan_step
from bpo.services import plans
from vendors import clock
from vendors.actors import Capability
from vendors.admin.access import acting
from vendors.admin.base import DONE, ReadOnlyAdmin, document
from vendors.admin.filters import VisibleRelated
from vendors.admin.words import ACTIONS, ACTORS, coded, word

ACTIONS.update({f"plan.{code}": text for code, text in STEPS.items()})


@admin.register(ActionPlan)
class ActionPlanAdmin(ReadOnlyAdmin):
    reads = Capability.READ_PLANS
    writes = Capability.DECIDE_PLANS
    list_display = ["title", "kind", "status", "outcome", "contract", "kpi", "owner", "due_on", "check_on", "is_shared"]
    list_select_related = ["contract", "kpi"]
    list_filter = [
        "status", "kind", "outcome", "cause", "is_shared", "is_from_vendor", ("contract__vendor", VisibleRelated),
        ("contract", VisibleRelated),
    ]  # fmt: skip
    search_fields = ["title", "owner", "contract__code", "contract__name", "kpi__code", "kpi__name"]
    date_hierarchy = "due_on"
    fields = [
        "title", ("kind", "status", "outcome"), ("contract", "kpi"), ("alert", "factor", "scorecard"), "facts",
        "effect", "next_step", ("cause", "cause_note"), ("owner", "owner_user"), ("due_on", "check_on"),
        ("started_on", "done_on"), "what_it_did", ("is_shared", "is_from_vendor"), ("who", "made_at", "changed_at"),
    ]  # fmt: skip
    readonly_fields = ["what_it_did", "who"]
    actions = ["share"]

    def view_on_site(self, row: ActionPlan) -> str:
        return reverse("bpo:plan-detail", args=[row.pk])

    @admin.action(description=_("Share it with the vendor"), permissions=["write"])
    def share(self, request: HttpRequest, queryset: QuerySet[ActionPlan]) -> None:
        """Let the vendor of each have it from now on."""
        options: dict[str, Any] = {"actor": acting(request), "now": clock.now()}
        self.for_each(request, queryset, lambda plan: plans.share(plan.pk, **options), DONE)

    @admin.display(description=_("before and after"))
    def what_it_did(self, row: ActionPlan) -> str:
        return measured_sentence(row, row.measured) or "–"

    @admin.display(description=_("made by"), ordering="made_by")
    def who(self, row: ActionPlan) -> str:
        return word(ACTORS, row.made_by)


@admin.register(ActionPlanEvent)
class ActionPlanEventAdmin(ReadOnlyAdmin):
    """Internal notes stand among them: only the client's side reads these rows."""

    reads = Capability.READ_INTERNAL_NOTES
    list_display = ["at", "plan", "step", "who", "note", "is_internal"]
    list_select_related = ["plan"]
    list_filter = [("action", coded(plan_step)), "is_internal", ("plan__contract__vendor", VisibleRelated)]
    search_fields = ["by", "note", "plan__title", "plan__contract__code"]
    date_hierarchy = "at"
    fields = ["at", "plan", "step", "who", "note", "is_internal", "what_changed"]
    readonly_fields = ["step", "who", "what_changed"]

    @admin.display(description=_("action"), ordering="action")
    def step(self, row: ActionPlanEvent) -> str:
        return plan_step(row.action)

    @admin.display(description=_("who"), ordering="by")
    def who(self, row: ActionPlanEvent) -> str:
        return word(ACTORS, row.by)

    @admin.display(description=_("changes"))
    def what_changed(self, row: ActionPlanEvent) -> str:
        return document(row.changes)
