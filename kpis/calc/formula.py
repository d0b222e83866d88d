"""The formula engine: text -> safe immutable tree -> exact value. Only + - * /, signs, brackets, numbers, measures.

The text is read once by this module's own parser (nothing is ever executed as code); limits are those of the
constants below. A refusal says its code, the 0-based position in the text, and the name of a cure.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import NoReturn

from kpis.calc.expressions import Binary, Name, Node, Number, Ratio, Unary, denominator_of, names_in, render
from kpis.calc.facts import Number as Reported

MAX_CHARACTERS = 500
MAX_BRACKETS = 40
MAX_NODES = 150
MAX_DEPTH = 20
MAX_DIGITS = 15
RESERVED = frozenset(keyword.kwlist)
"""Words no measure may be called, because a formula refuses them as an attempt at program code."""

_CONTEXT = Context(prec=34, Emin=-6143, Emax=6144, traps=[DivisionByZero, InvalidOperation, Overflow])

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?![\w.]))
      | (?P<bad_number>\.?[0-9][\w.]*)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<forbidden>\*\*|//|<<|>>|:=|==|!=|[\[\]{}'"`%@<>&|^~!:\\])
      | (?P<sign>[-+*/()])
      | (?P<other>.)""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)


class FormulaError(ValueError):
    """A formula that is refused: ``code``, 0-based ``position``, ``cure`` (a key) and what the cure names."""

    def __init__(self, code: str, position: int, cure: str = "", **params: str | int) -> None:
        super().__init__(f"{code} at {position}")
        self.code = code
        self.position = position
        self.cure = cure or code
        self.params = params


@dataclass(frozen=True)
class Formula:
    """A parsed formula. Immutable and shared: :func:`parse` answers the same object for the same text."""

    text: str
    tree: Node = field(compare=False, repr=False)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """The measures it names, each once, from left to right."""
        return tuple(dict.fromkeys(names_in(self.tree)))

    @cached_property
    def denominator(self) -> Formula | None:
        """The denominator without its constants; null where there is none or no common one."""
        tree = denominator_of(self.tree)
        return None if tree is None else Formula(render(tree), tree)

    def exact(self, values: Mapping[str, Reported | None]) -> Ratio | None:
        """Return the value as (numerator, denominator), or null where a value is missing or a divisor is 0."""
        pairs: dict[str, Ratio] = {}
        for code in self.measures:
            value = values.get(code)
            if value is None:
                return None
            pairs[code] = (value, 1) if type(value) is int else _as_pair(value)
        try:
            return self.tree.exact(pairs)
        except ZeroDivisionError:
            return None

    def evaluate(self, values: Mapping[str, Reported | None]) -> Decimal | None:
        """Return the value to 34 significant digits, or null where a value is missing or a divisor is 0.

        Raises :class:`FormulaError` ``overflow`` for a result no decimal of 34 digits can hold, and
        ``not_a_number`` for a value that is none.
        """
        pair = self.exact(values)
        return None if pair is None else _as_decimal(pair)

    def evaluate_columns(self, columns: Mapping[str, Sequence[Reported | None]]) -> list[Decimal | None]:
        """Evaluate row by row over columns of equal length; a null in a column gives null in its row."""
        named = [columns[code] for code in self.measures]
        if not named:
            length = max((len(column) for column in columns.values()), default=0)
            return [self.evaluate({})] * length
        codes = self.measures
        return [self.evaluate(dict(zip(codes, row, strict=True))) for row in zip(*named, strict=True)]


def _as_pair(value: Reported) -> Ratio:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise FormulaError("not_a_number", 0)
    try:
        return value.as_integer_ratio()
    except (ValueError, OverflowError):
        raise FormulaError("not_a_number", 0) from None


def _as_decimal(pair: Ratio) -> Decimal:
    try:
        return _CONTEXT.divide(Decimal(pair[0]), Decimal(pair[1]))
    except (Overflow, InvalidOperation):
        raise FormulaError("overflow", 0) from None


def parse(text: str, known: Collection[str] | None = None) -> Formula:
    """Read a formula; with ``known`` given, refuse a measure that is not in it, with a suggestion.

    Raises :class:`FormulaError` with code formula_syntax, formula_forbidden, too_long, too_deep or unknown_name.
    """
    formula, places = _read(text)
    if known is not None:
        for code, position in places:
            if code not in known:
                near = get_close_matches(code.lower(), known, n=1, cutoff=0.6)
                raise FormulaError(
                    "unknown_name", position, "did_you_mean" if near else "", name=code, suggestion="".join(near)
                )
    return formula


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Formula, tuple[tuple[str, int], ...]]:
    _check_text(text)
    parser = _Parser(text)
    return Formula(text.strip(), parser.read()), tuple(parser.places)


def _check_text(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise FormulaError("too_long", MAX_CHARACTERS, "fewer_characters", limit=MAX_CHARACTERS)
    for position, character in enumerate(text):
        if not character.isascii():
            raise FormulaError("formula_syntax", position, "plain_characters", found=character)
    if not text.strip():
        raise FormulaError("formula_syntax", 0, "empty")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


class _Parser:
    """Recursive descent: sum -> product -> signed -> atom; brackets and signs are counted, so depth is bounded."""

    def __init__(self, text: str) -> None:
        found = (_Token(str(match.lastgroup), match[0], match.start()) for match in _TOKEN.finditer(text))
        self.tokens = [token for token in found if token.kind != "space"]
        self.tokens.append(_Token("end", "", len(text)))
        self.index = 0
        self.brackets = 0
        self.places: list[tuple[str, int]] = []

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def read(self) -> Node:
        tree = self.sum()
        if self.token.kind != "end":
            self.refuse_after_operand()
        return tree

    def take(self, signs: str) -> _Token | None:
        """Consume the next token if it is one of ``signs``."""
        token = self.token
        if token.kind != "sign" or token.text not in signs:
            return None
        self.index += 1
        return token

    def sum(self) -> Node:
        tree = self.product()
        while sign := self.take("+-"):
            tree = _limited(Binary(sign.text, tree, self.product()), sign.position)
        return tree

    def product(self) -> Node:
        tree = self.signed()
        while sign := self.take("*/"):
            tree = _limited(Binary(sign.text, tree, self.signed()), sign.position)
        return tree

    def signed(self) -> Node:
        signs = []
        while sign := self.take("+-"):
            signs.append(sign)
            if len(signs) >= MAX_DEPTH:
                raise FormulaError("too_deep", sign.position, "fewer_levels", limit=MAX_DEPTH)
        tree = self.atom()
        for sign in reversed(signs):
            tree = _limited(Unary(sign.text, tree), sign.position)
        return tree

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            return self.number(token)
        if token.kind == "name":
            return self.name(token)
        if opening := self.take("("):
            return self.bracket(opening)
        self.refuse_operand(token)

    def number(self, token: _Token) -> Node:
        if any(len(part) > MAX_DIGITS for part in token.text.split(".")):
            raise FormulaError("too_long", token.position, "fewer_digits", limit=MAX_DIGITS)
        self.index += 1
        return Number.read(token.text)

    def name(self, token: _Token) -> Node:
        following = self.tokens[self.index + 1]
        if following.text == "(":
            raise FormulaError("formula_forbidden", token.position, "no_functions", found=token.text)
        if following.text in ("'", '"') and token.text.lower() in ("b", "rb", "br"):
            raise FormulaError("formula_syntax", token.position, "no_text", found=token.text)
        if token.text in ("True", "False", "None"):
            raise FormulaError("formula_syntax", token.position, "no_words", found=token.text)
        if token.text in RESERVED or token.text.startswith("_"):
            raise FormulaError("formula_forbidden", token.position, "no_code", found=token.text)
        self.index += 1
        self.places.append((token.text, token.position))
        return Name(token.text)

    def bracket(self, opening: _Token) -> Node:
        self.brackets += 1
        if self.brackets > MAX_BRACKETS:
            raise FormulaError("too_deep", opening.position, "fewer_brackets", limit=MAX_BRACKETS)
        if self.token.text == ")":
            raise FormulaError("formula_forbidden", opening.position, "empty_brackets")
        tree = self.sum()
        if not self.take(")"):
            if self.token.kind == "end":
                raise FormulaError("formula_syntax", opening.position, "close_bracket")
            self.refuse_after_operand()
        self.brackets -= 1
        return tree

    def refuse_operand(self, token: _Token) -> NoReturn:
        """Refuse what stands where a number, a measure or a bracket must stand."""
        if token.kind == "forbidden":
            raise FormulaError("formula_forbidden", token.position, "only_four_signs", found=token.text)
        if token.kind == "bad_number":
            raise FormulaError("formula_syntax", token.position, "plain_number", found=token.text)
        cure = "unfinished" if token.kind == "end" else "operand_expected"
        raise FormulaError("formula_syntax", token.position, cure, found=token.text)

    def refuse_after_operand(self) -> NoReturn:
        """Refuse what stands where one of + - * / must stand."""
        token = self.token
        if token.kind == "forbidden":
            raise FormulaError("formula_forbidden", token.position, "only_four_signs", found=token.text)
        if token.text == "." or token.text.startswith(".") or token.text in RESERVED - {"True", "False", "None"}:
            raise FormulaError("formula_forbidden", token.position, "no_code", found=token.text)
        cures = {")": "stray_bracket", ",": "no_commas", "=": "no_equals"}
        cure = cures.get(token.text, "sign_expected" if token.kind != "other" else "only_four_signs")
        raise FormulaError("formula_syntax", token.position, cure, found=token.text)


def _limited(node: Node, position: int) -> Node:
    if node.depth > MAX_DEPTH:
        raise FormulaError("too_deep", position, "fewer_levels", limit=MAX_DEPTH)
    if node.size > MAX_NODES:
        raise FormulaError("too_long", position, "fewer_terms", limit=MAX_NODES)
    return node
