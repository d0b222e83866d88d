"""The bucket edges of histogram measures, version by version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from kpis.calc.facts import Edges
from kpis.models import BucketEdges, Measure

EdgesByMeasure = dict[str, tuple[Edges, ...]]


def edges_of_measures(codes: Iterable[str] | None = None) -> EdgesByMeasure:
    """Return every version of the edges of the histograms among ``codes`` (null: of all), in two queries."""
    measures, later = Measure.objects.exclude(edges=None), BucketEdges.objects.all()
    if codes is not None:
        measures, later = measures.filter(code__in=codes), later.filter(measure__code__in=codes)
    versions: dict[str, list[Edges]] = defaultdict(list)
    for code, bounds, version in measures.order_by("code").values_list("code", "edges", "edges_version"):
        versions[code].append(_edges(bounds, version, None))
    rows = later.order_by("valid_from").values_list("measure__code", "edges", "version", "valid_from")
    for code, bounds, version, valid_from in rows:
        versions[code].append(_edges(bounds, version, valid_from))
    return {code: tuple(found) for code, found in versions.items()}


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
