"""What a new action plan begins with: an alert, a line of a scorecard, or an external factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from bpo.choices import PlanKind
from bpo.models import Alert, Scorecard
from bpo.queries.alerts import alerts_for
from bpo.queries.cards import presented
from bpo.queries.plan_words import begun_from_alert, begun_from_factor, begun_from_line
from kpis.choices import FactorKind
from kpis.models import ExternalFactor
from kpis.queries.effect_words import sentence
from kpis.queries.effects import effects_of
from vendors.actors import Capability
from vendors.models import Contract

if TYPE_CHECKING:
    from vendors.actors import Actor

LONGEST = 2000


@dataclass(slots=True)
class Beginning:
    """What a plan is about, as far as it exists for the reader, and what its form is filled with."""

    initial: dict[str, Any] = field(default_factory=dict)
    alert: Alert | None = None
    scorecard: Scorecard | None = None
    factor: ExternalFactor | None = None
    effects: list[str] = field(default_factory=list)
    """What a factor did to each of several contracts: beside the form, not in it, for the plan may be shared."""


def beginning(actor: Actor, given: Mapping[str, str], *, now: datetime) -> Beginning:
    """Return what the plan begins with; what is named and does not exist for ``actor`` is as if it were not named."""
    found = Beginning()
    _from_alert(found, actor, given.get("alert", ""))
    _from_card(found, actor, given)
    contract = Contract.objects.visible_to(actor.limited_to(Capability.PROPOSE_PLANS))
    named = contract.filter(code=given.get("contract", "")[:64]).first()
    if named is not None:
        found.initial["contract"] = named.code
    _from_factor(found, actor, given.get("factor", ""), now)
    if not actor.may(Capability.DECIDE_PLANS):
        found.initial["owner"] = _("Site manager")
    return found


def _from_alert(found: Beginning, actor: Actor, number: str) -> None:
    alert: Alert | None = _numbered(alerts_for(actor), number)
    if alert is None:
        return
    found.alert = alert
    found.initial |= begun_from_alert(alert) | {"alert": alert.pk}
    if alert.contract:
        found.initial["contract"] = alert.contract.code
    if alert.kpi:
        found.initial["kpi"] = alert.kpi.code


def _from_card(found: Beginning, actor: Actor, given: Mapping[str, str]) -> None:
    """Begin with a line of a card: ``scorecard`` is the card's number, ``line`` the line's."""
    cards = Scorecard.objects.visible_to(actor.limited_to(Capability.READ_SCORECARDS)).select_related("contract")
    card: Scorecard | None = _numbered(cards, given.get("scorecard", ""))
    if card is None:
        return
    found.scorecard = card
    found.initial |= {"scorecard": card.pk, "contract": card.contract.code}
    shown = next((row for row in presented(card)["lines"] if str(row["id"]) == given.get("line")), None)
    if shown is not None:
        found.initial |= begun_from_line(card, shown) | {"kpi": shown["kpi"]}


def _from_factor(found: Beginning, actor: Actor, number: str, now: datetime) -> None:
    seen = ExternalFactor.objects.visible_to(actor.limited_to(Capability.READ_FACTORS))
    factor: ExternalFactor | None = _numbered(seen, number)
    if factor is None:
        return
    found.factor = factor
    contracts = Contract.objects.visible_to(actor.limited_to(Capability.PROPOSE_PLANS))
    touched = list(contracts.filter(queue_links__queue__factor_links__factor=factor).distinct()[:2])
    if len(touched) == 1:
        found.initial["contract"] = touched[0].code
    effects = effects_of(factor, actor, now=now) if factor.starts_at <= now else []
    mine = [sentence(one) for one in effects if one.contract.code == found.initial.get("contract")]
    found.initial |= begun_from_factor(factor, mine) | {"factor": factor.pk}
    found.initial["effect"] = found.initial["effect"][:LONGEST]
    if not mine:
        found.effects = [f"{one.contract.vendor.label} · {one.contract.name}: {sentence(one)}" for one in effects]
    is_improvement = factor.kind == FactorKind.IMPROVEMENT
    found.initial["kind"] = PlanKind.IMPROVEMENT if is_improvement else PlanKind.PREVENTION


def _numbered(rows: Any, number: str) -> Any:
    return rows.filter(pk=int(number)).first() if number.isascii() and number.isdecimal() and len(number) < 19 else None
