"""Relations between measures of one queue-day: ``answered <= offered; soft hold_s <= talk_s``.

Hard relations refuse a row, soft ones warn. Both sides are sums of measures with constant factors, so each
relation is kept as whole-number coefficients: ``sum(factor * value) <= limit``. Nothing is rounded. With ``=``
instead of ``<=`` both sides must be the same; a histogram stands for the sum of its buckets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm

from kpis.calc.expressions import Binary, Name, Node, Number, Unary
from kpis.calc.facts import Value
from kpis.calc.formula import Formula, FormulaError, parse

SOFT = "soft"


class RelationError(ValueError):
    """A relation that cannot be read: ``code``, the relation's ``text``, and the ``cause`` inside a side of it.

    ``code`` is relation_syntax (neither ``left <= right`` nor ``left = right``), relation_not_linear,
    relation_no_measure, or the code of the formula error in ``cause``.
    """

    def __init__(self, code: str, text: str, cause: FormulaError | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.cause = cause


@dataclass(frozen=True)
class Relation:
    """``left <= right``, or ``left = right`` where ``is_equal``.

    ``terms`` are (factor, measure), all on the left side; ``limit`` is the constant right.
    """

    left: Formula
    right: Formula
    is_hard: bool
    terms: tuple[tuple[int, str], ...] = field(repr=False)
    limit: int = field(repr=False)
    is_equal: bool = False

    @property
    def text(self) -> str:
        return f"{self.left.text} {'=' if self.is_equal else '<='} {self.right.text}"

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it names, each once, from left to right."""
        return tuple(dict.fromkeys((*self.left.measures, *self.right.measures)))

    def holds(self, values: Mapping[str, Value | None]) -> bool | None:
        """Say whether it holds; null where a measure it names is not there."""
        total: int | Fraction = 0
        for factor, code in self.terms:
            value = values.get(code)
            if value is None:
                return None
            total += factor * (value if type(value) is int else _amount(value))
        return total == self.limit if self.is_equal else total <= self.limit


def parse_relations(texts: Iterable[str], known: Collection[str] | None = None) -> tuple[Relation, ...]:
    """Read the relations of many measures (each a list separated by ``;``), each one once.

    Two that say the same are one; it is hard if either is. Raises :class:`RelationError`.
    """
    found: dict[tuple[tuple[tuple[int, str], ...], int, bool], Relation] = {}
    for text in texts:
        for part in filter(None, map(str.strip, text.split(";"))):
            relation = _read(part, known)
            key = (relation.terms, relation.limit, relation.is_equal)
            if key not in found or (relation.is_hard and not found[key].is_hard):
                found[key] = relation
    return tuple(found.values())


def violations(relations: Iterable[Relation], values: Mapping[str, Value | None]) -> list[Relation]:
    """Return the relations that a queue-day's values break; one with a measure missing is not judged."""
    return [relation for relation in relations if relation.holds(values) is False]


def applicable(relations: Iterable[Relation], measures: Collection[str]) -> tuple[Relation, ...]:
    """Return the relations all of whose measures are among ``measures``: choose once per shape of row."""
    there = frozenset(measures)
    return tuple(relation for relation in relations if there.issuperset(relation.measures))


def _read(text: str, known: Collection[str] | None) -> Relation:
    first, _, rest = text.partition(" ")
    is_soft = first == SOFT
    rule = rest if is_soft else text
    is_equal = "<=" not in rule
    sides = rule.split("=" if is_equal else "<=")
    if len(sides) != 2:
        raise RelationError("relation_syntax", text)
    try:
        left, right = (parse(side.strip(), known) for side in sides)
    except FormulaError as error:
        raise RelationError(error.code, text, error) from None
    terms, limit = _coefficients(left, right, text)
    return Relation(left, right, not is_soft, terms, limit, is_equal)


def _amount(value: Value) -> Fraction:
    return Fraction(sum(value) if isinstance(value, tuple | list) else value)


def _coefficients(left: Formula, right: Formula, text: str) -> tuple[tuple[tuple[int, str], ...], int]:
    """Bring all measures to the left and all constants to the right, in the smallest whole numbers."""
    factors = _linear(left.tree, text)
    for code, factor in _linear(right.tree, text).items():
        factors[code] = factors.get(code, Fraction(0)) - factor
    limit = -factors.pop("", Fraction(0))
    factors = {code: factor for code, factor in factors.items() if factor}
    if not factors:
        raise RelationError("relation_no_measure", text)
    scale = lcm(limit.denominator, *(factor.denominator for factor in factors.values()))
    whole = {code: int(factor * scale) for code, factor in sorted(factors.items())}
    common = gcd(int(limit * scale), *whole.values())
    return tuple((factor // common, code) for code, factor in whole.items()), int(limit * scale) // common


def _linear(node: Node, text: str) -> dict[str, Fraction]:
    """Return the factor of each measure, the constant under the empty name."""
    if isinstance(node, Number):
        return {"": Fraction(*node.ratio)}
    if isinstance(node, Name):
        return {node.code: Fraction(1)}
    if isinstance(node, Unary):
        return _times(_linear(node.operand, text), Fraction(-1 if node.sign == "-" else 1))
    left, right = _linear(node.left, text), _linear(node.right, text)
    if node.operator in "+-":
        for code, factor in right.items():
            left[code] = left.get(code, Fraction(0)) + (factor if node.operator == "+" else -factor)
        return left
    return _product(node, left, right, text)


def _product(node: Binary, left: dict[str, Fraction], right: dict[str, Fraction], text: str) -> dict[str, Fraction]:
    if set(right) == {""} and (node.operator == "*" or right[""]):
        return _times(left, right[""] if node.operator == "*" else 1 / right[""])
    if node.operator == "*" and set(left) == {""}:
        return _times(right, left[""])
    raise RelationError("relation_not_linear", text)


def _times(factors: dict[str, Fraction], factor: Fraction) -> dict[str, Fraction]:
    return {code: value * factor for code, value in factors.items()}
