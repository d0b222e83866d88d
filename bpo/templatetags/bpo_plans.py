"""What the pages of action plans write: states as shape and word, steps in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template

from bpo.choices import PlanOutcome, PlanStatus
from bpo.models import ActionPlan
from bpo.queries.plan_words import plan_step

register = template.Library()
register.filter("plan_step", plan_step)

SHAPES = {
    PlanStatus.OPEN: "held",
    PlanStatus.IN_PROGRESS: "assigned",
    PlanStatus.DONE: "claimed",
    PlanStatus.CHECKED: "received",
    PlanStatus.CANCELLED: "withdrawn",
    PlanOutcome.EFFECTIVE: "met",
    PlanOutcome.NOT_EFFECTIVE: "below_target",
}
"""The shape of each state, of those the stylesheet has."""


@register.filter
def falls_short(line: Mapping[str, Any]) -> bool:
    """Say whether a line of a scorecard is a KPI that came to less than its target asks for."""
    return bool(line["kpi"]) and line["score"] is not None and Decimal(line["score"]) < 100


@register.inclusion_tag("bpo/_mark.html")
def plan_mark(plan: ActionPlan) -> dict[str, Any]:
    """Show where a plan stands; one that was checked by what the check found."""
    if plan.outcome:
        return {"name": SHAPES[PlanOutcome(plan.outcome)], "word": plan.get_outcome_display()}
    return {"name": SHAPES[PlanStatus(plan.status)], "word": plan.get_status_display()}
