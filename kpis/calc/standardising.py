"""Vendors compared at the same mix, with intervals, and no rank where these overlap (mathematics §2.2).

The days of a stratum (a service on weekdays, say) are what strays: their ratio estimator gives the interval, so that
a census has one too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

Z = Decimal("1.96")
FEWEST_DAYS = 4
"""Of a stratum, for its days to say how far they stray."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Day:
    """One day in a stratum: its volume and its value."""

    stratum: str
    volume: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """What a vendor came to: as it is, at the mix of all, and how far the latter may be off.

    ``same_mix`` is null where the vendor lacks a stratum that others have; ``half_width`` where too few days say.
    """

    raw: Decimal
    same_mix: Decimal | None
    half_width: Decimal | None
    volume: Decimal

    @property
    def low(self) -> Decimal | None:
        return None if self.same_mix is None or self.half_width is None else self.same_mix - self.half_width

    @property
    def high(self) -> Decimal | None:
        return None if self.same_mix is None or self.half_width is None else self.same_mix + self.half_width


def weights_of(vendors: Iterable[Iterable[Day]]) -> dict[str, Decimal]:
    """Return the share of each stratum in the volume of all vendors together."""
    volumes: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for days in vendors:
        for day in days:
            volumes[day.stratum] += day.volume
    whole = sum(volumes.values(), ZERO)
    return {stratum: volume / whole for stratum, volume in volumes.items()} if whole else {}


def standing(days: Sequence[Day], weights: Mapping[str, Decimal]) -> Standing | None:
    """Return where a vendor stands; null without volume."""
    strata: dict[str, list[Day]] = defaultdict(list)
    for day in days:
        strata[day.stratum].append(day)
    volume = sum((day.volume for day in days), ZERO)
    if not volume:
        return None
    raw = sum((day.volume * day.value for day in days), ZERO) / volume
    if weights.keys() - strata.keys():
        return Standing(raw, None, None, volume)
    same_mix = sum((weights[name] * _mean(rows) for name, rows in strata.items()), ZERO)
    variances = [_variance(rows) for rows in strata.values()]
    if any(one is None for one in variances):
        return Standing(raw, same_mix, None, volume)
    pairs = zip(strata, variances, strict=True)
    half = Z * sum((weights[name] ** 2 * (one or ZERO) for name, one in pairs), ZERO).sqrt()
    return Standing(raw, same_mix, half, volume)


def _mean(days: Sequence[Day]) -> Decimal:
    return sum((day.volume * day.value for day in days), ZERO) / sum((day.volume for day in days), ZERO)


def _variance(days: Sequence[Day]) -> Decimal | None:
    """Return the variance of a stratum's mean, from how its days stray; null for too few of them."""
    count = len(days)
    if count < FEWEST_DAYS:
        return None
    mean, volume = _mean(days), sum((day.volume for day in days), ZERO)
    strays = sum(((day.volume * (day.value - mean)) ** 2 for day in days), ZERO)
    return strays * count / (count - 1) / volume**2


def ranks(standings: Mapping[str, Standing], *, is_higher_better: bool) -> dict[str, int | None]:
    """Return the rank of each vendor at the same mix, null for one whose interval overlaps another's."""
    spans = {
        name: (one.low, one.high) for name, one in standings.items() if one.low is not None and one.high is not None
    }
    order = sorted(spans, key=lambda name: (spans[name], name), reverse=is_higher_better)
    found: dict[str, int | None] = dict.fromkeys(standings)
    for place, name in enumerate(order, 1):
        low, high = spans[name]
        if all(high < spans[other][0] or spans[other][1] < low for other in order if other != name):
            found[name] = place
    return found
