"""The scheme by KPI (contract_mechanics §1, §2, §8, §10): allocation × severity, repeat, cap, bonus."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

from bpo.calc.settlement.facts import LineFact, MonthFacts, Outcome, Step
from bpo.calc.settlement.rules import Allocation, MoneyRules, Severity
from kpis.calc.rounding import EXACT, QUOTIENT

HUNDRED = Decimal(100)
NOTHING, WHOLE = Decimal(0), Decimal(1)


def kpi_steps(rules: MoneyRules, month: MonthFacts, score: Decimal | None, fee: Decimal) -> list[Step]:
    """Return the steps of the scheme; the amounts of ``cap`` and ``bonus`` are what counts."""
    with localcontext(EXACT):
        at_risk = fee * rules.at_risk / HUNDRED
        steps = [Step("at_risk", "", {"fee": fee, "percent": rules.at_risk}, at_risk)]
        reductions, is_critical = NOTHING, False
        for allocation in rules.allocations:
            outcome, one = _of_kpi(allocation, rules, month, at_risk)
            steps += one
            reductions += one[-1].amount or NOTHING
            is_critical = is_critical or (allocation.is_critical and outcome is Outcome.DEFAULT)
        capped = min(at_risk, reductions)
        steps.append(Step("cap", "", {"reductions": reductions, "most": at_risk}, -capped))
        return steps + _bonus(rules, month, score, fee, is_critical)


def _of_kpi(
    allocation: Allocation, rules: MoneyRules, month: MonthFacts, at_risk: Decimal
) -> tuple[Outcome | None, list[Step]]:
    """Return what the KPI's month is, and its steps: what it costs, and what the repeat makes of that."""
    line = month.line(allocation.kpi, allocation.queue, lambda one: severity_of(one, allocation))
    if line is None:
        return None, [Step("kpi", allocation.kpi, {"queue": allocation.queue, "outcome": "not_on_card"}, NOTHING)]
    outcome = line.outcome(is_over=month.is_over)
    share = severity_of(line, allocation) if outcome is Outcome.DEFAULT else NOTHING
    with localcontext(QUOTIENT):
        amount = at_risk * allocation.share / HUNDRED * share
    inputs: Mapping[str, Decimal | str | None] = {
        "queue": allocation.queue,
        "outcome": outcome,
        "value": line.value,
        "minimum": line.minimum,
        "floor": allocation.floor if allocation.severity is Severity.SLIDE else None,
        "share": allocation.share,
        "severity": share,
    }
    steps = [Step("kpi", allocation.kpi, inputs, amount)]
    before = month.chains.get((allocation.kpi, allocation.queue), 0)
    if outcome is Outcome.DEFAULT and rules.repeat_from is not None and before + 1 >= rules.repeat_from:
        repeat: Mapping[str, Decimal | str | None] = {
            "in_a_row": Decimal(before + 1),
            "multiplier": rules.repeat_multiplier,
        }
        steps.append(Step("repeat", allocation.kpi, repeat, amount * rules.repeat_multiplier))
    return outcome, steps


def severity_of(line: LineFact, allocation: Allocation) -> Decimal:
    """Return the part (0 to 1) of its allocation that a KPI in default costs; never divides by a target.

    A slide runs from the minimum to the floor, mirrored where lower is better. What was not reported costs all of it.
    """
    value, minimum, floor = line.value, line.minimum, allocation.floor
    if allocation.severity is Severity.STEP or value is None or minimum is None or floor is None:
        return WHOLE
    sign = -1 if line.is_lower_better else 1
    beyond, width = sign * (minimum - value), sign * (minimum - floor)
    if width <= 0:
        # The month's minimum lies at the floor or beyond it, so the value is beyond the floor too.
        return WHOLE
    with localcontext(QUOTIENT):
        return max(NOTHING, min(WHOLE, beyond / width))


def _bonus(rules: MoneyRules, month: MonthFacts, score: Decimal | None, fee: Decimal, is_critical: bool) -> list[Step]:
    if not rules.bonus:
        return []
    reason = ""
    if score is None or score < rules.bonus_from:
        reason = "below"
    elif is_critical:
        reason = "critical_default"
    elif not month.has_incentive:
        reason = "no_incentive"
    inputs = {"fee": fee, "percent": rules.bonus, "from": rules.bonus_from, "score": score, "void": reason}
    return [Step("bonus", "", inputs, NOTHING if reason else fee * rules.bonus / HUNDRED)]
