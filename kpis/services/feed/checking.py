"""What only shows once a row is laid over its queue-day: relations between measures, months beside days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from kpis.calc.facts import Number
from kpis.calc.relations import Relation, applicable, violations
from kpis.services.feed import wording
from kpis.services.feed.facts import Current, Key, MeasureRules, Problems
from kpis.services.feed.merging import Merged


@dataclass(slots=True)
class _Shape:
    """The relations that queue-days with the same measures are held against.

    ``pairs`` are those that compare one measure with one: nearly all, and compared without arithmetic.
    """

    pairs: list[tuple[str, str, Relation]]
    others: list[Relation]


class Checker:
    """Checks merged queue-days; hard relations become problems, soft ones warnings."""

    def __init__(self, rules: MeasureRules, problems: Problems, warnings: Problems) -> None:
        self.rules = rules
        self.problems = problems
        self.warnings = warnings
        self._shapes: dict[tuple[str, ...], _Shape] = {}

    def check(self, merged: Sequence[Merged]) -> None:
        """Check every queue-day that changes."""
        for day in merged:
            if day.is_stored:
                self._check_day(day)

    def check_months(self, merged: Sequence[Merged], current: Mapping[Key, Current], with_days: set[Key]) -> None:
        """Refuse a month total beside days of that month, whichever came first."""
        for day in merged:
            key = day.row.key
            total = current.get(Key(key.queue_id, key.date.replace(day=1), True))
            if key in with_days or (not key.is_month and total is not None and total.measures):
                text = wording.month_and_days(day.row.queue.code, key.date)
                self.problems.add(day.row.number, "month" if key.is_month else "date", "month_and_days", text)

    def _check_day(self, day: Merged) -> None:
        shape = self._shape(tuple(day.measures))
        values = _numbers(day.measures)
        broken = [relation for left, right, relation in shape.pairs if values[left] > values[right]]
        broken += violations(shape.others, values)
        for relation in broken:
            if not day.row.values.keys().isdisjoint(relation.measures):
                self._report(relation, values, day)

    def _shape(self, codes: tuple[str, ...]) -> _Shape:
        shape = self._shapes.get(codes)
        if shape is None:
            found = applicable(self.rules.relations, codes)
            pairs = [(*pair, relation) for relation in found if (pair := as_pair(relation))]
            others = [relation for relation in found if not as_pair(relation)]
            shape = self._shapes[codes] = _Shape(pairs, others)
        return shape

    def _report(self, relation: Relation, values: Mapping[str, Number], day: Merged) -> None:
        left, right = relation.left.evaluate(values), relation.right.evaluate(values)
        code = "relation_broken"
        if as_pair(relation):
            code = "numerator_gt_denominator" if right else "zero_denominator"
        if relation.is_equal:
            code = "sum_differs"
        sent = [measure for measure in relation.measures if measure in day.row.values]
        text = _("%(left)s (%(left_value)s) cannot be more than %(right)s (%(right_value)s).")
        if not relation.is_hard:
            text = _("%(left)s (%(left_value)s) is more than %(right)s (%(right_value)s); please check.")
        if relation.is_equal:
            text = _("%(left)s (%(left_value)s in all) must be the same as %(right)s (%(right_value)s).")
        filling = {
            "left": self._in_words(relation.left.text),
            "left_value": _shown(left),
            "right": self._in_words(relation.right.text),
            "right_value": _shown(right),
        }
        into = self.problems if relation.is_hard else self.warnings
        limit = f"{'=' if relation.is_equal else '<='} {_shown(right)}"
        into.add(day.row.number, sent[0], code, text % filling, found=_shown(left), expected=limit)

    def _in_words(self, side: str) -> str:
        return " ".join(self.rules.by_code[word].name if word in self.rules.by_code else word for word in side.split())


def _numbers(document: Mapping[str, Any]) -> Mapping[str, Number]:
    for value in document.values():
        if type(value) is not int:
            break
    else:
        return document
    return {code: _number(value) for code, value in document.items()}


def _number(value: Any) -> Number:
    """Return a stored value as a number; a histogram is the sum of its buckets."""
    if isinstance(value, list):
        return sum(value)
    return Decimal(value) if isinstance(value, str) else value


def as_pair(relation: Relation) -> tuple[str, str] | None:
    """Return ``(a, b)`` of a relation that reads ``a <= b``."""
    by_factor = dict(relation.terms)
    if relation.limit == 0 and not relation.is_equal and len(relation.terms) == 2 and by_factor.keys() == {1, -1}:
        return by_factor[1], by_factor[-1]
    return None


def _shown(number: Number | None) -> str:
    return f"{number.normalize():f}" if isinstance(number, Decimal) else str(number)
