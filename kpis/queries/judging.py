"""One target series in one period, judged by all that holds for it: its versions, its terms, what others owe."""

from __future__ import annotations

from dataclasses import dataclass

from kpis.calc.coverage import Expected
from kpis.calc.formula import parse
from kpis.calc.judge import Judgement, judge
from kpis.queries.definitions import Definition
from kpis.queries.pooled import PeriodFacts
from kpis.queries.series import Series, TargetVersion, Terms, World


@dataclass(frozen=True, slots=True)
class Judged:
    """What a period comes to, and what it was judged by.

    ``expected`` are the expected days by queue, ``spared`` those of them that lack only what others provide.
    """

    judgement: Judgement
    definition: Definition
    versions: list[TargetVersion]
    terms: Terms
    expected: Expected
    spared: Expected


def judged(world: World, series: Series, facts: PeriodFacts) -> Judged:
    """Judge a series in the period of ``facts``: the one way to its figure, wherever it is shown or stored."""
    period = facts.period
    definition = world.definitions.on(series.kpi, period.start)
    versions = series.in_force(period)
    terms = world.terms_on(series.contract, period.start)
    measures = parse(definition.rule.formula).measures
    days, expected = facts.of_kpi(definition.channel, measures)
    is_of_others = world.of_others(series.contract, measures)
    spared = facts.gaps_of_others(definition.channel, measures, is_of_others) if is_of_others else {}
    judgement = judge(
        definition.rule,
        [version.rule for version in versions],
        days,
        expected,
        period,
        today=world.today_of(series.contract),
        policy=terms.missing_day_policy,
        grace_days=terms.grace_days,
        spared=spared,
    )
    return Judged(judgement, definition, versions, terms, expected, spared)
