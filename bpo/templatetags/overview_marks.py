"""The cells of the executive overview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from bpo.queries.overview import Row
from bpo.queries.overview_cells import Cell
from bpo.templatetags.bpo_pages import WORDS

register = template.Library()


@register.filter
def cell_of(row: Row, kpi: Any) -> Cell | None:
    """Return a row's cell of a column; null where the contract has no such KPI."""
    return row.cells.get(kpi.pk)


@register.inclusion_tag("bpo/_heat.html")
def heat(cell: Cell) -> Mapping[str, Any]:
    """Show a value with where it stands: a shape and a word, and what external factors changed."""
    return {"cell": cell, "word": WORDS.get(cell.standing, cell.standing)}
