"""The formula engine: what it reads, what it refuses, and that it computes exactly."""

from __future__ import annotations

import time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.expressions import Binary, Name, Node, Number, Unary, render
from kpis.calc.formula import MAX_CHARACTERS, FormulaError, parse
from tests.kpis.calc.figures import decimals

ICMI = {"answered": 1000, "abandoned": 60, "within": 860, "abandoned_within": 20, "short": 10, "offered": 1060}


@pytest.mark.parametrize(
    ("formula", "percent"),
    [
        ("100 * within / answered", "86.00"),
        ("100 * (within + abandoned_within) / offered", "83.02"),
        ("100 * within / (offered - abandoned_within)", "82.69"),
        ("100 * (within + short) / offered", "82.08"),
        ("100 * within / (offered - short)", "81.90"),
        ("100 * within / offered", "81.13"),
    ],
)
def test_it_gives_the_six_service_levels_of_one_day(formula, percent):
    value = parse(formula).evaluate(ICMI)

    assert value is not None
    assert round(value, 2) == Decimal(percent)


def test_it_parses_a_text_once():
    assert parse("100 * a / b") is parse("100 * a / b")


def test_it_says_which_measures_it_needs_in_order():
    assert parse("(talk_s + hold_s + acw_s) / (answered + talk_s)").measures == (
        "talk_s",
        "hold_s",
        "acw_s",
        "answered",
    )


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 4 - 3", "3"),
        ("24 / 4 / 3", "2"),
        ("-2 * -3", "6"),
        ("--5", "5"),
        ("+ .5 + 1.", "1.5"),
        ("2 - -(3 - 1)", "4"),
    ],
)
def test_it_follows_the_usual_order_of_signs(formula, expected):
    assert parse(formula).evaluate({}) == Decimal(expected)


def test_it_answers_nothing_where_a_divisor_is_zero_or_a_value_is_missing():
    assert parse("a / b").evaluate({"a": 1, "b": 0}) is None
    assert parse("a / b").evaluate({"a": 0, "b": 0}) is None
    assert parse("a / b").evaluate({"a": 1}) is None
    assert parse("a / b").evaluate({"a": 1, "b": None}) is None
    assert parse("a / (b / c)").evaluate({"a": 1, "b": 2, "c": 0}) is None


def test_it_rounds_only_at_the_end():
    assert parse("a / 3 * 3 - a").evaluate({"a": 7}) == 0
    assert parse("1 / (a / 3 * 3 - a)").evaluate({"a": 7}) is None


def test_it_refuses_values_that_are_no_numbers():
    for value in (Decimal("NaN"), Decimal("Infinity"), True, 1.5):
        with pytest.raises(FormulaError, match="not_a_number"):
            parse("a").evaluate({"a": value})


def test_it_says_overflow_instead_of_failing():
    with pytest.raises(FormulaError, match="overflow"):
        parse("a * a").evaluate({"a": Decimal("1e4000")})


def test_it_evaluates_columns_row_by_row():
    columns = {"a": [860, 1, None, 3], "b": [1060, 0, 5, Decimal("1.5")]}

    values = parse("100 * a / b").evaluate_columns(columns)

    assert values == [parse("100 * a / b").evaluate({"a": 860, "b": 1060}), None, None, Decimal(200)]
    assert parse("7").evaluate_columns({"a": [1, 2]}) == [Decimal(7), Decimal(7)]


@pytest.mark.parametrize(
    ("formula", "denominator"),
    [
        ("100 * a / b", "b"),
        ("x / (3600 * y)", "y"),
        ("(365 / 12) * l / h", "h"),
        ("100 * (365 / 12) * l / h", "h"),
        ("(365 / 12) * t / (3600 * f)", "f"),
        ("a / (b - c)", "b - c"),
        ("a / (2 * (b - c))", "b - c"),
        ("a", None),
        ("a + b", None),
        ("a / 100", None),
        ("a / b / c", "b * c"),
        ("a / (b * c)", "b * c"),
        ("w * d / c", "c"),
        ("a / b + c / b", "b"),
        ("a / b - 2 * c / (3 * b)", "b"),
        ("100 - 100 * a / b", "b"),
        ("a / b + c / d", None),
        ("a + b / c", None),
        ("-a / -b", "b"),
        ("x / (a / b)", "a"),
    ],
)
def test_it_gives_the_denominator_without_its_constants(formula, denominator):
    found = parse(formula).denominator

    assert (found and found.text) == denominator


