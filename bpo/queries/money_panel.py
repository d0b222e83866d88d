"""The worth of a month on its scorecard's page: one line that opens to the steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bpo.queries.card_money import NO_TERMS, CardMoney, card_money
from bpo.queries.pages import CardPage
from kpis.models import Measure
from vendors.actors import Actor, Capability
from vendors.models.base import for_reader


@dataclass(frozen=True, slots=True)
class MoneyPanel:
    """The worth, and the names its steps need; ``soonest`` is the line that reaches the next grade first."""

    money: CardMoney
    names: Mapping[str, str]
    soonest: Mapping[str, Any] | None


def money_panel(page: CardPage, actor: Actor, *, now: datetime) -> MoneyPanel | None:
    """Return the panel; null where a contract has no terms of money, or ``actor`` does not read any."""
    if not actor.may(Capability.READ_MONEY, page.scorecard.contract.vendor_id):
        return None
    money = card_money(page.scorecard, page.card, page.around.terms, now=now)
    if money.reason == NO_TERMS:
        return None
    names = {line["kpi"]: for_reader(line["name"], line["name_ko"]) for line in page.card["lines"] if line["kpi"]}
    rules = money.terms.rules if money.terms else None
    if rules and rules.measures:
        names |= {row.code: row.label for row in Measure.objects.filter(code__in=rules.measures)}
    key = money.next_grade.key if money.next_grade else None
    soonest = next((line for line in page.card["lines"] if key is not None and str(line["id"]) == key), None)
    return MoneyPanel(money, names, soonest)
