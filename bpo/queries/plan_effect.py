"""Whether an action helped: its KPI before it began and after it was done, from the counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bpo.models import ActionPlan
from kpis.calc.before_after import WEEK
from kpis.queries.before_after import before_after
from kpis.queries.before_after_words import presented_change
from kpis.queries.spans import ONE_DAY


def measure(plan: ActionPlan, *, now: datetime) -> dict[str, Any] | None:
    """Return the KPI of a plan before and after, as it is kept with the check.

    Null where the plan names no KPI, has not been done, or where too little is known yet.
    """
    if plan.contract_id is None or plan.kpi is None or plan.started_on is None or plan.done_on is None:
        return None
    after = plan.done_on + ONE_DAY
    found = before_after([plan.contract_id], [plan.kpi], plan.started_on, after, now=now).get(plan.contract_id, [])
    return presented_change(found[0]) if found else None


def known_from(plan: ActionPlan) -> date | None:
    """Return the day from which one week after the action is over; null where it is not done."""
    return None if plan.done_on is None else plan.done_on + ONE_DAY + WEEK
