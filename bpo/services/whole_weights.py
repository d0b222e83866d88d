"""Weights of a planned change of targets, brought to 100 in the months it touches."""

from __future__ import annotations

from decimal import Decimal

from bpo.calc.weights import to_hundred
from kpis.queries.target_grid import Grid, level_in
from kpis.services.target_grid import Cell, Plan
from kpis.services.target_values import plain


def brought_to_hundred(grid: Grid, plan: Plan) -> list[Cell]:
    """Return the cells of a plan with those that bring the weights of its months to 100, in the same proportion.

    A weight that was typed is brought along; what the plan takes away counts no more.
    """
    after = {one.row.key: one.after for one in plan.rows}
    touched = {cell.month for cell in plan.cells if cell.level in ("weight", "target")}
    found = {(cell.key, cell.level, cell.month): cell for cell in plan.cells}
    for month in grid.months:
        if month.start not in touched:
            continue
        given = {row.key: level_in(after.get(row.key, row.versions), "weight", month) for row in grid.rows}
        weights = {key: weight for key, weight in given.items() if weight is not None and weight > 0}
        for key, weight in to_hundred(weights).items():
            row = grid.row(key)
            before: Decimal | None = row.level("weight", month) if row else None
            if weight != weights[key]:
                stands = "" if before is None else plain(before)
                found[key, "weight", month.start] = Cell(*key, "weight", month.start, stands, plain(weight))
    return list(found.values())
