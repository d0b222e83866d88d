"""How much relief a month has had, against the most its contract agrees to (mathematics §4.8)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

from kpis.calc.facts import Direction
from kpis.calc.rounding import QUOTIENT

HUNDRED = Decimal(100)
PLACES = Decimal("0.01")


class Use(NamedTuple):
    """A cap, what is used of it, and what would be with what is asked for; all in the unit of the cap."""

    most: Decimal
    used: Decimal
    wanted: Decimal

    @property
    def left(self) -> Decimal:
        """What may still be given."""
        return max(Decimal(0), self.most - self.used)

    @property
    def is_over(self) -> bool:
        """Say whether it goes beyond the cap; what takes no more than is used already never does."""
        return self.wanted > max(self.most, self.used)


def gained(direction: Direction, gross: Decimal | None, adjusted: Decimal | None) -> Decimal:
    """Return by how much relief makes a KPI better, on its own scale; zero where it makes it worse or says nothing."""
    if gross is None or adjusted is None or direction not in (Direction.HIGHER, Direction.LOWER):
        return Decimal(0)
    better = adjusted - gross if direction is Direction.HIGHER else gross - adjusted
    return max(Decimal(0), better)


def taken_share(gross: Decimal, adjusted: Decimal) -> Decimal:
    """Return how much of a volume relief takes out, in per cent with two decimals; zero where there is none."""
    if gross <= 0 or adjusted >= gross:
        return Decimal(0)
    with localcontext(QUOTIENT):
        return (HUNDRED * (gross - adjusted) / gross).quantize(PLACES, ROUND_HALF_UP)
