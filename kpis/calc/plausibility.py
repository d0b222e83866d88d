"""Whether a reported figure is far off what the same weekday usually brings.

Exact and without distributions: daily counts of customer centres spread far wider than Poisson's, differ by weekday,
and have days that stand out (holidays, outages) in their own history. So the yardstick is the median of the last
weeks' same weekday, and a figure stands out only where all three hold:

* it is outside everything those days brought, by more than six standard deviations as the median absolute deviation
  (MAD) estimates them (1.4826 of it is one), so 9 times the MAD;
* the same in proportion, so that a measure that usually swings three-fold (waiting seconds, abandoned calls) may: by
  more than the median factor to the ninth power, which is never taken for less than 1.1 (a factor of 2.36);
* by more than six times the square root of the median, which is what counting alone explains.

Where too few such days are known, totals of months give a coarse yardstick: their means a day open. A weekday may
well bring a third or three times the mean of its month, so only what is further off than a factor of
:data:`COARSE_FACTOR` from all of the means stands out, and by more than counting alone explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from kpis.calc.facts import Number

ENOUGH = 6
"""Days of the same weekday, of the last eight weeks', below which nothing is said."""
DEVIATIONS = 9
LEAST_FACTOR = Decimal("1.1")
COARSE_FACTOR = 5


class Usual(NamedTuple):
    """What the same weekday, or a month's days on the mean, brought: the least, the middle and the most."""

    low: Number
    middle: Number
    high: Number


def far_off(value: Number, history: Sequence[Number]) -> Usual | None:
    """Return what ``history`` (the same weekday's figures) usually brings where ``value`` is far off it, else None."""
    if len(history) < ENOUGH:
        return None
    low, high = min(history), max(history)
    if low <= value <= high:
        return None
    middle = _median(sorted(history))
    distance = abs(value - middle)
    if distance**2 <= 36 * max(middle, Decimal(1)) or distance <= DEVIATIONS * _median(
        sorted([abs(x - middle) for x in history])
    ):
        return None
    usual_factor = max(_median(sorted([_factor(x, middle) for x in history])), LEAST_FACTOR)
    return Usual(low, middle, high) if _factor(value, middle) > usual_factor**DEVIATIONS else None


def far_off_means(value: Number, means: Sequence[Number]) -> Usual | None:
    """Return what ``means`` (a day open, of some months) come to where ``value`` is far off all of them, else None."""
    if not means or min(means) <= value <= max(means):
        return None
    middle = _median(sorted(means))
    if abs(value - middle) ** 2 <= 36 * max(middle, Decimal(1)):
        return None
    nearest = min(means) if value < min(means) else max(means)
    return Usual(min(means), middle, max(means)) if _factor(value, nearest) > COARSE_FACTOR else None


def _median(ordered: Sequence[Number]) -> Decimal:
    half = len(ordered) // 2
    return Decimal(ordered[half]) if len(ordered) % 2 else (Decimal(ordered[half - 1]) + ordered[half]) / 2


def _factor(one: Number, other: Number) -> Decimal:
    """Return how many times the larger is the smaller; one is added to both, so that nothing is divided by zero."""
    return (Decimal(max(one, other)) + 1) / (Decimal(min(one, other)) + 1)
