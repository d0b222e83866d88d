"""The nodes of a parsed formula: exact evaluation, text, and the denominator.

A value is carried as a pair (numerator, denominator) of whole numbers, so that nothing is rounded before
the end: ``a / 3 * 3 - a`` is exactly zero. Sizes are bounded by the parser's limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

Ratio = tuple[int, int]
Factors = tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A constant, as written."""

    text: str
    ratio: Ratio
    depth: int = 1
    size: int = 1

    @classmethod
    def read(cls, text: str) -> Number:
        return cls(text, Decimal(text).as_integer_ratio())

    def exact(self, values: Mapping[str, Ratio]) -> Ratio:
        return self.ratio


@dataclass(frozen=True, slots=True)
class Name:
    """A measure's code."""

    code: str
    depth: int = 1
    size: int = 1

    def exact(self, values: Mapping[str, Ratio]) -> Ratio:
        return values[self.code]


@dataclass(frozen=True, slots=True)
class Unary:
    """A sign before an expression."""

    sign: str
    operand: Node
    depth: int = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", self.operand.depth + 1)
        object.__setattr__(self, "size", self.operand.size + 1)

    def exact(self, values: Mapping[str, Ratio]) -> Ratio:
        top, bottom = self.operand.exact(values)
        return (-top, bottom) if self.sign == "-" else (top, bottom)


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and ``+ - * /`` between them."""

    operator: str
    left: Node
    right: Node
    depth: int = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", max(self.left.depth, self.right.depth) + 1)
        object.__setattr__(self, "size", self.left.size + self.right.size + 1)

    def exact(self, values: Mapping[str, Ratio]) -> Ratio:
        """Return the exact value; raises ZeroDivisionError where a divisor is zero."""
        top, bottom = self.left.exact(values)
        right_top, right_bottom = self.right.exact(values)
        if self.operator == "*":
            return top * right_top, bottom * right_bottom
        if self.operator == "/":
            if right_top == 0:
                raise ZeroDivisionError
            return top * right_bottom, bottom * right_top
        if bottom == right_bottom:
            return (top + right_top if self.operator == "+" else top - right_top), bottom
        right_top *= bottom if self.operator == "+" else -bottom
        return top * right_bottom + right_top, bottom * right_bottom


Node = Number | Name | Unary | Binary


def names_in(node: Node) -> Iterator[str]:
    """Yield the measure codes of a tree from left to right, repeated ones included."""
    if isinstance(node, Name):
        yield node.code
    elif isinstance(node, Unary):
        yield from names_in(node.operand)
    elif isinstance(node, Binary):
        yield from names_in(node.left)
        yield from names_in(node.right)


_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}


def render(node: Node) -> str:
    """Return the text of a tree; parsed again, it gives the same tree."""
    if isinstance(node, Number):
        return node.text
    if isinstance(node, Name):
        return node.code
    if isinstance(node, Unary):
        inner = render(node.operand)
        return f"{node.sign}({inner})" if isinstance(node.operand, Binary | Unary) else f"{node.sign}{inner}"
    strength = _STRENGTH[node.operator]
    left = _bracketed(node.left, strength)
    right = _bracketed(node.right, strength + 1)
    return f"{left} {node.operator} {right}"


def _bracketed(node: Node, strength: int) -> str:
    weaker = isinstance(node, Binary) and _STRENGTH[node.operator] < strength
    return f"({render(node)})" if weaker or isinstance(node, Unary) else render(node)


class _NoCommonDenominator(Exception):
    """A sum of terms over different denominators."""


def denominator_of(node: Node) -> Node | None:
    """Return the expression of the denominators without constants and signs, or null where there is none.

    ``x / (3600 * y)`` gives ``y``; ``a / b / c`` gives ``b * c``; a sum of terms gives their denominator if it
    is the same one in each (constants fit any): ``100 - 100 * a / b`` gives ``b``.
    """
    try:
        _, below = _factors(node)
    except _NoCommonDenominator:
        return None
    if not below:
        return None
    product = below[0]
    for factor in below[1:]:
        product = Binary("*", product, factor)
    return product


def _factors(node: Node) -> tuple[Factors, Factors]:
    """Split a tree into the factors above and below the line, without its constants."""
    if next(names_in(node), None) is None:
        return (), ()
    if isinstance(node, Unary):
        return _factors(node.operand)
    if not isinstance(node, Binary):
        return (node,), ()
    above, below = _factors(node.left)
    right_above, right_below = _factors(node.right)
    if node.operator == "*":
        return above + right_above, below + right_below
    if node.operator == "/":
        return above + right_below, below + right_above
    return (node,), _common(node, below, right_below)


def _common(node: Binary, below: Factors, right_below: Factors) -> Factors:
    if sorted(map(render, below)) == sorted(map(render, right_below)):
        return below
    for side, other in ((node.left, right_below), (node.right, below)):
        if next(names_in(side), None) is None:
            return other
    raise _NoCommonDenominator
