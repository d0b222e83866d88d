"""Rounding: the one place where a figure loses digits (design §4.6)."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from kpis.calc.facts import Number, Rounding

ANSWER_DECIMALS = 4
EXACT = Context(prec=80)
"""Wide enough that a sum of reported values is never rounded."""
QUOTIENT = Context(prec=34)
"""What a quotient is carried to where it must be cut somewhere; far beyond any rounding a contract asks for."""

_WAYS = {Rounding.HALF_UP: ROUND_HALF_UP, Rounding.TRUNCATE: ROUND_DOWN}


@lru_cache(maxsize=64)
def _quantum(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)


def round_value(value: Number, decimals: int, rounding: Rounding = Rounding.HALF_UP) -> Decimal:
    """Round to ``decimals`` places: half away from zero, or cut off towards zero.

    The answer always carries exactly that many decimals: ``round_value(Decimal("94.95"), 1)`` is ``95.0``.
    """
    rounded = Decimal(value).quantize(_quantum(decimals), rounding=_WAYS[rounding], context=EXACT)
    return abs(rounded) if rounded.is_zero() else rounded


def to_answer(value: Number) -> Decimal:
    """Round an attainment or a score for an answer: 4 decimals, half up."""
    return round_value(value, ANSWER_DECIMALS)
