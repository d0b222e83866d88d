"""Storing changes of targets, and their approval by a second person where the contract's terms ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from kpis.calc.periods import PeriodKind
from kpis.calc.target_months import Version
from kpis.choices import TargetChangeStatus
from kpis.models import Target, TargetChange, TargetSeries
from kpis.queries.target_grid import Grid, Locks, load_grid
from kpis.services.target_grid import Cell, Plan, days_of, plan_change, read_cells
from kpis.services.target_values import VALUE_FIELDS
from kpis.services.targets import mark_days, refuse, require_write
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, RowError
from vendors.models import Contract
from vendors.queries.people import person_of
from vendors.services.audit import record


@transaction.atomic
def change_targets(
    contract: Contract,
    year: int,
    cells: Iterable[Cell],
    *,
    goes_on: bool,
    note: str = "",
    final: Locks,
    actor: Actor,
    now: datetime,
) -> TargetChange:
    """Store a change of targets, or let it wait where the contract asks for approval; all of it or nothing.

    ``final`` are the months whose scorecard is final. Raise Forbidden, or Invalid with every fault: ``closed``,
    ``changed_meanwhile`` where a cell no longer is what it was before, ``nothing_changes``.
    """
    require_write(actor, contract)
    grid = _locked_grid(contract, year, cells := list(cells), final)
    planned = plan_change(grid, cells, goes_on=goes_on)
    refuse(planned.errors)
    if not planned.rows:
        raise Invalid("nothing_changes", _("Nothing differs from what is stored."))
    change = TargetChange(
        contract=contract,
        year=year,
        cells=[cell.as_document() for cell in planned.cells],
        goes_on=goes_on,
        note=note.strip()[:2000],
        proposed_by=actor.label[:200],
        proposed_at=now,
        user_id=person_of(actor),
    )
    if planned.needs_approval:
        change.status = TargetChangeStatus.WAITING
    else:
        _write(grid, planned, actor)
    change.save()
    action = "propose_targets" if planned.needs_approval else "change_targets"
    record(actor=actor, action=action, obj=change, now=now, vendor=contract.vendor, changes=_in_short(change))
    return change


@transaction.atomic
def approve_change(pk: int, *, final: Locks, actor: Actor, now: datetime) -> TargetChange:
    """Approve a change that waits, and store it.

    Raise NotFound, Forbidden ``own_change``, or Conflict: ``decided``, or ``cannot_apply`` with every cell that is no
    longer what it was, or whose month was closed meanwhile.
    """
    change = _waiting(pk, actor)
    if is_own(change, actor):
        raise Forbidden("own_change", _("Somebody else has to approve what you proposed yourself."))
    cells = read_cells(change.cells)
    grid = _locked_grid(change.contract, change.year, cells, final)
    planned = plan_change(grid, cells, goes_on=change.goes_on)
    if planned.errors:
        text = _("It can no longer be stored as it was proposed. Return it, so that it is proposed anew.")
        raise Conflict("cannot_apply", text, planned.errors)
    _write(grid, planned, actor)
    return _decided(change, TargetChangeStatus.APPROVED, "approve_targets", "", actor, now)


@transaction.atomic
def return_change(pk: int, *, reason: str, actor: Actor, now: datetime) -> TargetChange:
    """Return a change that waits, with a reason; nothing of it counts. Raise as :func:`approve_change` does."""
    change = _waiting(pk, actor)
    if is_own(change, actor):
        raise Forbidden("own_change", _("Somebody else has to decide on what you proposed yourself."))
    if not reason.strip():
        text = _("Say why it is returned, so that it can be mended.")
        raise Invalid("required", text, [RowError("required", text, "reason")])
    return _decided(change, TargetChangeStatus.RETURNED, "return_targets", reason.strip()[:2000], actor, now)


@transaction.atomic
def withdraw_change(pk: int, *, actor: Actor, now: datetime) -> TargetChange:
    """Take back one's own change that waits. Raise NotFound, Forbidden ``not_own``, or Conflict ``decided``."""
    change = _waiting(pk, actor)
    if not is_own(change, actor):
        raise Forbidden("not_own", _("Only who proposed it takes it back; you may return it."))
    return _decided(change, TargetChangeStatus.WITHDRAWN, "withdraw_targets", "", actor, now)


