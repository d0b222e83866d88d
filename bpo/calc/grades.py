"""Grade tables: from which score on which grade, S to D unless the contract says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from kpis.calc.rounding import round_value

GRADE_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class GradeRow:
    """A grade, and the score it begins at; the last row takes everything below it too."""

    grade: str
    lower: Decimal


GradeTable = tuple[GradeRow, ...]

DEFAULT_GRADES: GradeTable = tuple(
    GradeRow(grade, Decimal(lower)) for grade, lower in (("S", 95), ("A", 90), ("B", 80), ("C", 70), ("D", 0))
)


def grade_table(rows: Sequence[Mapping[str, object]]) -> GradeTable:
    """Read a grade table as contracts carry it: ``[{"grade": "S", "from": "95"}, …]``, best grade first.

    Raises ValueError where a row cannot be read, a grade stands twice, the order is not strict, or the last
    row does not begin at 0.
    """
    try:
        table = tuple(GradeRow(str(row["grade"]), Decimal(str(row["from"]))) for row in rows)
    except (KeyError, TypeError, InvalidOperation):
        raise ValueError("every row of a grade table needs a grade and a number it begins from") from None
    if not table or not all(row.grade and row.lower.is_finite() for row in table):
        raise ValueError("a grade table needs at least one row, and every row a grade")
    if len({row.grade for row in table}) < len(table):
        raise ValueError("a grade stands twice in the table")
    if any(better.lower <= worse.lower for better, worse in pairwise(table)):
        raise ValueError("the rows of a grade table must fall strictly from the best grade to the worst")
    if table[-1].lower != 0:
        raise ValueError("the last row of a grade table must begin at 0")
    return table


def grade_of(score: Decimal, table: GradeTable = DEFAULT_GRADES) -> str:
    """Return the grade of a total score, looked up on the score rounded half up to 2 decimals."""
    rounded = round_value(score, GRADE_DECIMALS)
    return next((row.grade for row in table if rounded >= row.lower), table[-1].grade)


def worse_grade(one: str, other: str, table: GradeTable) -> str:
    """Return the worse of two grades of a table. Raises ValueError for a grade that is not in it."""
    order = [row.grade for row in table]
    return max(one, other, key=order.index)


def to_next(score: Decimal, table: GradeTable = DEFAULT_GRADES) -> tuple[str, Decimal] | None:
    """Return the next better grade and the points still lacking; None at the top."""
    rounded = round_value(score, GRADE_DECIMALS)
    better = [row for row in table if row.lower > rounded]
    return (better[-1].grade, better[-1].lower - rounded) if better else None