def test_it_suggests_the_measure_that_was_meant():
    with pytest.raises(FormulaError) as refused:
        parse("100 * answred / offered", known={"answered", "offered"})

    assert (refused.value.code, refused.value.position) == ("unknown_name", 6)
    assert refused.value.params == {"name": "answred", "suggestion": "answered"}


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("().__class__", "formula_forbidden", 0),
        ("a.__class__", "formula_forbidden", 1),
        ("1 + __import__('os')", "formula_forbidden", 4),
        ("open('/etc/passwd')", "formula_forbidden", 0),
        ("lambda: 0", "formula_forbidden", 0),
        ("(x for x in y)", "formula_forbidden", 3),
        ("f'{a}'", "formula_forbidden", 1),
        ("(x := 5)", "formula_forbidden", 3),
        ("9**9**9", "formula_forbidden", 1),
        ("10**4000000", "formula_forbidden", 2),
        ("'x'.center(10**9)", "formula_forbidden", 0),
        ("1<<10**9", "formula_forbidden", 1),
        ("a % b", "formula_forbidden", 2),
        ("a // b", "formula_forbidden", 2),
        ("x=5", "formula_syntax", 1),
        ("1;2", "formula_syntax", 1),
        ("", "formula_syntax", 0),
        ("   ", "formula_syntax", 0),
        ("None", "formula_syntax", 0),
        ("True+1", "formula_syntax", 0),
        ("1j", "formula_syntax", 0),
        ("...", "formula_syntax", 0),
        ("b''", "formula_syntax", 0),
        ("1_000", "formula_syntax", 0),
        ("1,000", "formula_syntax", 1),
        ("1e9", "formula_syntax", 0),
        ("0x1F", "formula_syntax", 0),
        ("１+２", "formula_syntax", 0),
        ("x\u200b", "formula_syntax", 1),
        ("a b", "formula_syntax", 2),
        ("2(a)", "formula_syntax", 1),
        ("100 * a /", "formula_syntax", 9),
        ("100 * (a / b", "formula_syntax", 6),
        ("100 * a) / b", "formula_syntax", 7),
        ("1+" * 20_000, "too_long", MAX_CHARACTERS),
        ("(" * 5_000, "too_long", MAX_CHARACTERS),
        ("-" * 3_000, "too_long", MAX_CHARACTERS),
        ("-" * 400 + "1", "too_deep", 19),
        ("(" * 41 + "1" + ")" * 41, "too_deep", 40),
        ("9" * 16, "too_long", 0),
    ],
)
def test_it_refuses_with_code_and_position(text, code, position):
    with pytest.raises(FormulaError) as refused:
        parse(text)

    assert (refused.value.code, refused.value.position) == (code, position)


def balanced(leaves: int) -> str:
    """Write a sum of measures as a balanced tree, so that only the number of nodes grows."""
    if leaves == 1:
        return "a"
    return f"({balanced(leaves // 2)}+{balanced(leaves - leaves // 2)})"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("a".ljust(500), "a".ljust(501)),
        ("(" * 40 + "a" + ")" * 40, "(" * 41 + "a" + ")" * 41),
        ("+".join("a" * 20), "+".join("a" * 21)),
        ("-" * 19 + "a", "-" * 20 + "a"),
        ("9" * 15, "9" * 16),
        ("0." + "9" * 15, "0." + "9" * 16),
        (balanced(75), balanced(76)),
    ],
    ids=["characters", "brackets", "depth", "signs", "digits", "decimals", "nodes"],
)
def test_it_keeps_its_limits_exactly(good, bad):
    assert parse(good).measures in (("a",), ())
    with pytest.raises(FormulaError) as refused:
        parse(bad)
    assert refused.value.code in ("too_long", "too_deep")


