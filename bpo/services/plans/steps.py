"""The steps of an action plan. Each locks the plan first, so that of two at once one is told it came too late."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from bpo.choices import UNFINISHED_PLANS, PlanOutcome, PlanStatus
from bpo.models import ActionPlan
from bpo.queries.plan_effect import measure
from bpo.services.plans.access import locked, log, wrong
from bpo.services.plans.making import check_own
from vendors.actors import Actor, Capability
from vendors.clock import local_date
from vendors.errors import Conflict

A_YEAR = timedelta(days=366)


@transaction.atomic
def share(plan_id: int, *, note: str = "", actor: Actor, now: datetime) -> ActionPlan:
    """Let the vendor have the plan from now on; raise Conflict where it has it, or where it concerns no one vendor."""
    plan = locked(plan_id, actor=actor, needs=Capability.DECIDE_PLANS)
    if plan.is_shared:
        raise Conflict("shared_already", _("The vendor has this plan already."))
    if plan.contract is None:
        raise Conflict("no_vendor", _("This plan names no contract, so there is no vendor to share it with."))
    plan.is_shared = True
    return _stored(plan, "share", ["is_shared"], note, False, actor, now)


@transaction.atomic
def start(
    plan_id: int, *, on: date | None = None, note: str = "", internal: bool = False, actor: Actor, now: datetime
) -> ActionPlan:
    """Say that it has begun, today or on a day before; the weeks before it are what the check is held against."""
    plan = locked(plan_id, actor=actor, needs=Capability.PROPOSE_PLANS, within=(PlanStatus.OPEN,))
    plan.started_on, plan.status = _day(on, now), PlanStatus.IN_PROGRESS
    return _stored(plan, "start", ["started_on", "status"], note, internal, actor, now, on=plan.started_on)


@transaction.atomic
def finish(
    plan_id: int, *, note: str, on: date | None = None, internal: bool = False, actor: Actor, now: datetime
) -> ActionPlan:
    """Say that it is done and what was done. Raises Invalid without a note, or for a day before it began."""
    plan = locked(plan_id, actor=actor, needs=Capability.PROPOSE_PLANS, within=(PlanStatus.IN_PROGRESS,))
    _need(note)
    day = _day(on, now)
    if plan.started_on is not None and day < plan.started_on:
        raise wrong("on", "date_order", _("It began later than that."))
    plan.done_on, plan.status = day, PlanStatus.DONE
    return _stored(plan, "finish", ["done_on", "status"], note, internal, actor, now, on=day)


@transaction.atomic
def check(plan_id: int, *, outcome: str, note: str, internal: bool = False, actor: Actor, now: datetime) -> ActionPlan:
    """Say whether it was effective. The KPI before and after is read from the counts and kept beside it.

    The BPO side says it, and why: figures show what came with the action, people judge whether because of it.
    """
    plan = locked(plan_id, actor=actor, needs=Capability.DECIDE_PLANS, within=(PlanStatus.DONE,))
    if outcome not in (PlanOutcome.EFFECTIVE, PlanOutcome.NOT_EFFECTIVE):
        raise wrong("outcome", "invalid_choice", _("Say whether it was effective or not."))
    _need(note)
    plan.outcome, plan.status, plan.measured = outcome, PlanStatus.CHECKED, measure(plan, now=now)
    names = ["outcome", "status", "measured"]
    return _stored(plan, "check", names, note, internal, actor, now, outcome=outcome)


@transaction.atomic
def cancel(plan_id: int, *, note: str, internal: bool = False, actor: Actor, now: datetime) -> ActionPlan:
    """Give the plan up and say why; a vendor only its own proposal, until it has begun."""
    plan = locked(plan_id, actor=actor, needs=Capability.PROPOSE_PLANS, within=UNFINISHED_PLANS)
    check_own(plan, actor)
    _need(note)
    plan.status = PlanStatus.CANCELLED
    return _stored(plan, "cancel", ["status"], note, internal, actor, now)


@transaction.atomic
def note(plan_id: int, *, note: str, internal: bool = False, actor: Actor, now: datetime) -> ActionPlan:
    """Add a note, for both sides or (``internal``) for the BPO side alone; at any time."""
    plan = locked(plan_id, actor=actor, needs=Capability.PROPOSE_PLANS)
    _need(note)
    return _stored(plan, "note", [], note, internal, actor, now)


def _need(note: str) -> None:
    if not note.strip():
        raise wrong("note", "required", _("Say it in a sentence."))


def _day(on: date | None, now: datetime) -> date:
    today = local_date(now, settings.TIME_ZONE)
    if on is not None and not today - A_YEAR <= on <= today:
        raise wrong("on", "on", _("Name today or a day of the last year."))
    return on or today


def _stored(
    plan: ActionPlan,
    action: str,
    names: list[str],
    note: str,
    internal: bool,
    actor: Actor,
    now: datetime,
    **changes: Any,
) -> ActionPlan:
    # An internal note changes nothing the vendor may see, not even when the plan was last changed.
    if not internal or names:
        plan.changed_at = now
        names = [*names, "changed_at"]
    if names:
        plan.save(update_fields=names)
    log(
        plan,
        action,
        note=note,
        internal=internal,
        actor=actor,
        now=now,
        changes={name: str(value) for name, value in changes.items()},
    )
    return plan
