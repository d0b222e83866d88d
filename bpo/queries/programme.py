"""The pages of setting up a programme: what was set up, and how far its figures have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max

from bpo.models import Scorecard, SetUp
from kpis.models import DailyMetric
from vendors.actors import Actor, Capability
from vendors.models import Contract


@dataclass(frozen=True, slots=True)
class Made:
    """One contract of a set-up: the queue-days and month totals that have come, and its card of the first month."""

    contract: Contract
    days: int
    months: int
    card: Scorecard | None

    @property
    def has_figures(self) -> bool:
        return bool(self.days or self.months)


def set_ups(actor: Actor) -> Sequence[SetUp]:
    """Return the set-ups, newest first."""
    return list(SetUp.objects.visible_to(actor)[:20])


def contracts_made(made: SetUp, actor: Actor, month: str) -> list[Made]:
    """Return the contracts of a set-up with their figures and the newest card of ``month`` (2026-10); three queries."""
    visible = Contract.objects.visible_to(actor.limited_to(Capability.READ_CONTRACTS)).select_related("vendor")
    contracts = list(visible.filter(code__in=made.made["contracts"]).order_by("vendor__name", "code"))
    figures = DailyMetric.objects.filter(queue__contract_links__contract__in=contracts).order_by()
    counts = figures.values_list("queue__contract_links__contract", "is_month").annotate(Count("pk", distinct=True))
    came = {(contract, is_month): count for contract, is_month, count in counts}
    newest = Scorecard.objects.visible_to(actor).filter(contract__in=contracts, start=f"{month}-01").order_by()
    last = newest.values_list("contract").annotate(last=Max("pk")).values_list("last", flat=True)
    cards = {card.contract_id: card for card in Scorecard.objects.filter(pk__in=last)}
    return [
        Made(row, came.get((row.pk, False), 0), came.get((row.pk, True), 0), cards.get(row.pk)) for row in contracts
    ]
