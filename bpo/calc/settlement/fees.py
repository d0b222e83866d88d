"""The monthly fee (contract_mechanics, common base and §4): its lines added up, nothing rounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

from bpo.calc.settlement.facts import Step
from bpo.calc.settlement.rules import FeeKind, FeeLine
from kpis.calc.rounding import EXACT

HUNDRED = Decimal(100)


def fee_steps(lines: Sequence[FeeLine], volumes: Mapping[str, Decimal]) -> list[Step]:
    """Return a step for each line; one whose volume is not known has no amount: unknown is not zero."""
    with localcontext(EXACT):
        return [_step(line, volumes) for line in lines]


def sum_of(steps: list[Step]) -> Decimal | None:
    """Return the fee the steps come to; null where a line's amount is not known."""
    amounts = [step.amount for step in steps if step.amount is not None]
    return sum(amounts, Decimal(0)) if len(amounts) == len(steps) else None


def _step(line: FeeLine, volumes: Mapping[str, Decimal]) -> Step:
    if line.kind is FeeKind.FIXED:
        return Step("fee_fixed", line.label, {}, line.price)
    if line.kind is FeeKind.HEAD:
        return Step("fee_head", line.label, {"price": line.price, "heads": line.heads}, line.price * line.heads)
    came = volumes.get(line.measure)
    least = _least(line)
    inputs: dict[str, Decimal | str | None] = {"price": line.price, "measure": line.measure, "volume": came}
    if least is not None:
        inputs |= {"agreed_volume": line.agreed_volume, "minimum_share": line.minimum_share, "least": least}
    if came is None:
        return Step("fee_unit", line.label, inputs)
    billed = came if least is None else max(came, least)
    return Step("fee_unit", line.label, inputs | {"billed": billed}, line.price * billed)


def _least(line: FeeLine) -> Decimal | None:
    """Return the volume that is billed at least; null where none was agreed."""
    if line.agreed_volume is None or line.minimum_share is None:
        return None
    return line.agreed_volume * line.minimum_share / HUNDRED
