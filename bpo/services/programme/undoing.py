"""Taking everything of a set-up away again, as long as no figures have come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from bpo.choices import AlertStatus, ScorecardStatus
from bpo.models import Alert, Scorecard, SetUp, SetUpSheet
from kpis.models import DailyMetric, Submission, SubmissionDraft, Target, TargetSeries
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Forbidden, NotFound
from vendors.models import Centre, Contract, ContractQueue, Queue, Vendor
from vendors.services.audit import record
from vendors.services.parties import change_vendor


@transaction.atomic
def undo_programme(pk: int, *, actor: Actor, now: datetime) -> SetUp:
    """Take everything of a set-up away again.

    Raise Forbidden, NotFound, or Conflict: ``undone``, ``figures_came`` once somebody has sent figures, ``in_use``
    where other work hangs on it. Its vendors are suspended, since the audit trail names them, and taken up again when
    the same names are set up anew.
    """
    found = locked_set_up(pk, actor)
    vendors = list(Vendor.objects.filter(code__in=found.made["vendors"]).order_by("pk"))
    if has_figures(found):
        text = _("Figures have come, so it cannot be undone as a whole any more. Change single things instead.")
        raise Conflict("figures_came", text)
    try:
        with transaction.atomic():
            _remove(vendors, now)
    except (ProtectedError, IntegrityError) as error:
        text = _(
            "Other work hangs on it already, such as closed months or changed targets. Suspend the vendors instead."
        )
        raise Conflict("in_use", text) from error
    for vendor in vendors:
        change_vendor(vendor, {"is_active": False}, actor=actor, now=now)
    SetUpSheet.objects.filter(set_up=found).delete()
    found.undone_by, found.undone_at = actor.label[:200], now
    found.save(update_fields=["undone_by", "undone_at"])
    record(actor=actor, action="undo_set_up", obj=found, now=now, changes=found.made)
    return found


def locked_set_up(pk: int, actor: Actor) -> SetUp:
    """Return a set-up that nobody else changes meanwhile; raise Forbidden, NotFound, Conflict ``undone``."""
    if not actor.may(Capability.WRITE_VENDORS):
        raise Forbidden("role", _("Your role does not include this function."))
    found: SetUp | None = SetUp.objects.visible_to(actor).select_for_update().filter(pk=pk).first()
    if found is None:
        raise NotFound("not_found", _("There is no such set-up."))
    if found.undone_at is not None:
        raise Conflict("undone", _("This set-up was undone already."))
    return found


def has_figures(made: SetUp) -> bool:
    """Say whether somebody has sent figures for a vendor of the set-up, or holds some ready."""
    codes = made.made["vendors"]
    return (
        DailyMetric.objects.filter(queue__centre__vendor__code__in=codes).exists()
        or Submission.objects.filter(vendor__code__in=codes).exists()
        or SubmissionDraft.objects.filter(vendor__code__in=codes).exists()
    )


def _remove(vendors: Sequence[Vendor], now: datetime) -> None:
    contracts = Contract.objects.filter(vendor__in=vendors)
    ended: dict[str, Any] = {"is_live": False, "status": AlertStatus.RESOLVED, "resolved_at": now}
    Alert.objects.filter(contract__in=contracts).update(contract=None, series=None, queue=None, **ended)
    # A card that left the draft is other work: it protects its contract, and nothing is taken away.
    Scorecard.objects.filter(contract__in=contracts, status=ScorecardStatus.DRAFT).delete()
    Target.objects.filter(series__contract__in=contracts).delete()
    TargetSeries.objects.filter(contract__in=contracts).delete()
    ContractQueue.objects.filter(contract__in=contracts).delete()
    contracts.delete()
    Queue.objects.filter(centre__vendor__in=vendors).delete()
    Centre.objects.filter(vendor__in=vendors).delete()
