"""Replaying a proposed target on the last twelve months of every contract that is judged by the KPI.

A month is judged as its scorecard is: the same counts, missing days, external factors and rounding, with the proposed
level in the place of those that held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period, period_of
from kpis.calc.target_bench import Replay, Tally, tally
from kpis.models import Kpi
from kpis.queries.figures import Figures
from kpis.queries.judging import judged
from kpis.queries.relief import Relief
from kpis.queries.series import Series, TargetVersion, World
from vendors.models import Contract

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Replayed:
    """One contract's months, oldest first, and how often the proposed level was met in them."""

    contract: Contract
    months: Sequence[Replay]
    tally: Tally


def replayed(kpi: Kpi, contracts: Sequence[Contract], target: Decimal, *, now: datetime) -> list[Replayed]:
    """Replay ``target`` as the level of a KPI for these contracts.

    Contracts that have no pooled monthly target of the KPI are left out. The number of queries is constant.
    """
    world = World([contract.pk for contract in contracts], now=now)
    named = {contract.pk: contract for contract in contracts}
    pairs = [
        (series, month)
        for series in world.series
        if series.kpi == kpi.pk and series.queue is None and series.kind is PeriodKind.MONTH and series.versions
        for month in _months_before(world.today_of(series.contract))
    ]
    figures, relief, measures = world.load_figures(pairs), world.load_relief(pairs), world.measures_of(pairs)
    months: dict[Contract, list[Replay]] = defaultdict(list)
    for series, month in pairs:
        facts = _facts(world, series, month, figures, relief, measures)
        months[named[series.contract or 0]].append(_replay(world, series, facts, month, target))
    found = [Replayed(contract, rows, tally(rows)) for contract, rows in months.items()]
    return sorted(found, key=lambda row: (row.contract.vendor.code, row.contract.code))


def _facts(world: World, series: Series, month: Period, figures: Figures, relief: Relief, measures: set[str]) -> Any:
    """Return what was reported in the month, without what approved external factors take out."""
    rule = world.definitions.on(series.kpi, month.start).rule
    return relief.counted(world.spans_of(series), figures, month, measures, rule)


def _months_before(today: date) -> list[Period]:
    """Return the twelve months that were over by ``today``, oldest first."""
    found, month = [], period_of(PeriodKind.MONTH, today)
    for _number in range(MONTHS):
        month = month.previous()
        found.append(month)
    return found[::-1]


def _replay(world: World, series: Series, facts: Any, month: Period, target: Decimal) -> Replay:
    proposed = replace(series, versions=(_proposed(series, target),))
    assessment = judged(world, proposed, facts).judgement.assessment
    now = judged(world, series, facts).judgement.assessment if series.in_force(month) else None
    return Replay(
        month.start,
        assessment.value,
        assessment.attainment,
        assessment.status,
        now.status if now else None,
    )


def _proposed(series: Series, target: Decimal) -> TargetVersion:
    """Return the newest version with the proposed level, as if it had always held."""
    last = series.versions[-1]
    row = replace(last.row, valid_from=date.min, valid_until=None)
    return TargetVersion(last.id, replace(last.rule, target=target, valid_from=None, valid_until=None), row)
