"""How a percentile was read from its buckets, for readers: the buckets, and the interpolation with its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import Any

from kpis.calc.doubling import percentile_of
from kpis.calc.percentiles import crossing


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket: its edges as people write them, the cases in it, and those up to its end."""

    name: str
    count: int
    below: int


def buckets_of(figure: Mapping[str, Any]) -> list[Bucket]:
    """Return the buckets of a percentile's stored explanation; none for any other KPI."""
    counts, edges = _parts(figure)
    if not counts:
        return []
    names = [f"{_written(low)} – {_written(high)}" for low, high in pairwise(edges)] + [f"> {_written(edges[-1])}"]
    return [Bucket(*row) for row in zip(names, counts, accumulate(counts), strict=True)]


def interpolation(figure: Mapping[str, Any]) -> str:
    """Write the interpolation with its numbers: ``24 + (36 − 24) × (990 − 960) ÷ 45``."""
    counts, edges = _parts(figure)
    found = crossing(counts, edges, Decimal(percentile_of(figure["aggregation"]) or 0))
    if found is None:
        return f"> {_written(edges[-1])}"
    low, high, count, below, rank = (_written(number) for number in found)
    return f"{low} + ({high} − {low}) × ({rank} − {below}) ÷ {count}"


def _parts(figure: Mapping[str, Any]) -> tuple[Sequence[int], list[Decimal]]:
    """Return the counts and the edges with the 0 the first bucket begins at."""
    for code, edges in figure.get("edges", {}).items():
        bounds = [Decimal(edge) for edge in edges]
        counts: Sequence[int] = figure["inputs"][code]
        return counts, bounds if len(bounds) == len(counts) else [Decimal(0), *bounds]
    return (), []


def _written(number: Decimal | int) -> str:
    return f"{Decimal(number).normalize():,f}"
