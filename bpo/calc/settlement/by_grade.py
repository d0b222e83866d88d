"""The scheme by grade (contract_mechanics §9): per cent of the fee, in steps or a part of the way between edges."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from itertools import pairwise

from bpo.calc.grades import GRADE_DECIMALS, GradeTable, grade_of
from bpo.calc.settlement.facts import MonthFacts, Step
from bpo.calc.settlement.rules import Between, MoneyRules
from kpis.calc.rounding import QUOTIENT, round_value

HUNDRED = Decimal(100)


def grade_steps(rules: MoneyRules, month: MonthFacts, score: Decimal, fee: Decimal) -> list[Step]:
    """Return the steps of the scheme, the last of which has its amount; KeyError for a grade without a percentage."""
    percent = percent_of(score, month.grade, month.grades, rules.percents, rules.between)
    about: dict[str, Decimal | str | None] = {"score": score, "between": rules.between}
    steps = []
    if percent > 0 and not month.has_incentive:
        steps.append(Step("no_incentive", month.grade, {"percent": percent}))
        percent = Decimal(0)
    with localcontext(QUOTIENT):
        amount = fee * percent / HUNDRED
    return [*steps, Step("grade", month.grade, about | {"fee": fee, "percent": percent}, amount)]


def percent_of(
    score: Decimal, grade: str, table: GradeTable, percents: Mapping[str, Decimal], between: Between
) -> Decimal:
    """Return the per cent of the fee. A grade that gates lowered earns no more than its own, whatever the score."""
    own = percents[grade]
    if between is Between.STEP:
        return own
    sliding = _sliding(round_value(score, GRADE_DECIMALS), table, percents)
    return sliding if grade_of(score, table) == grade else min(sliding, own)


def _sliding(score: Decimal, table: GradeTable, percents: Mapping[str, Decimal]) -> Decimal:
    """Return the per cent between the edges around ``score``: at each edge it is that grade's own."""
    for better, worse in pairwise(table):
        if worse.lower <= score < better.lower:
            low, high = percents[worse.grade], percents[better.grade]
            with localcontext(QUOTIENT):
                return low + (high - low) * (score - worse.lower) / (better.lower - worse.lower)
    return percents[table[0].grade]
