"""Volume against its locked forecast: what is owed at most, how accurate it was, and what a coarse grain hides.

Source: contract_mechanics §4. Volumes are counts; a band of 10 means ±10 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from kpis.calc.facts import Number
from kpis.calc.rounding import EXACT, QUOTIENT

HUNDRED = Decimal(100)


def limit_of(forecast: Decimal, share: Decimal) -> Decimal:
    """Return the most that is owed of a forecast: ``share`` of 1.10 is 110 % of it."""
    with localcontext(EXACT):
        return forecast * share


def beyond(volume: Number, forecast: Decimal, band: Decimal) -> bool:
    """Say whether a volume lies above the band around its forecast."""
    return volume > limit_of(forecast, 1 + band / HUNDRED)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far forecasts were off: WAPE Σ|F−A| ÷ ΣA and bias Σ(A−F) ÷ ΣF, both in per cent; null without volume."""

    wape: Decimal | None
    bias: Decimal | None


def accuracy(pairs: Iterable[tuple[Decimal, Number]]) -> Accuracy:
    """Return the accuracy of pairs of forecast and actual, each of one period at the forecast's own grain."""
    rows = list(pairs)
    with localcontext(QUOTIENT):
        forecast = sum((one for one, _actual in rows), Decimal(0))
        actual = sum((Decimal(one) for _forecast, one in rows), Decimal(0))
        missed = sum((abs(planned - came) for planned, came in rows), Decimal(0))
        return Accuracy(
            HUNDRED * missed / actual if actual else None,
            HUNDRED * (actual - forecast) / forecast if forecast else None,
        )


def hidden_surges(volumes: Mapping[date, Number], forecast: Decimal, band: Decimal) -> Sequence[tuple[date, Decimal]]:
    """Return the days of one forecast period that lie above the band although the whole period does not.

    Each with its per cent above an even share of the forecast; none where the period itself is beyond the band.
    """
    if not volumes or beyond(sum(volumes.values()), forecast, band):
        return []
    with localcontext(QUOTIENT):
        share = forecast / len(volumes)
        if not share:
            return []
        return [
            (day, HUNDRED * (volume - share) / share)
            for day, volume in sorted(volumes.items())
            if beyond(volume, share, band)
        ]
