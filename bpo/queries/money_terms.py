"""Which terms of money hold for a month, read along with what they are about (no query of their own)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import F, JSONField, OuterRef, Q, Subquery, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast

from bpo.calc.grades import DEFAULT_GRADES, GradeTable, grade_table
from bpo.calc.settlement import MoneyRules, rules_of
from bpo.models import FrozenScorecard, MoneyTerms, Scorecard
from vendors.models import Contract, ContractTerms
from vendors.querysets import one_of


@dataclass(frozen=True, slots=True)
class Terms:
    """The version in force. ``rules`` is null where what is stored cannot be read."""

    id: int
    valid_from: date
    rules: MoneyRules | None

    @classmethod
    def of(cls, row: MoneyTerms) -> Terms:
        return cls(row.pk, row.valid_from, read_rules(row.rules))


def read_rules(document: Mapping[str, Any]) -> MoneyRules | None:
    """Return stored terms as the arithmetic reads them; null where they cannot be read."""
    try:
        return rules_of(document)
    except ValueError:
        return None


class Agreed(NamedTuple):
    """What a month is settled as: of a final card as it was frozen, else as the contract stands."""

    is_pilot: bool
    currency: str


def frozen_part(name: str, document: str) -> Any:
    """Return the expression of a field of the frozen card whose text stands at ``document``."""
    return KeyTransform(name, KeyTransform("card", Cast(document, JSONField())))


def agreed_of(cards: Collection[Scorecard]) -> dict[int, Agreed]:
    """Return what the final ones among ``cards`` were frozen as, by card; one query where there are any."""
    final = {card.pk for card in cards if not card.is_open}
    if not final:
        return {}
    rows = FrozenScorecard.objects.filter(scorecard__in=one_of(final)).annotate(
        pilot=frozen_part("is_pilot", "document"), money=frozen_part("currency", "document")
    )
    return {pk: Agreed(pilot, money) for pk, pilot, money in rows.values_list("scorecard_id", "pilot", "money")}


def with_terms(rows: Any, contract: str, day: str | date) -> Any:
    """Annotate rows with the terms in force, for :func:`terms_of`.

    ``contract`` is the path from a row to the contract's id, ``day`` the path to the month's first day, or that day.
    """
    first: Any = OuterRef(day) if isinstance(day, str) else Value(day)
    held = MoneyTerms.objects.filter(contract=OuterRef(contract), replaced_at=None, valid_from__lte=first)
    held = held.filter(Q(valid_until=None) | Q(valid_until__gt=first)).order_by("-valid_from")
    names = {"money_id": "pk", "money_from": "valid_from", "money_rules": "rules"}
    return rows.annotate(**{name: Subquery(held.values(field)[:1]) for name, field in names.items()})


def terms_of(row: Any) -> Terms | None:
    """Return the terms a row was annotated with by :func:`with_terms`; null where none hold."""
    found: dict[str, Any] = row.__dict__
    if found["money_id"] is None:
        return None
    return Terms(found["money_id"], found["money_from"], read_rules(found["money_rules"]))


def terms_on(contract: int, day: date) -> Terms | None:
    """Return the terms of one contract in force on a day."""
    row = MoneyTerms.objects.filter(contract=contract, replaced_at=None).valid_on(day).first()
    return Terms.of(row) if row else None


def grades_on(contract: Contract, day: date) -> GradeTable:
    """Return the grade table in force on a day; the usual one where there is none that can be read."""
    rows = contract.terms.filter(Q(valid_from=None) | Q(valid_from__lte=day))
    row: ContractTerms | None = rows.order_by(F("valid_from").desc(nulls_last=True)).first()
    return table_of(row.grades) if row else DEFAULT_GRADES


def table_of(rows: Any) -> GradeTable:
    """Return a stored grade table; the usual one where there is none, or it cannot be read."""
    try:
        return grade_table(rows) if rows else DEFAULT_GRADES
    except ValueError:
        return DEFAULT_GRADES
