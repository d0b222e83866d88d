"""What comes next for a reader: one sentence by the state of a card and the reader's role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from bpo.choices import ScorecardStatus as Status
from vendors.actors import Capability
from vendors.errors import Text

if TYPE_CHECKING:
    from vendors.actors import Actor

_SHORT: dict[tuple[Capability, str], Text] = {
    (Capability.DECIDE_SCORECARDS, Status.DRAFT): _("Ask for review"),
    (Capability.DECIDE_SCORECARDS, Status.SHARED): _("Finalise"),
    (Capability.DECIDE_SCORECARDS, Status.DISPUTED): _("Answer the dispute"),
    (Capability.DISPUTE, Status.SHARED): _("Check the figures"),
    (Capability.ACKNOWLEDGE, Status.FINAL): _("Acknowledge"),
}

_LONG: dict[tuple[Capability | None, str], Text] = {
    (Capability.DECIDE_SCORECARDS, Status.DRAFT): _(
        "Check the lines, then ask the vendor for review. Only the BPO side sees a draft."
    ),
    (Capability.DECIDE_SCORECARDS, Status.SHARED): _(
        "The vendor is reviewing. Finalise once it agrees or the time for objections is over."
    ),
    (Capability.DECIDE_SCORECARDS, Status.DISPUTED): _(
        "The vendor disputes a line. Answer it below; the scorecard can be finalised after that."
    ),
    (Capability.DISPUTE, Status.SHARED): _(
        "Check each line against your own figures. Dispute a line with a reason where they differ."
    ),
    (Capability.DISPUTE, Status.DISPUTED): _("Your dispute is waiting for the answer of the BPO side."),
    (Capability.ACKNOWLEDGE, Status.FINAL): _("The scorecard is final. Acknowledge it to close the month."),
    (None, Status.DRAFT): _("The BPO side is still preparing this scorecard."),
    (None, Status.SHARED): _("The vendor is reviewing this scorecard."),
    (None, Status.DISPUTED): _("A line is disputed and waits for an answer."),
    (None, Status.FINAL): _("Final. Waiting for the vendor to acknowledge it."),
    (None, Status.ACKNOWLEDGED): _("Both sides have confirmed this scorecard. Nothing is left to do."),
    (None, Status.SUPERSEDED): _("A later version replaced this scorecard. Nothing is left to do here."),
}

_EMPTY: tuple[tuple[Capability, Text], ...] = (
    (
        Capability.DECIDE_SCORECARDS,
        _(
            "Scorecards appear by themselves once a contract has monthly targets with weights and figures arrive."
            " Set targets for a contract, or check that its vendor has submitted."
        ),
    ),
    (
        Capability.DISPUTE,
        _("You see a scorecard when the BPO side asks you to review it. Until then, keep the daily figures complete."),
    ),
)


def short(status: str, vendor_id: int, actor: Actor) -> Text:
    """Return the actor's own next step on a card in two or three words; empty where it has none."""
    return next(
        (text for (capability, of), text in _SHORT.items() if of == status and actor.may(capability, vendor_id)), ""
    )


def long(status: str, vendor_id: int, actor: Actor) -> Text:
    """Return what comes next on a card in a sentence: the actor's own step, or whom everybody waits for."""
    own = (
        text
        for (capability, of), text in _LONG.items()
        if of == status and capability and actor.may(capability, vendor_id)
    )
    return next(own, _LONG.get((None, status), ""))


def when_empty(actor: Actor, *, is_filtered: bool, has_months: bool) -> tuple[Text, Text]:
    """Return the heading and the advice of an empty list, by role."""
    if not actor.grants and not actor.is_superuser:
        return _("You have no role yet"), _("Ask the BPO manager of your programme to give you one.")
    if is_filtered:
        return _("No scorecard fits these filters"), _("Choose another month, vendor or status, or clear the filters.")
    if has_months and not actor.may(Capability.DECIDE_SCORECARDS):
        return _("No scorecard in this month"), _("Other months have scorecards; choose one above.")
    advice = next((text for capability, text in _EMPTY if actor.may(capability)), None)
    return _("No scorecard in this month"), advice or _("You see a scorecard once it is final.")
