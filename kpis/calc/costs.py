"""What was taken out of one queue-day, as people count it: the calls it touched and those that were missed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

from kpis.calc.facts import Value
from kpis.calc.relief import Ratio
from kpis.calc.rounding import EXACT, QUOTIENT

PLACES = Decimal("0.01")


class Touched(NamedTuple):
    """A volume, and how much of it was not what the KPI counts as good."""

    volume: Decimal
    missed: Decimal


def touched_by(
    day: Mapping[str, Value],
    part: Mapping[str, Value],
    ratio: Ratio,
    *,
    is_higher_better: bool,
    limit: Decimal | None = None,
) -> Touched | None:
    """Return what a ``part`` (none: all) of a day had, by the two counts of a KPI; null where one is not there.

    Of a cap only what lies beyond its ``limit`` is let off, and no more misses than that.
    """
    counts = part or day
    volume, hits = counts.get(ratio.volume), counts.get(ratio.hits)
    if volume is None or hits is None or isinstance(volume, tuple) or isinstance(hits, tuple):
        return None
    with localcontext(EXACT):
        came = Decimal(volume)
        missed = max(Decimal(0), came - hits) if is_higher_better else Decimal(hits)
        if limit is not None:
            came = max(Decimal(0), came - limit)
        return Touched(came, min(missed, came))


def shared(whole: Touched | None, claims: Iterable[Touched]) -> list[Touched]:
    """Return what each of several claims on one queue-day has of it: a call is lost once, and who is first has it.

    ``whole`` is what the day had (null: unknown, so that nothing limits them); each claim gets what is left of it.
    """
    found = []
    for claim in claims:
        got = claim
        if whole is not None:
            volume = min(claim.volume, whole.volume)
            got = Touched(volume, min(claim.missed, whole.missed, volume))
            whole = Touched(whole.volume - got.volume, whole.missed - got.missed)
        found.append(got)
    return found


def weighted_points(rows: Iterable[tuple[Decimal | None, Decimal | None, Decimal | None]]) -> Decimal | None:
    """Return Σ w·(with − without) ÷ Σ w of rows (weight, score with relief, score without), in points of the card.

    Two decimals, half up; null where no weighed KPI has both scores.
    """
    known = [
        (weight, having, lacking)
        for weight, having, lacking in rows
        if weight and having is not None and lacking is not None
    ]
    if not known:
        return None
    with localcontext(QUOTIENT):
        total = sum((weight for weight, _having, _lacking in known), Decimal(0))
        gained = sum((weight * (having - lacking) for weight, having, lacking in known), Decimal(0))
        return (gained / total).quantize(PLACES, ROUND_HALF_UP)
