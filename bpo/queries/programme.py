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
    """One contract of a set-up: the queue-days that have come, and its card of the first month."""

    contract: Contract
    days: int
    card: Scorecard | None


def set_ups(actor: Actor) -> Sequence[SetUp]:
    """Return the set-ups, newest first."""
    return list(SetUp.objects.visible_to(actor)[:20])


def contracts_made(made: SetUp, actor: Actor, month: str) -> list[Made]:
    """Return the contracts of a set-up with their figures and the newest card of ``month`` (2026-10); three queries."""
    visible = Contract.objects.visible_to(actor.limited_to(Capability.READ_CONTRACTS)).select_related("vendor")
    contracts = list(visible.filter(code__in=made.made["contracts"]).order_by("vendor__name", "code"))
    figures = DailyMetric.objects.filter(queue__contract_links__contract__in=contracts).order_by()
    days = dict(figures.values_list("queue__contract_links__contract").annotate(days=Count("pk", distinct=True)))
    newest = Scorecard.objects.visible_to(actor).filter(contract__in=contracts, start=f"{month}-01").order_by()
    last = newest.values_list("contract").annotate(last=Max("pk")).values_list("last", flat=True)
    cards = {card.contract_id: card for card in Scorecard.objects.filter(pk__in=last)}
    return [Made(row, days.get(row.pk, 0), cards.get(row.pk)) for row in contracts]
