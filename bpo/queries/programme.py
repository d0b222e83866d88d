"""The pages of setting up a programme: what was set up, and how far its figures have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Max

from bpo.models import Scorecard, SetUp
from bpo.queries.pending import pending
from kpis.models import DailyMetric
from vendors.actors import Actor, Capability
from vendors.models import Contract


@dataclass(frozen=True, slots=True)
class CardMade:
    """The newest card of a contract's first month; ``score`` as people are told it, null until it is computed."""

    pk: int
    start: date
    score: Decimal | None
    counted: Decimal | None
    is_unreported: bool
    is_pending: bool


@dataclass(frozen=True, slots=True)
class Made:
    """One contract of a set-up: the queue-days and month totals that have come, and its card of the first month."""

    contract: Contract
    days: int
    months: int
    card: CardMade | None

    @property
    def has_figures(self) -> bool:
        return bool(self.days or self.months)


def set_ups(actor: Actor) -> Sequence[SetUp]:
    """Return the set-ups, newest first."""
    return list(SetUp.objects.visible_to(actor)[:20])


def contracts_made(made: SetUp, actor: Actor, month: str) -> list[Made]:
    """Return the contracts of a set-up with their figures and the card of the newest month that has any.

    Figures that came a moment ago count before the card holds them. Without figures it is that of ``month`` (2026-10),
    the first that is judged. Three queries, and one for each month that is shown.
    """
    visible = Contract.objects.visible_to(actor.limited_to(Capability.READ_CONTRACTS)).select_related("vendor")
    contracts = list(visible.filter(code__in=made.made["contracts"]).order_by("vendor__name", "code"))
    figures = DailyMetric.objects.filter(queue__contract_links__contract__in=contracts).order_by()
    by_contract = figures.values_list("queue__contract_links__contract", "is_month")
    counts = list(by_contract.annotate(Count("pk", distinct=True), Max("date")))
    came = {(contract, is_month): count for contract, is_month, count, _last in counts}
    last = {contract: day.replace(day=1) for contract, _is_month, _count, day in sorted(counts, key=lambda row: row[3])}
    waiting = {start: pending(last, start) for start in set(last.values())}
    found = Scorecard.objects.visible_to(actor).filter(contract__in=contracts, start__gte=f"{month}-01")
    newest: dict[int, Scorecard] = {}
    for card in found.defer("composition").order_by("start", "version"):
        before = newest.get(card.contract_id)
        has_come = card.start == last.get(card.contract_id) and card.contract_id in waiting[card.start]
        if before is None or card.start == before.start or not card.is_unreported or has_come:
            newest[card.contract_id] = card
    waiting |= {start: pending(newest, start) for start in {card.start for card in newest.values()} - waiting.keys()}
    cards = {key: _card(card, key in waiting[card.start]) for key, card in newest.items()}
    return [
        Made(row, came.get((row.pk, False), 0), came.get((row.pk, True), 0), cards.get(row.pk)) for row in contracts
    ]


def _card(card: Scorecard, is_waiting: bool) -> CardMade:
    is_pending = is_waiting and card.is_open
    score = None if is_pending else card.stated_score
    return CardMade(card.pk, card.start, score, card.share_counted, card.is_unreported, is_pending)
