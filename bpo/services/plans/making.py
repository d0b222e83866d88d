"""Making an action plan, and changing what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from bpo.choices import UNFINISHED_PLANS, PlanStatus
from bpo.models import ActionPlan, Alert, Scorecard
from bpo.queries.plan_people import owners_for
from bpo.services.plans.access import locked, log, may_decide, wrong
from kpis.models import ExternalFactor
from vendors.actors import Actor, Capability
from vendors.clock import local_date
from vendors.errors import Conflict, Forbidden
from vendors.models import Contract, ContractQueue
from vendors.services.audit import differences, plain

CHECK_AFTER = timedelta(days=35)
"""Where nothing else is said a plan is checked so long after it is due: four weeks of figures, and their settling."""
FARTHEST = timedelta(days=731)
REQUIRED = ("title", "next_step", "owner")
REFERENCES: dict[str, Any] = {"alert": Alert, "scorecard": Scorecard, "factor": ExternalFactor}
NAMES = {"factor": "external_factor"}
"""What a field is called to those who write it, where that is not its name here."""


@transaction.atomic
def make(data: Mapping[str, Any], *, actor: Actor, now: datetime) -> ActionPlan:
    """Make an action plan: a draft of the BPO side's, or the proposal of a vendor, which both sides have at once.

    ``data`` holds the fields of :class:`bpo.models.ActionPlan` that people write; ``owner_user`` is a log-in. Raises
    Forbidden, Invalid.
    """
    if not actor.may(Capability.PROPOSE_PLANS):
        raise Forbidden("role", _("Your role does not include this function."))
    is_from_vendor = _is_of_vendor(data, actor)
    plan = ActionPlan(
        **_cleaned(data, actor=actor, now=now),
        is_from_vendor=is_from_vendor,
        is_shared=is_from_vendor,
        made_by=actor.label[:200],
        made_at=now,
        changed_at=now,
    )
    _check(plan, actor, REFERENCES)
    plan.save(force_insert=True)
    log(plan, "propose" if is_from_vendor else "make", actor=actor, now=now)
    return plan


@transaction.atomic
def change(plan_id: int, data: Mapping[str, Any], *, actor: Actor, now: datetime) -> ActionPlan:
    """Change what an unfinished plan says; a vendor changes its own proposal, until it has begun.

    Raises as :func:`make` does, NotFound, and Conflict ``wrong_status`` or ``not_yours``.
    """
    plan = locked(plan_id, actor=actor, needs=Capability.PROPOSE_PLANS, within=UNFINISHED_PLANS)
    check_own(plan, actor)
    if "contract" in data and data["contract"] != plan.contract:
        raise wrong("contract", "immutable", _("This never changes after creation."))
    known = {name: getattr(plan, name) for name in ("contract", "kpi", "factor", "due_on", "check_on")}
    if data.get("due_on"):
        # A check that the day was not named for follows it.
        known["check_on"] = max(plan.check_on, data["due_on"])
    given = _cleaned({**known, **data}, actor=actor, now=now, is_new=False)
    changed = {name: given[name] for name in given if name in data}
    if "due_on" in data:
        changed["check_on"] = given["check_on"]
    told = differences(plan, changed)
    for name, value in changed.items():
        setattr(plan, name, value)
    _check(plan, actor, REFERENCES.keys() & told.keys())
    if told:
        plan.changed_at = now
        plan.save(update_fields=[*changed, "changed_at"])
        log(plan, "change", actor=actor, now=now, changes=plain(told))
    return plan


def check_own(plan: ActionPlan, actor: Actor) -> None:
    """Refuse a vendor what the BPO side made, and what has begun. Raises Conflict ``not_yours``."""
    if may_decide(plan, actor):
        return
    if not plan.is_from_vendor or plan.status != PlanStatus.OPEN:
        text = _("Only a proposal of your own that has not begun is yours to change; add a note and agree on it.")
        raise Conflict("not_yours", text)


def _is_of_vendor(data: Mapping[str, Any], actor: Actor) -> bool:
    """Say whether a plan is a vendor's proposal: of somebody who decides nothing about the contract."""
    contract = data.get("contract")
    return not actor.may(Capability.DECIDE_PLANS, contract.vendor_id if contract else None)


def _cleaned(data: Mapping[str, Any], *, actor: Actor, now: datetime, is_new: bool = True) -> dict[str, Any]:
    fields: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
    for name in REQUIRED:
        if (is_new or name in fields) and not fields.get(name):
            raise wrong(name, "required", _("This must not be empty."))
    fields["check_on"] = _check_on(fields.get("due_on"), fields.get("check_on"), now, is_new=is_new)
    if "owner_user" in fields:
        fields["owner_user"] = _owner(fields["owner_user"], fields.get("contract"), actor)
    return fields


def _check_on(due_on: date | None, check_on: date | None, now: datetime, *, is_new: bool) -> date:
    """Return the day of the check; refuse dates that nobody means."""
    today = local_date(now, settings.TIME_ZONE)
    if due_on is None:
        raise wrong("due_on", "required", _("Say until when it is done."))
    if (is_new and due_on < today) or due_on > today + FARTHEST:
        raise wrong("due_on", "due_on", _("Name a day from today on, within two years."))
    check_on = check_on or due_on + CHECK_AFTER
    if not due_on <= check_on <= due_on + FARTHEST:
        raise wrong("check_on", "check_on", _("The check comes on the due day or after it, within two years."))
    return check_on


def _owner(name: str | None, contract: Contract | None, actor: Actor) -> User | None:
    if not name:
        return None
    found: User | None = owners_for(contract, actor).filter(username=name).first()
    if found is None:
        raise wrong("owner_user", "unknown_person", _("There is no such person who works on this contract's plans."))
    return found


def _check(plan: ActionPlan, actor: Actor, names: Iterable[str]) -> None:
    """Refuse what a plan refers to by these ``names`` where it is about something else, or not there for the actor."""
    if plan.contract is None and plan.factor is None:
        raise wrong("contract", "required", _("Name a contract, or an external factor of several."))
    if plan.contract is None and not actor.limited_to(Capability.DECIDE_PLANS).sees_all_vendors:
        raise wrong("contract", "required", _("Name your contract."))
    if plan.contract is None and plan.kpi is not None:
        raise wrong("kpi", "needs_contract", _("A KPI is checked for a contract; name it."))
    reader = actor.limited_to(Capability.PROPOSE_PLANS)
    if plan.contract is not None and not reader.sees(plan.contract.vendor_id):
        raise wrong("contract", "unknown_contract", _("There is no such contract."))
    for name in names:
        row, rows = getattr(plan, name), REFERENCES[name].objects.visible_to(reader)
        if row is not None and not (rows.filter(pk=row.pk).exists() and _is_about(plan, name, row)):
            field = NAMES.get(name, name)
            raise wrong(field, f"unknown_{field}", _("There is no such one of this contract."))


def _is_about(plan: ActionPlan, name: str, row: Any) -> bool:
    if plan.contract is None:
        return name == "factor"
    if name == "factor":
        return ContractQueue.objects.filter(contract=plan.contract, queue__factor_links__factor=row).exists()
    return bool(row.contract_id == plan.contract_id)
