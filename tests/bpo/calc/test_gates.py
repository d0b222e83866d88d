from decimal import Decimal
from itertools import permutations

import pytest

from bpo.calc.gates import Gate, GateKind, apply_gates, gate_from

CAP_GRADE = Gate(GateKind.CAP_GRADE, "B", "Personal-data incident")
CAP_SCORE = Gate(GateKind.CAP_SCORE, "92")
MULTIPLY = Gate(GateKind.MULTIPLY, "0.9")
ZERO_INCENTIVE = Gate(GateKind.ZERO_INCENTIVE)


def test_it_changes_nothing_without_gates():
    outcome = apply_gates(Decimal("96.5"), [])

    assert (outcome.score, outcome.grade, outcome.has_incentive, outcome.steps) == (Decimal("96.5"), "S", True, ())


def test_it_caps_the_grade_and_leaves_the_score():
    outcome = apply_gates(Decimal("96.5"), [CAP_GRADE])

    assert (outcome.score_before, outcome.grade_before) == (Decimal("96.5"), "S")
    assert (outcome.score, outcome.grade) == (Decimal("96.5"), "B")


def test_it_does_not_lift_a_worse_grade():
    assert apply_gates(Decimal("71"), [CAP_GRADE]).grade == "C"


def test_it_caps_the_score_before_it_multiplies():
    outcome = apply_gates(Decimal("96.5"), [MULTIPLY, CAP_SCORE])

    assert [(step.gate.kind, step.score_before, step.score_after, step.grade_after) for step in outcome.steps] == [
        ("cap_score", Decimal("96.5"), Decimal(92), "A"),
        ("multiply", Decimal(92), Decimal("82.8"), "B"),
    ]


def test_it_keeps_the_grade_cap_through_later_gates():
    assert apply_gates(Decimal("96.5"), [Gate(GateKind.CAP_GRADE, "C"), MULTIPLY]).grade == "C"


def test_it_takes_the_incentive_and_nothing_else():
    outcome = apply_gates(Decimal("96.5"), [ZERO_INCENTIVE])

    assert (outcome.score, outcome.grade, outcome.has_incentive) == (Decimal("96.5"), "S", False)


def test_it_does_not_depend_on_the_order_gates_are_given_in():
    outcomes = [
        apply_gates(Decimal("96.5"), gates) for gates in permutations([CAP_GRADE, CAP_SCORE, MULTIPLY, ZERO_INCENTIVE])
    ]

    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_it_reads_the_gates_of_a_contract():
    row = {"kind": "cap_grade", "value": "B", "label": "Personal-data incident"}

    assert gate_from(row) == CAP_GRADE
    assert gate_from({"kind": "zero_incentive"}) == ZERO_INCENTIVE


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"kind": "explode"},
        {"kind": "cap_grade", "value": "Z"},
        {"kind": "cap_score", "value": "-1"},
        {"kind": "cap_score"},
        {"kind": "multiply", "value": "1.1"},
        {"kind": "multiply", "value": "NaN"},
    ],
)
def test_it_refuses_a_gate_it_cannot_apply(row):
    with pytest.raises(ValueError, match=r"gate|grade|score"):
        gate_from(row)
