"""The statement of a month: fee, reduction or addition, and what is due; the order of operations is fixed.

Counts, exclusions, the pooled actual, its comparison and the points are the card's. Here follow the amount at risk,
allocation × severity, the repeat, the cap, the bonus with its gates, and the only rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from bpo.calc.settlement.by_grade import grade_steps
from bpo.calc.settlement.by_kpi import kpi_steps
from bpo.calc.settlement.facts import MonthFacts, Step
from bpo.calc.settlement.fees import fee_steps, sum_of
from bpo.calc.settlement.rules import MoneyRules, Scheme
from kpis.calc.rounding import EXACT

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a month is worth. Amounts are whole units of the currency, each rounded once from its exact value.

    ``payable`` is fee + adjustment (above 0 an addition), so that the three add up as printed; ``vat`` is
    information. All are null where ``reason`` says why nothing can be said: ``fee_unknown`` (the volume of a unit
    line), ``no_score`` (by grade), ``grade_without_percent``.
    """

    fee: Decimal | None
    adjustment: Decimal | None
    payable: Decimal | None
    vat: Decimal | None
    steps: Sequence[Step]
    reason: str = ""

    @property
    def total(self) -> Decimal | None:
        """What is due with VAT."""
        return None if self.payable is None or self.vat is None else self.payable + self.vat


def settle(rules: MoneyRules, month: MonthFacts) -> Statement:
    """Return the statement of a month under one version of the terms."""
    steps = fee_steps(rules.fees, month.volumes)
    fee = sum_of(steps)
    if fee is None:
        return _unknown(steps, "fee_unknown")
    steps.append(Step("fee", "", {}, fee))
    if rules.scheme is Scheme.NONE:
        return _statement(rules, steps, fee, Decimal(0))
    if rules.scheme is Scheme.GRADE:
        if month.score is None:
            return _unknown(steps, "no_score")
        needed = {row.grade for row in month.grades}
        if not needed <= rules.percents.keys():
            return _unknown(steps, "grade_without_percent")
        found = grade_steps(rules, month, month.score, fee)
        return _statement(rules, steps + found, fee, found[-1].amount or Decimal(0))
    found = kpi_steps(rules, month, month.score, fee)
    net = sum((step.amount for step in found if step.code in ("cap", "bonus") and step.amount), Decimal(0))
    return _statement(rules, steps + found, fee, net)


def whole(amount: Decimal) -> Decimal:
    """Round an amount to whole units of its currency, half away from zero."""
    rounded = amount.quantize(Decimal(1), ROUND_HALF_UP, context=EXACT)
    return abs(rounded) if rounded.is_zero() else rounded


def _statement(rules: MoneyRules, steps: list[Step], fee: Decimal, adjustment: Decimal) -> Statement:
    rounded, moved = whole(fee), whole(adjustment)
    payable = rounded + moved
    with localcontext(EXACT):
        vat = whole(payable * rules.vat / HUNDRED)
    last = [
        Step("rounded", "", {"fee": rounded, "exact": adjustment}, moved),
        Step("payable", "", {}, payable),
        Step("vat", "", {"percent": rules.vat}, vat),
    ]
    return Statement(rounded, moved, payable, vat, [*steps, *last])


def _unknown(steps: Sequence[Step], reason: str) -> Statement:
    return Statement(None, None, None, None, steps, reason)
