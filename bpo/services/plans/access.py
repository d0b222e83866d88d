"""What every step of an action plan needs: the plan, locked, for who may take the step; and its row of history."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bpo.models import ActionPlan, ActionPlanEvent
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, RowError
from vendors.services.audit import record

LONGEST_NOTE = 2000


def wrong(field: str, code: str, detail: str) -> Invalid:
    """Return the refusal of one field."""
    return Invalid(code, detail, [RowError(code, detail, field)])


def locked(plan_id: int, *, actor: Actor, needs: Capability, within: Collection[str] = ()) -> ActionPlan:
    """Return the plan, locked until the transaction ends; raise Forbidden, NotFound, Conflict ``wrong_status``."""
    if not actor.may(needs):
        raise Forbidden("role", _("Your role does not include this function."))
    visible = ActionPlan.objects.visible_to(actor.limited_to(needs)).filter(pk=plan_id)
    plan: ActionPlan | None = visible.select_for_update(of=("self",)).first()
    if plan is None:
        raise NotFound("not_found", _("There is no such action plan."))
    if within and plan.status not in within:
        text = _("An action plan with the status “%(status)s” does not allow this.")
        raise Conflict("wrong_status", text % {"status": plan.get_status_display()})
    return plan


def vendor_id_of(plan: ActionPlan) -> int | None:
    """Return the id of the vendor a plan is about; null where it is the company's own."""
    return plan.contract.vendor_id if plan.contract else None


def may_decide(plan: ActionPlan, actor: Actor) -> bool:
    """Say whether the actor is of the BPO side that decides on this plan."""
    return actor.may(Capability.DECIDE_PLANS, vendor_id_of(plan))


def log(
    plan: ActionPlan,
    action: str,
    *,
    note: str = "",
    internal: bool = False,
    actor: Actor,
    now: datetime,
    changes: dict[str, Any] | None = None,
) -> None:
    """Keep a step in the plan's own history and in the audit trail; until it is shared every step is internal."""
    if internal and not actor.may(Capability.READ_INTERNAL_NOTES, vendor_id_of(plan)):
        raise wrong("internal", "internal", _("An internal note is the BPO side's own; leave the field out."))
    note, changes = note.strip()[:LONGEST_NOTE], changes or {}
    is_internal = internal or not plan.is_shared
    ActionPlanEvent.objects.create(
        plan=plan, action=action, by=actor.label[:200], at=now, note=note, is_internal=is_internal, changes=changes
    )
    vendor = plan.contract.vendor if plan.contract else None
    record(actor=actor, action=f"plan.{action}", obj=plan, now=now, vendor=vendor, changes=changes)
