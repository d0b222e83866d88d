"""Gates after the composite, in fixed order: cap_grade, cap_score, multiply, zero_incentive (mathematics §4.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from bpo.calc.grades import DEFAULT_GRADES, GradeTable, grade_of, worse_grade
from kpis.calc.rounding import to_answer


class GateKind(StrEnum):
    """What a gate does, in the order gates act."""

    CAP_GRADE = "cap_grade"
    CAP_SCORE = "cap_score"
    MULTIPLY = "multiply"
    ZERO_INCENTIVE = "zero_incentive"


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate that holds on a scorecard. ``value``: the best grade left, the highest score left, or the factor."""

    kind: GateKind
    value: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class GateStep:
    """What one gate changed."""

    gate: Gate
    score_before: Decimal
    score_after: Decimal
    grade_before: str
    grade_after: str


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """The total before and after all gates. ``has_incentive`` is False where a gate takes the incentive away."""

    score_before: Decimal
    grade_before: str
    score: Decimal
    grade: str
    has_incentive: bool
    steps: tuple[GateStep, ...]


def gate_from(row: Mapping[str, object], table: GradeTable = DEFAULT_GRADES) -> Gate:
    """Read a gate as contracts carry it: ``{"kind": "cap_grade", "value": "B", "label": …}``.

    Raises ValueError for an unknown kind, a grade that is not in the table, a score below 0 or a factor
    outside 0–1.
    """
    try:
        gate = Gate(
            GateKind(str(row.get("kind", ""))), str(row.get("value", "") or ""), str(row.get("label", "") or "")
        )
    except ValueError:
        raise ValueError(f"a gate is one of {', '.join(GateKind)}") from None
    if gate.kind is GateKind.CAP_GRADE and gate.value not in {one.grade for one in table}:
        raise ValueError("a grade cap names a grade of the contract's table")
    if gate.kind in (GateKind.CAP_SCORE, GateKind.MULTIPLY):
        _check_number(gate)
    return gate


def apply_gates(score: Decimal, gates: Iterable[Gate], table: GradeTable = DEFAULT_GRADES) -> GateOutcome:
    """Apply gates to a total score; a grade cap outlasts the gates that change the score after it.

    ``score`` may have any decimals; every score answered has 4.
    """
    order = list(GateKind)
    score = before = to_answer(score)
    grade = grade_before = grade_of(score, table)
    best = table[0].grade
    has_incentive = True
    steps = []
    for gate in sorted(gates, key=lambda one: order.index(one.kind)):
        if gate.kind is GateKind.CAP_GRADE:
            best = worse_grade(best, gate.value, table)
        has_incentive = has_incentive and gate.kind is not GateKind.ZERO_INCENTIVE
        after = _scored(score, gate)
        step = GateStep(gate, score, after, grade, worse_grade(best, grade_of(after, table), table))
        score, grade = step.score_after, step.grade_after
        steps.append(step)
    return GateOutcome(before, grade_before, score, grade, has_incentive, tuple(steps))


def _scored(score: Decimal, gate: Gate) -> Decimal:
    if gate.kind is GateKind.CAP_SCORE:
        return to_answer(min(score, Decimal(gate.value)))
    if gate.kind is GateKind.MULTIPLY:
        return to_answer(score * Decimal(gate.value))
    return score


def _check_number(gate: Gate) -> None:
    try:
        number = Decimal(gate.value)
    except InvalidOperation:
        raise ValueError("this gate needs a number") from None
    highest = Decimal(1) if gate.kind is GateKind.MULTIPLY else Decimal(1000)
    if not (number.is_finite() and 0 <= number <= highest):
        raise ValueError("a score cap is 0 or more, a factor lies between 0 and 1")
