"""Whether a figure of many may be told to everybody without telling what one of them did."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

FEWEST = 3
"""So many must have a part in it: of two, each would know the other's."""
LARGEST = (2, 3)
"""The most of the whole that one of them may have, as a fraction."""


def may_be_told(parts: Iterable[Decimal]) -> bool:
    """Say whether a figure is safe, from how much of its volume each has; who has none has no part in it.

    The threshold and dominance rules of official statistics: Hundepool et al., Statistical Disclosure Control (2012),
    chapter 4.
    """
    counted = [part for part in parts if part > 0]
    most, whole = LARGEST
    return len(counted) >= FEWEST and max(counted) * whole <= sum(counted, Decimal(0)) * most
