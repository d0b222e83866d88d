"""Before every step: may this actor, does the card exist for it, does its state allow it; after it: who did what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bpo.models import Scorecard, ScorecardEvent
from kpis.services.locks import lock_keys
from vendors import bulk
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, RowError
from vendors.services.audit import record, record_many


def locked(card_id: int, *, actor: Actor, needs: Capability, within: Collection[str] | None = None) -> Scorecard:
    """Return the card, locked until the transaction ends, together with its contract's recalculation.

    Raise Forbidden where no role of ``actor`` allows ``needs``, NotFound where the card does not exist for the
    roles that do, Conflict ``wrong_status`` where its status is not ``within``.
    """
    if not actor.may(needs):
        raise Forbidden("role", _("Your role does not include this function."))
    visible = Scorecard.objects.visible_to(actor.limited_to(needs))
    contract = visible.filter(pk=card_id).values_list("contract_id", flat=True).first()
    if contract is None:
        raise missing()
    lock_keys([contract])
    card: Scorecard | None = (
        visible.select_for_update(of=("self",)).select_related("contract__vendor").filter(pk=card_id).first()
    )
    if card is None:
        raise missing()
    if within is not None:
        check_status(card, within)
    return card


def missing() -> NotFound:
    """Return the error of a card that does not exist, or is another vendor's."""
    return NotFound("not_found", _("There is no such scorecard."))


def check_status(card: Scorecard, within: Collection[str]) -> None:
    """Raise Conflict ``wrong_status`` unless the card's status is ``within``."""
    if card.status not in within:
        text = _("A card with the status “%(status)s” does not allow this.")
        raise Conflict("wrong_status", text % {"status": card.get_status_display()})


def required(text: str, field: str) -> str:
    """Return ``text`` trimmed; raise Invalid where nothing is left."""
    if not text.strip():
        detail = _("This must say why.")
        raise Invalid("required", detail, [RowError("required", detail, field)])
    return text.strip()


def log(card: Scorecard, action: str, *, actor: Actor, now: datetime, note: str = "", **changes: Any) -> None:
    """Write the step to the card's own history and to the audit trail."""
    ScorecardEvent.objects.create(scorecard=card, action=action, by=actor.label[:200], at=now, note=note[:2000])
    vendor = card.contract.vendor
    record(actor=actor, action=f"scorecard.{action}", obj=card, now=now, vendor=vendor, changes=_about(card) | changes)


def log_created(cards: Sequence[Scorecard], *, actor: Actor, now: datetime) -> None:
    """Write that these cards were made, as :func:`log` does for one step of one card."""
    by = actor.label[:200]
    bulk.store(ScorecardEvent, [ScorecardEvent(scorecard=card, action="create", by=by, at=now) for card in cards])
    made = [(card, card.contract.vendor, _about(card)) for card in cards]
    record_many(actor=actor, action="scorecard.create", objects=made, now=now)


def _about(card: Scorecard) -> dict[str, Any]:
    return {"contract": card.contract.code, "start": card.start.isoformat(), "version": card.version}
