"""How far it is to the next grade and what it earns, and whether a hair's breadth of score moves money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal, localcontext

from bpo.calc.grades import GRADE_DECIMALS, grade_of, to_next
from bpo.calc.settlement.facts import MonthFacts
from bpo.calc.settlement.rules import Between, MoneyRules, Scheme
from bpo.calc.settlement.statement import settle
from kpis.calc.rounding import QUOTIENT, round_value

NEAR = Decimal("0.1")
"""So close to an edge, a score is on the cliff."""
ANSWER = Decimal("0.0001")
LEAST = Decimal("0.01")
"""The smallest step of a score as grades see it."""


@dataclass(frozen=True, slots=True)
class Room:
    """A weighed line: how much of the total it makes (of 100), its score, and the highest score it can have."""

    key: str
    weight: Decimal
    score: Decimal
    cap: Decimal | None


@dataclass(frozen=True, slots=True)
class Distance:
    """The next better grade: the points of the total it lacks, what it earns, and the line that reaches it soonest.

    ``key`` and ``needed`` (points of that line's own score, rounded up to 4 decimals) are null where no line alone
    has room for it; ``earns`` is null where no money can be said.
    """

    grade: str
    lacking: Decimal
    earns: Decimal | None
    key: str | None
    needed: Decimal | None


@dataclass(frozen=True, slots=True)
class Cliff:
    """An edge within :data:`NEAR` of the score: on its other side, in ``grade``, the month is worth ``moves`` more."""

    grade: str
    edge: Decimal
    moves: Decimal


def distance(rules: MoneyRules | None, month: MonthFacts, lines: Iterable[Room]) -> Distance | None:
    """Return the distance to the next grade; null at the top, without a score, and where a gate holds the grade."""
    if month.score is None or grade_of(month.score, month.grades) != month.grade:
        return None
    following = to_next(month.score, month.grades)
    if following is None:
        return None
    grade, lacking = following
    key, needed = _soonest(lacking + round_value(month.score, GRADE_DECIMALS) - month.score, lines)
    return Distance(grade, lacking, _earns(rules, month, grade, lacking), key, needed)


def _earns(rules: MoneyRules | None, month: MonthFacts, grade: str, lacking: Decimal) -> Decimal | None:
    if rules is None or month.score is None or rules.scheme is not Scheme.GRADE:
        return None
    return _moves(rules, month, round_value(month.score, GRADE_DECIMALS) + lacking, grade)


def _moves(rules: MoneyRules, month: MonthFacts, score: Decimal, grade: str) -> Decimal | None:
    """Return by how much the month's worth differs at another score; null where it is not known."""
    here, there = settle(rules, month).adjustment, settle(rules, replace(month, score=score, grade=grade)).adjustment
    return None if here is None or there is None else there - here


def _soonest(lacking: Decimal, lines: Iterable[Room]) -> tuple[str | None, Decimal | None]:
    """Return the line that needs the fewest points of its own score to lift the total by ``lacking``."""
    found = []
    for line in lines:
        if line.weight > 0:
            with localcontext(QUOTIENT):
                needed = (lacking * 100 / line.weight).quantize(ANSWER, ROUND_CEILING)
            if line.cap is None or line.score + needed <= line.cap:
                found.append((needed, line.key))
    if not found:
        return None, None
    fewest, key = min(found)
    return key, fewest


def cliff(rules: MoneyRules, month: MonthFacts) -> Cliff | None:
    """Return the edge on which the score stands, where a tenth of a point moves money; null elsewhere.

    Linear terms have no cliff: at no edge do they jump.
    """
    is_stepped = rules.scheme is Scheme.GRADE and rules.between is Between.STEP
    if month.score is None or not is_stepped or grade_of(month.score, month.grades) != month.grade:
        return None
    score = round_value(month.score, GRADE_DECIMALS)
    edge = next((row.lower for row in month.grades[:-1] if abs(row.lower - score) <= NEAR), None)
    if edge is None:
        return None
    other = edge - LEAST if score >= edge else edge
    grade = grade_of(other, month.grades)
    moves = _moves(rules, month, other, grade)
    return Cliff(grade, edge, moves) if moves else None
