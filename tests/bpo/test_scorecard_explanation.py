"""Somebody else recomputes a card from ``explain/`` alone, with nothing of the product but its JSON."""

from __future__ import annotations

import ast
import json
import operator
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from bpo.queries import cards_for, explained
from bpo.services import scorecards
from kpis.models import Attainment, DailyMetric, Target
from tests.bpo.scorecard_world import (
    APRIL,
    IN_MAY,
    MANAGER,
    add_items,
    card_of,
    compute,
    finalised,
    korean_contract,
    service_level_contract,
)
from tests.make import make_kpi, make_target

pytestmark = pytest.mark.django_db

# The independent checker ---------------------------------------------------------------------------
FOUR = Decimal("0.0001")
OPERATORS: dict[type, Callable[..., Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def arithmetic(node: ast.expr, sums: dict[str, Any]) -> Decimal:
    match node:
        case ast.Constant(value):
            return Decimal(str(value))
        case ast.Name(name):
            return Decimal(sums[name])
        case ast.BinOp(left, op, right):
            return OPERATORS[type(op)](arithmetic(left, sums), arithmetic(right, sums))
        case ast.UnaryOp(op, operand):
            return OPERATORS[type(op)](arithmetic(operand, sums))
    raise ValueError(ast.dump(node))


def value_of(figure: dict[str, Any]) -> Decimal:
    value = arithmetic(ast.parse(figure["formula"], mode="eval").body, figure["inputs"])
    if made_up := figure["imputation"]:
        reported, added = Decimal(figure["volume"]), Decimal(made_up["added_volume"])
        value = (value * reported + Decimal(made_up["level"]) * added) / (reported + added)
    steps = figure["rounding"]
    mode = ROUND_HALF_UP if steps["rounding"] == "half_up" else ROUND_DOWN
    return value.quantize(Decimal(1).scaleb(-steps["decimals"]), mode)


def attainment_of(value: Decimal, target: dict[str, Any]) -> Decimal:
    aim = Decimal(target["target"])
    if target["mode"] == "ratio":
        return 100 * value / aim
    if target["mode"] == "linear_lower":
        return max(Decimal(0), 100 * (2 - value / aim))
    low, at_low, at_aim = (Decimal(target[name]) for name in ("minimum", "score_at_minimum", "score_at_target"))
    share = (value - low) / (aim - low)
    return Decimal(0) if share < 0 else at_aim if share > 1 else at_low + (at_aim - at_low) * share


def score_of(line: dict[str, Any]) -> Decimal | None:
    if line["kind"] == "judged":
        return Decimal(line["score"])
    figure = line["figure"]
    if figure["result"]["status"] in ("no_data", "no_volume"):
        return None
    reached = attainment_of(value_of(figure), figure["target"])
    cap = figure["target"]["cap"]
    return max(Decimal(0), reached if cap is None else min(reached, Decimal(cap))).quantize(FOUR, ROUND_HALF_UP)


def recomputed(explanation: dict[str, Any]) -> tuple[Decimal, str]:
    """Return the score before gates and its grade."""
    policy = {"no_volume": "renormalise", "not_judged": "renormalise", **explanation["terms"]["missing_policy"]}
    weighed, points = [], Decimal(0)
    for line in explanation["lines"]:
        if line["kind"] == "adjustment":
            points += Decimal(line["points"] or 0)
            continue
        score = score_of(line)
        treatment = policy[line["status"]] if score is None else ""
        lowest = Decimal(line["figure"]["target"]["score_at_minimum"]) if line["figure"] else None
        made_up = {"zero": Decimal(0), "full": Decimal(100), "minimum": lowest}.get(treatment)
        if score is not None or made_up is not None:
            weighed.append((Decimal(line["weight"]), made_up if score is None else score))
    total = sum(weight * score for weight, score in weighed) / sum(weight for weight, _ in weighed)
    total = max(total + points, Decimal(0)).quantize(FOUR, ROUND_HALF_UP)
    for row in explanation["terms"]["grades"]:
        if total.quantize(Decimal("0.01"), ROUND_HALF_UP) >= Decimal(row["from"]):
            return total, row["grade"]
    raise ValueError("no grade")


# What it is given ----------------------------------------------------------------------------------
def exported(contract: Any) -> dict[str, Any]:
    """Return what ``explain/`` answers, after a trip through JSON text."""
    return json.loads(json.dumps(explained(cards_for(MANAGER).get(pk=card_of(contract).pk))))


def agrees(explanation: dict[str, Any]) -> bool:
    score, grade = recomputed(explanation)
    card = explanation["card"]
    return (score, grade) == (Decimal(card["score_before_gates"]), card["grade_before_gates"])


@pytest.mark.parametrize("treatment", ["zero", "renormalise", "full", "minimum"])
@pytest.mark.parametrize("without", ["", "service_level"])
def test_a_stranger_recomputes_the_worked_card(without: str, treatment: str) -> None:
    contract = korean_contract(without=without, missing_policy={"no_data": treatment})
    compute(contract)

    assert agrees(exported(contract))


@pytest.mark.parametrize("policy", ["exclude", "minimum", "zero"])
def test_a_stranger_recomputes_a_month_with_a_blank_day(policy: str) -> None:
    contract = service_level_contract(blank=15, missing_day_policy=policy)
    compute(contract)

    explanation = exported(contract)

    assert agrees(explanation)
    (line,) = explanation["lines"]
    assert [day["date"] for day in line["figure"]["days"]["missing_days"]] == ["2026-04-15"]
    assert line["submissions"]["count"] == 29


def test_a_stranger_recomputes_a_final_card_with_judged_lines_and_a_lower_is_better_kpi() -> None:
    contract = service_level_contract()
    Target.objects.update(weight=50)
    kpi = make_kpi(formula="100 * (offered - in_time) / offered", direction="lower")
    make_target(contract, kpi, 20, weight=30, attainment_mode="linear_lower", cap=120, rounding="truncate", decimals=1)
    judged, bonus = add_items(contract)
    compute(contract)
    card = card_of(contract)
    line = card.lines.get(item=judged).pk
    scorecards.judge(card.pk, line=line, score=Decimal("71.5"), evidence="minutes", actor=MANAGER, now=IN_MAY)
    line = card.lines.get(item=bonus).pk
    scorecards.judge(card.pk, line=line, points=Decimal("-3"), evidence="letter", actor=MANAGER, now=IN_MAY)
    finalised(contract)

    assert agrees(exported(contract))


def test_it_names_formula_rounding_versions_and_submissions() -> None:
    contract = service_level_contract()
    compute(contract)

    (line,) = exported(contract)["lines"]

    assert line["figure"]["inputs"] == {"in_time": 27600, "offered": 29000 + 3000}
    assert line["figure"]["rounding"]["decimals"] == 2
    assert line["versions"]["definition"] == 1
    assert line["versions"]["target"] == Target.objects.get().pk
    assert set(line["submissions"]["rows"][0]) >= {"id", "received_at", "submitted_by"}


def test_its_submissions_are_counted_whole_and_listed_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bpo.queries.explanations.MOST_SUBMISSIONS", 5)
    contract = service_level_contract()
    compute(contract)

    (line,) = exported(contract)["lines"]

    assert line["submissions"]["count"] == 30
    assert len(line["submissions"]["rows"]) == 5


def test_a_draft_refers_to_its_attainments_and_keeps_their_explanation_once_it_is_shared() -> None:
    contract = service_level_contract()
    compute(contract)
    card = card_of(contract)
    told = explained(cards_for(MANAGER).get(pk=card.pk))["lines"][0]["figure"]
    assert told == Attainment.objects.get(start=APRIL).explanation
    assert "figure" not in card.lines.get().explanation

    scorecards.share(card.pk, actor=MANAGER, now=IN_MAY)
    Attainment.objects.update(explanation={})

    assert explained(cards_for(MANAGER).get(pk=card.pk))["lines"][0]["figure"] == told


def test_a_shared_card_keeps_the_explanation_of_what_came_late() -> None:
    contract = service_level_contract()
    compute(contract)
    scorecards.share(card_of(contract).pk, actor=MANAGER, now=IN_MAY)
    DailyMetric.objects.filter(date=APRIL).update(measures={"in_time": 1000, "offered": 1000})

    compute(contract)

    figure = card_of(contract).lines.get().explanation["figure"]
    assert figure == Attainment.objects.get(start=APRIL).explanation
    assert figure["inputs"] == {"in_time": 27_700, "offered": 32_000}
