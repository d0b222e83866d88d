"""The programme's score over the last periods of one kind: what the overview of each of them says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from bpo.calc.overview import mean
from bpo.queries.overview import Cards, cards_of, contracts_in, parts_of, told_score
from bpo.queries.standings import computed, stored
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period
from vendors.models import Contract

if TYPE_CHECKING:
    from vendors.actors import Actor

POINTS = {PeriodKind.WEEK: 13, PeriodKind.MONTH: 13, PeriodKind.QUARTER: 5, PeriodKind.YEAR: 3}
"""How many periods of each kind are shown."""


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """One period: its score (null where no contract has one) and those of its contracts, by key."""

    period: Period
    score: Decimal | None
    scores: Mapping[int, Decimal]


@dataclass(frozen=True, slots=True)
class ScoreTrend:
    """The contracts that have a score in any of the periods, and the periods, the oldest first."""

    contracts: Sequence[Contract]
    points: Sequence[ScorePoint]


def score_trend(actor: Actor, period: Period, *, now: datetime, vendor: str = "") -> ScoreTrend:
    """Return the scores of the periods up to ``period``, as ``actor`` may see them; a constant number of queries.

    A month is its cards', or its KPI lines' where the actor sees no card; other periods are judged from the counts.
    """
    periods = [period]
    while len(periods) < POINTS[period.kind]:
        periods.insert(0, periods[0].previous())
    whole = Period(period.kind, periods[0].start, period.end)
    contracts = contracts_in(actor, whole, vendor)
    is_monthly = period.kind is PeriodKind.MONTH
    found = (stored if is_monthly else computed)(contracts, periods, now).standings
    cards: Cards = cards_of(actor, contracts, periods[0].start, period.start) if is_monthly else {}
    points = []
    for one in periods:
        scores = {}
        for contract in contracts.values():
            parts = parts_of(found[one], contract.pk) if _runs_in(contract, one) else []
            card = cards.get((contract.pk, one.start))
            score = told_score(card if parts else None, parts)
            if score is not None:
                scores[contract.pk] = score
        points.append(ScorePoint(one, mean(list(scores.values())), scores))
    scored = {key for point in points for key in point.scores}
    return ScoreTrend([row for key, row in contracts.items() if key in scored], points)


def _runs_in(contract: Contract, period: Period) -> bool:
    return contract.starts_on < period.end and (contract.ends_on is None or contract.ends_on >= period.start)
