"""Formulas over columns of floats: the same figures as the exact ones, nearly."""

from __future__ import annotations

import math

import pytest

from kpis.calc.approximate import approximate
from kpis.calc.formula import parse

COLUMNS = {"a": [90.0, 50.0, 1.0], "b": [100.0, 200.0, 0.0]}


@pytest.mark.parametrize("text", ["100 * a / b", "100 - 100 * a / b", "-a / (b + 3) * 2", "+(a - b) / b", "a"])
def test_it_is_what_the_exact_formula_says(text: str) -> None:
    formula = parse(text)

    found = approximate(formula, COLUMNS, 3)

    for place, value in enumerate(found):
        exact = formula.evaluate({code: int(column[place]) for code, column in COLUMNS.items()})
        assert math.isnan(value) if exact is None else value == pytest.approx(float(exact))
