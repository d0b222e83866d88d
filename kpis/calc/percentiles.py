"""Percentiles of histograms: linear interpolation inside the bucket that crosses the share (mathematics §2.3).

Counts of different edges are never merged: :func:`edges_on` says which edges the counts of a day have.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import NamedTuple

from kpis.calc.facts import Edges
from kpis.calc.rounding import QUOTIENT


class Crossing(NamedTuple):
    """A bucket ``(low, high]`` holding ``inside`` items, ``below`` of all under it, and the item looked for."""

    low: Decimal
    high: Decimal
    inside: int
    below: int
    rank: Decimal


def edges_on(versions: Sequence[Edges], day: date) -> Edges:
    """Return the edges in force on ``day``: the last that began by then, the first having no beginning.

    ``versions`` come in the order of their beginning. Raises IndexError where there are none.
    """
    begun = [edges for edges in versions if (edges.valid_from or date.min) <= day]
    return begun[-1] if begun else versions[0]


def of_last_edges(
    versions: Sequence[Edges], dates: Sequence[date], rows: list[int] | None
) -> tuple[Edges | None, list[int] | None, bool]:
    """Return the edges of the last day, the rows that have the same ones, and whether others were left out.

    ``rows`` are places in ``dates``; None are all of them, going in and coming out.
    """
    chosen: Sequence[int] = range(len(dates)) if rows is None else rows
    if not chosen:
        return None, rows, False
    edges = edges_on(versions, max(dates[i] for i in chosen))
    began = edges.valid_from or date.min
    kept = [i for i in chosen if dates[i] >= began]
    return edges, kept if len(kept) < len(chosen) else rows, len(kept) < len(chosen)


def earlier(one: Edges, other: Edges) -> Edges:
    """Return the edges that began first."""
    return min(one, other, key=lambda edges: edges.valid_from or date.min)


def percentile(counts: Sequence[int], edges: Sequence[Decimal], share: Decimal) -> tuple[Decimal | None, bool]:
    """Return the value below which ``share`` percent of the items lie, and whether it is beyond the last edge.

    ``edges`` are the upper bucket edges, with or without the 0 the first bucket begins at; the last bucket is
    open, so a percentile in it answers the last edge and True. None where nothing was counted.

    Raises ValueError where the number of buckets does not fit the edges.
    """
    if not sum(counts):
        return None, False
    found = crossing(counts, edges, share)
    if found is None:
        return Decimal(edges[-1]), True
    with localcontext(QUOTIENT):
        return found.low + (found.high - found.low) * (found.rank - found.below) / found.inside, False


def crossing(counts: Sequence[int], edges: Sequence[Decimal], share: Decimal) -> Crossing | None:
    """Return the bucket in which ``share`` percent of the items are reached; None where it is the open one."""
    rank = share * sum(counts) / 100
    below = 0
    for count, (low, high) in zip(counts, pairwise(_bounds(len(counts), edges)), strict=False):
        if count and below + count >= rank:
            return Crossing(low, high, count, below, rank)
        below += count
    return None


def _bounds(buckets: int, edges: Sequence[Decimal]) -> list[Decimal]:
    """Return where the closed buckets begin and end."""
    bounds = [Decimal(edge) for edge in edges]
    if len(bounds) == buckets - 1:
        bounds.insert(0, Decimal(0))
    if len(bounds) != buckets:
        raise ValueError(f"{buckets} buckets do not fit {len(edges)} edges")
    return bounds
