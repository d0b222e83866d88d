"""KPIs of a set-up that nobody has figures of, taken off its contracts in one go; the other weights make 100."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from bpo.queries.target_pages import final_months
from bpo.services.programme.undoing import locked_set_up
from bpo.services.whole_weights import brought_to_hundred
from kpis.queries.target_grid import Grid, load_grid
from kpis.services.target_changes import change_targets
from kpis.services.target_grid import Cell, plan_change
from kpis.services.target_values import plain
from vendors.actors import Actor
from vendors.models import Contract


@dataclass(slots=True)
class LeftOut:
    """How many contracts were changed, and the names of those that would have no KPI left and were not."""

    changed: int = 0
    as_they_were: list[str] = field(default_factory=list)


@transaction.atomic
def leave_out(pk: int, chosen: Mapping[str, Collection[str]], *, actor: Actor, now: datetime) -> LeftOut:
    """Take KPIs (codes) off contracts (codes) of a set-up from its month on; a contract keeps one that has no other.

    All or nothing. Raise Forbidden, NotFound, Conflict ``undone``, and Invalid as the change of targets does.
    """
    made = locked_set_up(pk, actor)
    first = date.fromisoformat(f"{made.wish['month']}-01")
    contracts = Contract.objects.filter(code__in=set(chosen) & set(made.made["contracts"])).order_by("code")
    done = LeftOut()
    for contract in contracts.select_related("vendor"):
        final = final_months(contract)
        grid = load_grid(contract, first.year, final)
        emptied = _without(grid, first, chosen[contract.code])
        if not emptied:
            continue
        if not _is_any_left(grid, first, chosen[contract.code]):
            done.as_they_were.append(contract.name)
            continue
        cells = brought_to_hundred(grid, plan_change(grid, emptied, goes_on=True))
        change_targets(contract, first.year, cells, goes_on=True, final=final, actor=actor, now=now)
        done.changed += 1
    return done


def _without(grid: Grid, first: date, kpis: Collection[str]) -> list[Cell]:
    """Return the cells that empty the targets of these KPIs in every open month from ``first`` on."""
    return [
        Cell(*row.key, "target", month.start, plain(level), "")
        for row in grid.rows
        if row.kpi.code in kpis
        for month in grid.months
        if month.start >= first and grid.lock(month) is None and (level := row.level("target", month)) is not None
    ]


def _is_any_left(grid: Grid, first: date, kpis: Collection[str]) -> bool:
    """Say whether another KPI has a target in the month that begins on ``first``."""
    month = grid.months[first.month - 1]
    return any(row.kpi.code not in kpis and row.level("target", month) is not None for row in grid.rows)