def is_own(change: TargetChange, actor: Actor) -> bool:
    """Say whether ``actor``, or the person behind it, proposed the change."""
    person = person_of(actor)
    return change.proposed_by == actor.label or (person is not None and person == change.user_id)


def _locked_grid(contract: Contract, year: int, cells: Iterable[Cell], final: Locks) -> Grid:
    """Read the grid while nobody else closes its months or changes its targets; series that lack are made."""
    Contract.objects.select_for_update(no_key=True, of=("self",)).get(pk=contract.pk)
    grid = load_grid(contract, year, final, add={cell.kpi for cell in cells if not cell.queue})
    for row in grid.rows:
        if row.series_id is None:
            key = TargetSeries.key_of(contract.pk, None, row.kpi.pk, PeriodKind.MONTH)
            about = {"contract": contract, "kpi": row.kpi, "period": PeriodKind.MONTH}
            TargetSeries.objects.get_or_create(key=key, defaults=about)
    list(TargetSeries.objects.select_for_update().filter(contract=contract).order_by("id"))
    # What was read before the series were locked may be old.
    return load_grid(contract, year, final)


def _write(grid: Grid, planned: Plan, actor: Actor) -> None:
    """Store the versions of a plan: what goes first, so that no two ever overlap."""
    series = [plan.row.series_id for plan in planned.rows if plan.row.series_id is not None]
    stored: dict[tuple[int, date], Target] = {
        (row.series_id, row.valid_from): row for row in Target.objects.filter(series__in=series)
    }
    kept: list[Target] = []
    begun: list[Target] = []
    for plan, about in zip(planned.rows, series, strict=True):
        for version in plan.after:
            row = stored.pop((about, version.start), None)
            target = row or Target(series_id=about, valid_from=version.start, created_by_id=actor.user_id)
            if row is None or _differs(row, version):
                _fill(target, version)
                (begun if row is None else kept).append(target)
    for target in stored.values():
        target.delete()
    if kept:
        bulk_update_with_history(kept, Target, [*VALUE_FIELDS, "valid_until"], batch_size=50)
    if begun:
        bulk_create_with_history(begun, Target, batch_size=200)
    mark_days(grid.contract, *days_of(planned.rows))


def _differs(row: Target, version: Version) -> bool:
    same = all(getattr(row, name) == value for name, value in version.values.items())
    return not same or row.valid_until != version.end


def _fill(target: Target, version: Version) -> None:
    target.valid_until = version.end
    for name, value in version.values.items():
        setattr(target, name, value)


def _waiting(pk: int, actor: Actor) -> TargetChange:
    """Return a change that waits and that the actor may decide on, locked."""
    if not actor.may(Capability.WRITE_SETUP):
        raise Forbidden("role", _("Your role does not include this function."))
    visible = TargetChange.objects.visible_to(actor.limited_to(Capability.WRITE_SETUP))
    found = visible.select_for_update(of=("self",)).select_related("contract__vendor").filter(pk=pk).first()
    if found is None:
        raise NotFound("not_found", _("There is no such change of targets."))
    change: TargetChange = found
    if change.status != TargetChangeStatus.WAITING:
        raise Conflict("decided", _("This change was already decided on."))
    return change


def _decided(change: TargetChange, status: str, action: str, reason: str, actor: Actor, now: datetime) -> TargetChange:
    change.status, change.reason = status, reason
    change.decided_by, change.decided_at = actor.label[:200], now
    change.save(update_fields=["status", "reason", "decided_by", "decided_at"])
    changes = _in_short(change) | ({"reason": reason} if reason else {})
    record(actor=actor, action=action, obj=change, now=now, vendor=change.contract.vendor, changes=changes)
    return change


def _in_short(change: TargetChange) -> dict[str, Any]:
    return {"contract": change.contract.code, "year": change.year, "cells": len(change.cells)}
