"""The bucket edges of histogram measures, version by version."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from kpis.calc.facts import Edges, Rollup
from kpis.models import Measure

EdgesByMeasure = dict[str, tuple[Edges, ...]]


def edges_of_measures(codes: Iterable[str] | None = None) -> EdgesByMeasure:
    """Return every version of the edges of the histograms among ``codes`` (null: of all), in one query."""
    measures = Measure.objects.exclude(edges=None)
    if codes is not None:
        measures = measures.filter(code__in=codes)
    return {code: edges for code, (_rollup, edges) in rollups_and_edges(measures).items()}


def rollups_and_edges(measures: QuerySet[Measure]) -> dict[str, tuple[Rollup, tuple[Edges, ...]]]:
    """Return by code the roll-up of each measure and every version of its edges, in one query."""
    found: dict[str, tuple[Rollup, tuple[Edges, ...]]] = {}
    rows = measures.order_by("code", "later_edges__valid_from").values_list(
        "code", "rollup", "edges", "edges_version",
        "later_edges__edges", "later_edges__version", "later_edges__valid_from",
    )  # fmt: skip
    for code, rollup, bounds, version, later, later_version, valid_from in rows:
        first = () if bounds is None else (_edges(bounds, version, None),)
        _same, before = found.get(code, (rollup, first))
        found[code] = (Rollup(rollup), before if later is None else (*before, _edges(later, later_version, valid_from)))
    return found


def edges_of(measure: Measure) -> tuple[Edges, ...]:
    """Return every version of one measure's edges, the first one first; uses prefetched ``later_edges``."""
    if measure.edges is None:
        return ()
    later = sorted(measure.later_edges.all(), key=lambda row: row.valid_from)
    return (
        _edges(measure.edges, measure.edges_version, None),
        *(_edges(row.edges, row.version, row.valid_from) for row in later),
    )


def _edges(bounds: Any, version: str, valid_from: date | None) -> Edges:
    return Edges(tuple(Decimal(str(bound)) for bound in bounds), version, valid_from)