ATTACKS = [
    "{0}.__class__", "{0}.__class__.__mro__[1]", "{0}['x']", "{0}[0]", "{0}(1)", "eval('{0}')", "exec({0})",
    "getattr({0}, 'x')", "__import__('{0}')", "lambda {0}: 1", "[{0} for {0} in y]", "{{{0}}}", "{{{0}: 1}}",
    "f'{{{0}}}'", "'{0}'", '"{0}"', "`{0}`", "{0} ** 2", "{0} ** -{0}", "{0} // 2", "{0} % 2", "{0} << 9",
    "{0} >> 9", "{0} & 1", "{0} | 1", "{0} ^ 1", "~{0}", "!{0}", "not {0}", "{0} and 1", "{0} or 1", "{0} if 1 else 2",
    "{0} == 1", "{0} != 1", "{0} < 1", "{0} > 1", "{0} <= 1", "{0} is 1", "{0} in y", "({0} := 1)", "{0} = 1",
    "{0} += 1", "{0}; 1", "{0}, 1", "*{0}", "**{0}", "await {0}", "yield {0}", "del {0}", "import {0}", "{0} @ 2",
    "return {0}", "print {0}", "{0}\\\n+1", "{0} # c", "{0}\x00", "{0}\u200b", "{0}\ufeff", "{0}\u2028", "${{{0}}}",
    "{{% {0} %}}", "{0}|safe", "{0}?", "@{0}", "{0}:1", "{0}...", "\u0430 + {0}", "{0} \u00d7 2", "{0} \u00f7 2",
    "{0} \u2212 2", "\uff08{0}\uff09", "{0} --", "{0} +", "* {0}", "/ {0}", "({0}", "{0})", "(({0})", "{0} {0}",
    "{0} 2",
]  # fmt: skip
SEEDS = ("answered", "1", "(offered)", "2.5 * a")
CORPUS = [attack.format(seed) for attack in ATTACKS for seed in SEEDS]


def test_the_corpus_of_escapes_is_refused_in_its_entirety_and_at_once():
    assert len(CORPUS) >= 300
    for text in CORPUS:
        began = time.process_time()
        with pytest.raises(FormulaError) as refused:
            parse(text)
        assert time.process_time() - began < 0.05, text
        assert 0 <= refused.value.position <= len(text)


NUMBERS = st.integers(0, 999).map(str) | st.sampled_from(["0.5", "100", "3600", "0.001"])
LEAVES = st.sampled_from(["a", "b", "c", "d"]).map(Name) | NUMBERS.map(Number.read)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner) | st.builds(Unary, st.sampled_from("+-"), inner)
    ),
    max_leaves=12,
).filter(lambda tree: tree.depth <= 20)
VALUES = st.integers(0, 10**9) | decimals(0, 10**6, places=6)


def oracle(node: Node, values: dict[str, Fraction]) -> Fraction | None:
    """Evaluate a tree with fractions, the plain way."""
    if isinstance(node, Number):
        return Fraction(node.text)
    if isinstance(node, Name):
        return values[node.code]
    if isinstance(node, Unary):
        inner = oracle(node.operand, values)
        return inner if inner is None or node.sign == "+" else -inner
    left, right = oracle(node.left, values), oracle(node.right, values)
    if left is None or right is None or (node.operator == "/" and right == 0):
        return None
    return {"+": left + right, "-": left - right, "*": left * right, "/": right and left / right}[node.operator]


@given(TREES, st.fixed_dictionaries(dict.fromkeys("abcd", VALUES)))
def test_it_equals_exact_fractions(tree, values):
    expected = oracle(tree, {code: Fraction(value) for code, value in values.items()})

    found = parse(render(tree)).evaluate(values)

    if expected is None or expected == 0:
        assert found == expected
    else:
        assert found is not None
        assert abs(Fraction(found) / expected - 1) <= Fraction(1, 10**33)


@pytest.mark.parametrize("text", ["1.50", "-a", "-(a + b)", "a * (b - -(c))", "a / (b / c) - 2"])
def test_a_tree_is_written_as_it_was_read(text):
    assert parse(render(parse(text).tree)).tree == parse(text).tree
    assert render(parse(render(parse(text).tree)).tree) == render(parse(text).tree)


@given(TREES)
def test_rendering_and_parsing_give_the_same_tree(tree):
    assert parse(render(tree)).tree == tree


# st.text() would first make a table of all of Unicode, which takes longer than all the tests of the arithmetic.
ANY_TEXT = st.lists(st.integers(0, 0x10FFFF).map(chr), max_size=60).map("".join)


@given(ANY_TEXT | st.text("ab1.+-*/() _'=[]", max_size=60))
def test_any_text_is_read_or_refused_and_nothing_else(text):
    try:
        formula, position = parse(text), 0
    except FormulaError as refused:
        formula, position = parse("0"), refused.position

    assert 0 <= position <= len(text)
    formula.evaluate(dict.fromkeys(formula.measures, 3))
