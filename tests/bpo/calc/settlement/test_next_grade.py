"""The distance to the next grade, what it earns, and the cliff."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpo.calc.grades import grade_of
from bpo.calc.settlement import MonthFacts, Room, cliff, distance, rules_of
from tests.bpo.calc.settlement.test_settlement import by_grade, by_kpi, month


def room(key: str, weight: str, score: str, cap: str | None = "120") -> Room:
    return Room(key, Decimal(weight), Decimal(score), None if cap is None else Decimal(cap))


def test_it_says_what_the_next_grade_lacks_and_earns_and_who_reaches_it_soonest() -> None:
    lines = [room("quality", "25", "90"), room("answer_rate", "30", "119.9"), room("tat", "0", "0")]

    found = distance(by_grade(), month("84.00"), lines)

    assert found is not None
    assert (found.grade, found.lacking, found.earns) == ("A", 6, 1_800_000)
    assert (found.key, found.needed) == ("quality", 24)


@pytest.mark.parametrize(
    ("rules", "earns"), [(None, None), (by_kpi(), None), (rules_of({"fees": []}), None), (by_grade(percents={}), None)]
)
def test_without_terms_by_grade_it_earns_nothing_that_could_be_said(rules: Any, earns: None) -> None:
    found = distance(rules, month("84.00"), [room("quality", "25", "90", "90")])

    assert found is not None
    assert (found.earns, found.key, found.needed) == (earns, None, None)


@pytest.mark.parametrize("facts", [month("97"), month(None), month("84", grade="C")], ids=["top", "no score", "gated"])
def test_there_is_no_next_grade(facts: MonthFacts) -> None:
    assert distance(by_grade(), facts, []) is None
    assert cliff(by_grade(), facts) is None


@pytest.mark.parametrize(
    ("score", "grade", "edge", "moves"),
    [
        ("79.95", "B", 80, 3_600_000),
        ("80.00", "C", 80, -3_600_000),
        ("80.10", "C", 80, -3_600_000),
        ("89.90", "A", 90, 1_800_000),
        ("70.04", "D", 70, -4_800_000),
    ],
)
def test_a_tenth_of_a_point_from_an_edge_is_on_the_cliff(score: str, grade: str, edge: int, moves: int) -> None:
    found = cliff(by_grade(), month(score))

    assert found is not None
    assert (found.grade, found.edge, found.moves) == (grade, edge, moves)


@pytest.mark.parametrize(
    ("rules", "score"),
    [
        (by_grade(), "79.89"),
        (by_grade(), "80.11"),
        (by_grade(), "0.05"),
        (by_grade(between="linear"), "79.95"),
        (by_kpi(), "79.95"),
        (by_grade(percents=dict.fromkeys("SABCD", "0")), "79.95"),
    ],
)
def test_elsewhere_there_is_none(rules: Any, score: str) -> None:
    assert cliff(rules, month(score)) is None


whole = st.integers(0, 1200)


def tried(line: Room, lacking: Decimal) -> Decimal:
    """Go up from well below in the smallest steps until the total has what it lacks."""
    step = Decimal("0.0001")
    needed = max(Decimal(0), (lacking * 100 / line.weight).quantize(step) - 3 * step)
    while needed * line.weight / 100 < lacking:
        needed += step
    return needed


@given(rows=st.lists(st.tuples(st.integers(1, 60), whole, whole), min_size=1, max_size=4), total=st.integers(0, 9499))
def test_the_soonest_line_is_what_trying_all_of_them_finds(rows: list[tuple[int, int, int]], total: int) -> None:
    score = Decimal(total) / 100
    lines = [
        Room(str(number), Decimal(weight), Decimal(at) / 10, Decimal(cap) / 10)
        for number, (weight, at, cap) in enumerate(rows)
    ]

    found = distance(None, month(str(score)), lines)

    assert found is not None
    edge = score + found.lacking
    reached = {
        line.key: needed for line in lines if (needed := tried(line, found.lacking)) <= (line.cap or 0) - line.score
    }
    if found.key is None or found.needed is None:
        assert not reached
    else:
        weight = next(line.weight for line in lines if line.key == found.key)
        assert found.needed == min(reached.values())
        assert grade_of(score + found.needed * weight / 100) == grade_of(edge)
