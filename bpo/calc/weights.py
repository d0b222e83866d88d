"""Weights that add up to 100."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import TypeVar

WHOLE = Decimal(100)
STEP = Decimal("0.01")
Key = TypeVar("Key")


def to_hundred(weights: Mapping[Key, Decimal]) -> dict[Key, Decimal]:
    """Return positive ``weights`` in the same proportion with a sum of exactly 100, to two places.

    What is left of rounding down goes to those that lost most by it, the earlier of equals first. Weights that add up
    to 100 are left as they are.
    """
    total = sum(weights.values())
    if total == WHOLE or not total:
        return dict(weights)
    exact = {key: WHOLE * weight / total for key, weight in weights.items()}
    found = {key: share.quantize(STEP, ROUND_DOWN) for key, share in exact.items()}
    left = int((WHOLE - sum(found.values())) / STEP)
    for key in sorted(exact, key=lambda key: found[key] - exact[key])[:left]:
        found[key] += STEP
    return found
