"""Whether two sources agree on a figure (features §1, 15)."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

from kpis.calc.rounding import EXACT

Stored = int | str | list[int]
"""A value as it is stored: a whole number, a decimal string, or the counts of a histogram."""


def difference(first: Stored, second: Stored) -> Decimal | None:
    """Return second − first; of histograms the sum over the buckets of what differs, null where their number does."""
    if isinstance(first, list) or isinstance(second, list):
        if not (isinstance(first, list) and isinstance(second, list)) or len(first) != len(second):
            return None
        return Decimal(sum(abs(one - other) for one, other in zip(first, second, strict=True)))
    with localcontext(EXACT):
        return Decimal(str(second)) - Decimal(str(first))


def differs(first: Stored, second: Stored, *, percent: Decimal | None, absolute: Decimal | None) -> bool:
    """Say whether two sources differ beyond what is tolerated.

    Within either tolerance is within; a null tolerance allows nothing. ``percent`` is of the first source's
    figure, in the size of its sum where it is a histogram.
    """
    gap = difference(first, second)
    if gap is None:
        return True
    if gap == 0 or (absolute is not None and abs(gap) <= absolute):
        return False
    if percent is None:
        return True
    with localcontext(EXACT):
        return abs(gap) * 100 > percent * size_of(first)


def size_of(value: Stored) -> Decimal:
    """Return how large a figure is: its absolute value, or the sum of its buckets."""
    return Decimal(sum(value)) if isinstance(value, list) else abs(Decimal(str(value)))


def percent_of(first: Any, second: Any) -> Decimal | None:
    """Return the difference in percent of the first figure, two decimals; null where there is nothing to divide by."""
    gap = difference(first, second)
    size = size_of(first)
    return None if gap is None or not size else (100 * gap / size).quantize(Decimal("0.01"))
