"""The programme at a glance: a contract's score from its KPI lines, and which of them moved it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

PLACES, CARD_PLACES = Decimal("0.01"), Decimal("0.0001")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Part:
    """One weighted line of a contract in a period, of the KPI ``key``; a KPI may have one a queue.

    ``score`` is null without volume, 0 where nothing was reported; ``is_reported`` tells that 0 from an earned one.
    """

    key: int
    score: Decimal | None
    weight: Decimal
    is_reported: bool = True


@dataclass(frozen=True, slots=True)
class Move:
    """How many points one KPI moved a contract's score by."""

    key: int
    points: Decimal


def contributions(parts: Iterable[Part]) -> dict[int, Decimal]:
    """Return the points each KPI brings: score x weight ÷ the weights that count. What has no volume counts nothing.

    Where nothing at all was reported there are none: a total of policy alone is no result.
    """
    known = [part for part in parts if part.score is not None]
    if not any(part.is_reported for part in known):
        return {}
    counting = [(part.key, part.score or Decimal(0), part.weight) for part in known]
    whole = sum((weight for _, _, weight in counting), Decimal(0))
    points: dict[int, Decimal] = defaultdict(lambda: Decimal(0))
    for key, score, weight in counting:
        points[key] += score * weight / whole
    return dict(points)


def score_of(parts: Iterable[Part]) -> Decimal | None:
    """Return the score of the KPI lines alone; null where none counts or nothing was reported.

    To the four places of a card, so that who sees no card is told the same once both are written with two.
    """
    points = contributions(parts)
    return sum(points.values(), Decimal(0)).quantize(CARD_PLACES, ROUND_HALF_UP) if points else None


def share_counted(parts: Iterable[Part]) -> Decimal | None:
    """Return the share of weight that was reported, in per cent; null where all of it was, or none."""
    weighed = list(parts)
    whole = sum((part.weight for part in weighed), Decimal(0))
    counted = sum((part.weight for part in weighed if part.is_reported), Decimal(0))
    return (HUNDRED * counted / whole).quantize(PLACES, ROUND_HALF_UP) if Decimal(0) < counted < whole else None


def moves(now: Iterable[Part], before: Iterable[Part]) -> list[Move]:
    """Return what moved the score from one period to the next, the largest fall first; their sum is the change."""
    later, earlier = contributions(now), contributions(before)
    if not later or not earlier:
        return []
    found = [Move(key, later.get(key, Decimal(0)) - earlier.get(key, Decimal(0))) for key in later.keys() | earlier]
    return sorted(found, key=lambda move: (move.points, move.key))


def mean(scores: Sequence[Decimal]) -> Decimal | None:
    """Return the plain mean of scores, to two places."""
    return (sum(scores, Decimal(0)) / len(scores)).quantize(PLACES, ROUND_HALF_UP) if scores else None
