"""Relations between the measures of one queue-day."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.relations import RelationError, applicable, parse_relations, violations


def test_it_tells_hard_from_soft():
    relations = parse_relations(["answered <= offered; soft hold_s <= talk_s"])

    assert [(relation.text, relation.is_hard) for relation in relations] == [
        ("answered <= offered", True),
        ("hold_s <= talk_s", False),
    ]


def test_it_names_its_measures_in_order():
    (relation,) = parse_relations(["soft talk_s + hold_s + acw_s + available_s <= paid_s"])

    assert relation.measures == ("talk_s", "hold_s", "acw_s", "available_s", "paid_s")


def test_it_reads_a_sign_before_a_measure():
    (relation,) = parse_relations(["answered <= -(-offered)"])

    assert relation.holds({"offered": 10, "answered": 10})
    assert not relation.holds({"offered": 10, "answered": 11})


def test_it_reads_a_factor_on_either_side_of_its_measure():
    found = [relation for text in ("a / 2 <= b", "a <= 2 * b", "a <= b * 2") for relation in parse_relations([text])]

    assert [relation.holds({"a": 4, "b": 2}) for relation in found] == [True] * 3
    assert [relation.holds({"a": 5, "b": 2}) for relation in found] == [False] * 3


def test_it_keeps_each_relation_once_and_the_hard_one_of_two():
    relations = parse_relations(["a <= b", "soft a <= b", "2 * a <= 2 * b"])

    assert [(relation.text, relation.is_hard) for relation in relations] == [("a <= b", True)]


def test_it_holds_both_sides_to_the_same_amount_where_it_says_so():
    (same,) = parse_relations(["hist = resolved; 2 * hist = 2 * resolved"])

    assert (same.text, same.is_equal, same.is_hard) == ("hist = resolved", True, True)
    assert [same.holds({"hist": 55, "resolved": value}) for value in (54, 55, 56, None)] == [False, True, False, None]
    assert same.holds({"hist": (12, 40, 3), "resolved": 55}) is True
    assert same.holds({"hist": (12, 40, 4), "resolved": Decimal(55)}) is False


def test_it_tells_a_limit_from_an_equality():
    relations = parse_relations(["a <= b", "a = b", "soft a = b"])

    assert [(relation.text, relation.is_hard) for relation in relations] == [("a <= b", True), ("a = b", True)]


def test_it_finds_what_is_broken_and_leaves_out_what_is_not_all_there():
    relations = parse_relations(
        ["answered + abandoned <= offered; score <= 100 * tests", "soft wait <= 3600 * answered"]
    )

    broken = violations(relations, {"answered": 10, "abandoned": 5, "offered": 14, "wait": 36001, "score": 10**9})

    assert [relation.text for relation in broken] == ["answered + abandoned <= offered", "wait <= 3600 * answered"]


@pytest.mark.parametrize(("fte", "is_broken"), [("150.000000", False), ("150.000001", True)])
def test_it_compares_exactly(fte, is_broken):
    relations = parse_relations(["soft fte_days <= 1.5 * headcount_days"])

    broken = violations(relations, {"fte_days": Decimal(fte), "headcount_days": 100})

    assert bool(broken) is is_broken


def test_a_withdrawn_value_is_not_judged():
    assert violations(parse_relations(["a <= b"]), {"a": 3, "b": None}) == []


def test_it_chooses_those_that_apply_to_a_shape_of_row():
    relations = parse_relations(["a <= b; b <= c"])

    assert [relation.text for relation in applicable(relations, {"a", "b"})] == ["a <= b"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a < b", "relation_syntax"),
        ("a", "relation_syntax"),
        ("a <= b <= c", "relation_syntax"),
        ("a * b <= c", "relation_not_linear"),
        ("a / b <= 1", "relation_not_linear"),
        ("1 / 0 <= a", "relation_not_linear"),
        ("1 <= 2", "relation_no_measure"),
        ("a <= a", "relation_no_measure"),
        ("a <= f(b)", "formula_forbidden"),
        ("a <=", "formula_syntax"),
    ],
)
def test_it_refuses_what_is_no_relation(text, code):
    with pytest.raises(RelationError) as refused:
        parse_relations([text])

    assert refused.value.code == code


def test_it_refuses_a_measure_that_does_not_exist():
    with pytest.raises(RelationError) as refused:
        parse_relations(["answred <= offered"], known={"answered", "offered"})

    assert refused.value.cause is not None
    assert refused.value.cause.params["suggestion"] == "answered"


@given(*(st.integers(0, 10**12) for _ in range(3)))
def test_it_agrees_with_plain_arithmetic(a, b, c):
    (relation,) = parse_relations(["a + 2 * b - 7 <= (c + 3) * 1.5 / 3"])

    assert relation.holds({"a": a, "b": b, "c": c}) is (2 * (a + 2 * b - 7) <= c + 3)


def test_thirty_thousand_values_take_less_than_a_second():
    relations = parse_relations([f"m{n} <= m{n + 1}; soft m{n} + m{n + 1} <= 3 * m{n + 2}" for n in range(40)])
    row = {f"m{n}": 10 for n in range(6)}
    began = time.process_time()

    chosen = applicable(relations, row)
    broken = [violations(chosen, row) for _ in range(5000)]

    assert not any(broken)
    assert time.process_time() - began < 1
