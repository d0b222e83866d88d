"""Formulas over columns of binary floats: quick, for estimates only. What is stored or scored is computed exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import add, mul, sub

from kpis.calc.expressions import Binary, Name, Node, Number
from kpis.calc.formula import Formula

Floats = Sequence[float]
_OPERATORS = {"+": add, "-": sub, "*": mul}


def approximate(formula: Formula, columns: Mapping[str, Floats], length: int) -> Floats:
    """Return the formula's value row by row, not a number where a divisor is 0.

    Every column that the formula names has ``length`` rows.
    """
    return _column(formula.tree, columns, length)


def _column(node: Node, columns: Mapping[str, Floats], length: int) -> Floats:
    if isinstance(node, Name):
        return columns[node.code]
    if isinstance(node, Number):
        return [node.ratio[0] / node.ratio[1]] * length
    if not isinstance(node, Binary):
        values = _column(node.operand, columns, length)
        return [-value for value in values] if node.sign == "-" else values
    left, right = (_column(side, columns, length) for side in (node.left, node.right))
    if node.operator == "/":
        return [top / bottom if bottom else math.nan for top, bottom in zip(left, right, strict=True)]
    return list(map(_OPERATORS[node.operator], left, right))
