"""Finalising: the last check, the freeze, and the version before it set aside."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bpo.choices import ScorecardStatus
from bpo.models import Scorecard
from bpo.queries.blockers import Blocker, blockers
from bpo.queries.cards import with_parts
from bpo.services.scorecards.access import locked, log
from bpo.services.scorecards.freezing import freeze
from bpo.services.scorecards.refreshing import refresh
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, RowError

WAIVABLE = "missing_days"
"""Under the policy ``exclude`` a missing day would be a gain; leaving it out needs a manager's written reason."""


@transaction.atomic
def finalise(card_id: int, *, accept_missing: str = "", actor: Actor, now: datetime) -> Scorecard:
    """Freeze a shared card for ever; executives see it from now on and an earlier version is superseded.

    ``accept_missing`` is the reason why days may stay out of the figures of a contract that excludes missing days;
    it is printed on the card and never helps below the completeness bar. Raise Conflict with the code of the first
    of :func:`bpo.queries.blockers` and every one of them as errors.
    """
    card = locked(card_id, actor=actor, needs=Capability.DECIDE_SCORECARDS)
    if card.status in (ScorecardStatus.SHARED, ScorecardStatus.DISPUTED):
        refresh(contract_id=card.contract_id, starts=[card.start], now=now, actor=actor)
        card.refresh_from_db()
    found = blockers(card, now)
    waived = [blocker for blocker in found if blocker.code == WAIVABLE and accept_missing.strip()]
    _refuse([blocker for blocker in found if blocker not in waived])
    if waived:
        _record_waiver(card, accept_missing.strip(), actor)
    card = whole(card.pk)
    link = freeze(card, actor=actor, now=now)
    card.status = ScorecardStatus.FINAL
    card.save(update_fields=["status"])
    log(card, "finalise", actor=actor, now=now, note=accept_missing, sha256=link.sha256)
    _supersede_earlier(card, actor, now)
    return card


def whole(card_id: int) -> Scorecard:
    """Return a card with all its parts, as it is stored now."""
    card: Scorecard = with_parts(Scorecard.objects.filter(pk=card_id)).get()
    return card


def _refuse(found: list[Blocker]) -> None:
    if found:
        errors = [
            RowError(blocker.code, blocker.detail, f"line {blocker.line}" if blocker.line else None)
            for blocker in found
        ]
        raise Conflict(found[0].code, found[0].detail, errors)


def _record_waiver(card: Scorecard, reason: str, actor: Actor) -> None:
    card.composition["accepted_missing"] = {"reason": reason, "by": actor.label}
    card.save(update_fields=["composition"])


def _supersede_earlier(card: Scorecard, actor: Actor, now: datetime) -> None:
    earlier = Scorecard.objects.select_related("contract__vendor").filter(
        contract=card.contract_id, start=card.start, version__lt=card.version
    )
    for old in earlier.exclude(status=ScorecardStatus.SUPERSEDED):
        old.status = ScorecardStatus.SUPERSEDED
        old.save(update_fields=["status"])
        log(old, "supersede", actor=actor, now=now, by_version=card.version)
