"""What proposed terms of money would have made of a contract's last final months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bpo.calc.settlement import Statement, rules_of, settle
from bpo.choices import EXECUTIVE_STATUSES, ScorecardStatus
from bpo.models import Scorecard
from bpo.queries.card_money import facts_of
from bpo.queries.cards import presented, with_parts
from bpo.queries.money_facts import Want, completed_many
from vendors.models import Contract

MOST_MONTHS = 6


@dataclass(frozen=True, slots=True)
class Example:
    """One final month, by its frozen card."""

    start: date
    score: Decimal | None
    grade: str
    statement: Statement


def examples_of(contract: Contract, rules: Mapping[str, Any]) -> list[Example]:
    """Return the last six final months, the newest first, as stored ``rules`` would have settled them."""
    read = rules_of(rules)
    cards = Scorecard.objects.filter(contract=contract, status__in=EXECUTIVE_STATUSES)
    cards = cards.exclude(status=ScorecardStatus.SUPERSEDED).order_by("-start", "-version")
    shown = list(with_parts(cards)[:MOST_MONTHS])
    months = completed_many(
        [
            ((contract.pk, card.start), Want(facts_of(presented(card), is_over=True), read, card.frozen.frozen_at))
            for card in shown
        ]
    )
    return [
        Example(card.start, month.score, month.grade, settle(read, month))
        for card, month in zip(shown, months, strict=True)
    ]
