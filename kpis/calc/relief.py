"""Taking what an approved external factor covers out of what was reported (design §4.8, mathematics §4.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from kpis.calc.aggregation import measures_of
from kpis.calc.facts import Direction, KpiRule, Number, Rollup, Value
from kpis.calc.formula import parse
from kpis.calc.rounding import EXACT, QUOTIENT


class Method(StrEnum):
    """What happens to an affected part of a queue-day: it leaves, its volume is capped, or it is replaced."""

    EXCLUDE = "exclude"
    CAP = "cap"
    REPLACE = "replace"


class SliceError(ValueError):
    """A slice that is no part of its day: more was taken out of ``measure`` than was reported of it."""

    def __init__(self, measure: str) -> None:
        super().__init__(measure)
        self.measure = measure


def uplift(gross: Decimal | None, adjusted: Decimal | None) -> Decimal | None:
    """Return what taking the slices out adds to a figure, on its own scale; null where either has no value."""
    return None if gross is None or adjusted is None else adjusted - gross


def can_be_relieved(rule: KpiRule) -> bool:
    """Say whether slices may be taken out of a KPI.

    Not out of one that names a stock (what stands in the evening has no slices) and not out of one that tolerates
    nothing: each case of it is judged by itself.
    """
    return rule.direction is not Direction.ZERO and not measures_of(rule)[Rollup.STOCK]


def remainder(day: Mapping[str, Value], slices: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    """Return the measures of a queue-day without its slices; raise :class:`SliceError` where they do not fit in it."""
    rest = dict(day)
    with localcontext(EXACT):
        for taken in slices:
            for code, value in taken.items():
                rest[code] = _less(code, rest.get(code), value)
    return rest


def _less(code: str, whole: Value | None, part: Value) -> Value:
    if isinstance(whole, tuple) and isinstance(part, tuple) and len(whole) == len(part):
        if any(taken > bucket or taken < 0 for bucket, taken in zip(whole, part, strict=True)):
            raise SliceError(code)
        return tuple(bucket - taken for bucket, taken in zip(whole, part, strict=True))
    if whole is None or isinstance(whole, tuple) or isinstance(part, tuple):
        raise SliceError(code)
    if not 0 <= part <= whole:
        raise SliceError(code)
    return whole - part


class Ratio(NamedTuple):
    """A KPI that is ``factor × hits / volume``, both one measure each: what a cap and a replacement can be put to."""

    hits: str
    volume: str
    factor: Decimal


def ratio_of(rule: KpiRule) -> Ratio | None:
    """Return the two measures of a plain ratio; null for every other formula."""
    return _ratio_in(rule.formula) if rule.aggregation == "ratio_of_sums" else None


@lru_cache(maxsize=512)
def _ratio_in(text: str) -> Ratio | None:
    formula = parse(text)
    below = formula.denominator
    if below is None or len(formula.measures) != 2 or len(below.measures) != 1 or below.text != below.measures[0]:
        return None
    (volume,) = below.measures
    (hits,) = (code for code in formula.measures if code != volume)
    found = [formula.evaluate({hits: top, volume: bottom}) for top, bottom in ((0, 1), (1, 1), (2, 1), (1, 2))]
    factor = found[1]
    if factor is None or found != [0, factor, 2 * factor, factor / 2]:
        return None
    return Ratio(hits, volume, factor)


def capped(day: Mapping[str, Value], ratio: Ratio, direction: Direction, limit: Number) -> dict[str, Value]:
    """Return a day as if no more than ``limit`` of its volume were owed (contract_mechanics §4, mathematics §4.8).

    What is good counts up to the limit; of what is bad (lower is better), that beyond the limit is let off.
    """
    volume, hits = _counts(day, ratio)
    if volume <= limit:
        return dict(day)
    with localcontext(EXACT):
        kept = max(Decimal(0), hits - (volume - limit)) if direction is Direction.LOWER else min(hits, limit)
    return {**day, ratio.volume: limit, ratio.hits: kept}


def replaced(day: Mapping[str, Value], ratio: Ratio, part: Mapping[str, Value], level: Decimal) -> dict[str, Value]:
    """Return a day whose ``part`` (none: all of it) came to ``level``, its volume unchanged (mathematics §4.8).

    Raises :class:`SliceError` where the part is larger than the day.
    """
    if part and not {ratio.hits, ratio.volume} <= part.keys():
        return dict(day)
    volume = _counts(part or day, ratio)[0]
    left = _counts(remainder(day, [part]), ratio)[1] if part else Decimal(0)
    with localcontext(QUOTIENT):
        return {**day, ratio.hits: left + level * volume / ratio.factor}


def _counts(day: Mapping[str, Value], ratio: Ratio) -> tuple[Number, Number]:
    volume, hits = day[ratio.volume], day[ratio.hits]
    if isinstance(volume, tuple) or isinstance(hits, tuple):
        raise SliceError(ratio.volume)
    return volume, hits
