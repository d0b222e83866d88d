"""The steps of a card's life between two parties: share, dispute, resolve, acknowledge."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bpo.choices import DisputeStatus, LineKind, ScorecardStatus
from bpo.models import Dispute, Scorecard, ScorecardLine
from bpo.services.scorecards.access import locked, log, required
from bpo.services.scorecards.calendar import check_objections
from bpo.services.scorecards.writing import keep_figures
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Invalid, RowError

IN_REVIEW = (ScorecardStatus.SHARED, ScorecardStatus.DISPUTED)


@transaction.atomic
def share(card_id: int, *, actor: Actor, now: datetime) -> Scorecard:
    """Show a draft to its vendor."""
    card = locked(card_id, actor=actor, needs=Capability.DECIDE_SCORECARDS, within=[ScorecardStatus.DRAFT])
    keep_figures(card)
    _move(card, ScorecardStatus.SHARED)
    log(card, "share", actor=actor, now=now)
    return card


@transaction.atomic
def dispute(
    card_id: int,
    *,
    line: int | None = None,
    kpi: str = "",
    queue: str | None = None,
    reason: str,
    evidence: str = "",
    actor: Actor,
    now: datetime,
) -> Scorecard:
    """Open the vendor's dispute of one line, named by its number or KPI; a line has one open dispute at a time."""
    card = locked(card_id, actor=actor, needs=Capability.DISPUTE, within=IN_REVIEW)
    check_objections(card, now)
    row = line_of(card, line) if line is not None else line_of_kpi(card, kpi, queue)
    if row.disputes.filter(status=DisputeStatus.OPEN).exists():
        raise Conflict("dispute_open", _("This line has an open dispute already."))
    Dispute.objects.create(
        line=row, reason=required(reason, "reason"), evidence=evidence, opened_by=actor.label[:200], opened_at=now
    )
    _move(card, ScorecardStatus.DISPUTED)
    log(card, "dispute", actor=actor, now=now, note=reason, line=row.pk)
    return card


@transaction.atomic
def resolve(
    card_id: int,
    *,
    dispute: int | None = None,
    line: int | None = None,
    kpi: str = "",
    queue: str | None = None,
    accepted: bool = False,
    resolution: str = "",
    actor: Actor,
    now: datetime,
) -> Scorecard:
    """Close a dispute with an answer; with the last open one the card is in review again.

    The dispute is named by itself, by its line or its line's KPI; where nothing is named, all open ones are closed.
    Unless it is ``accepted``, the line stands.
    """
    card = locked(card_id, actor=actor, needs=Capability.DECIDE_SCORECARDS, within=IN_REVIEW)
    disputes = Dispute.objects.filter(line__scorecard=card)
    if dispute is not None:
        closing = [_open_dispute(disputes, dispute)]
    else:
        if line is not None or kpi:
            disputes = disputes.filter(line=line_of(card, line) if line is not None else line_of_kpi(card, kpi, queue))
        closing = list(disputes.filter(status=DisputeStatus.OPEN))
    if not closing:
        raise Conflict("no_open_dispute", _("There is no open dispute here to resolve."))
    for row in closing:
        row.status = DisputeStatus.ACCEPTED if accepted else DisputeStatus.REJECTED
        row.resolution, row.resolved_by, row.resolved_at = resolution.strip(), actor.label[:200], now
        row.save(update_fields=["status", "resolution", "resolved_by", "resolved_at"])
        log(card, "resolve", actor=actor, now=now, note=resolution, dispute=row.pk, accepted=accepted)
    if not Dispute.objects.filter(line__scorecard=card, status=DisputeStatus.OPEN).exists():
        _move(card, ScorecardStatus.SHARED)
    return card


def _open_dispute(disputes: QuerySet[Dispute], number: int) -> Dispute:
    row = disputes.filter(pk=number).first()
    if row is None:
        detail = _("This card has no such dispute.")
        raise Invalid("unknown_dispute", detail, [RowError("unknown_dispute", detail, "dispute")])
    if row.status != DisputeStatus.OPEN:
        raise Conflict("dispute_closed", _("This dispute is resolved already."))
    return row


@transaction.atomic
def acknowledge(card_id: int, *, actor: Actor, now: datetime) -> Scorecard:
    """Confirm a final card for the vendor: both sides have signed."""
    card = locked(card_id, actor=actor, needs=Capability.ACKNOWLEDGE, within=[ScorecardStatus.FINAL])
    _move(card, ScorecardStatus.ACKNOWLEDGED)
    log(card, "acknowledge", actor=actor, now=now, sha256=card.frozen.sha256)
    return card


def line_of(card: Scorecard, line: int) -> ScorecardLine:
    """Return a line of the card; raise Invalid ``unknown_line`` where it has no such line."""
    row: ScorecardLine | None = card.lines.select_related("item", "series__kpi").filter(pk=line).first()
    if row is None:
        detail = _("This card has no such line.")
        raise Invalid("unknown_line", detail, [RowError("unknown_line", detail, "line")])
    return row


def line_of_kpi(card: Scorecard, kpi: str, queue: str | None = None) -> ScorecardLine:
    """Return the only line of a KPI, of ``queue`` where it is named; raise Invalid where none or several fit."""
    if not kpi:
        detail = _("Name the line by its id, or by its kpi.")
        raise Invalid("required", detail, [RowError("required", detail, "line")])
    rows = card.lines.select_related("item", "series__kpi").filter(series__kpi__code=kpi, kind=LineKind.KPI)
    fitting = list(rows.filter(series__queue__code=queue) if queue else rows)
    if len(fitting) > 1:
        # The pooled line is what is meant where no queue is named.
        fitting = [row for row in fitting if row.series and row.series.queue_id is None]
    if len(fitting) != 1:
        detail = _("This card has no such line.")
        raise Invalid("unknown_line", detail, [RowError("unknown_line", detail, "queue" if queue else "kpi")])
    return fitting[0]


def _move(card: Scorecard, status: str) -> None:
    card.status = status
    card.save(update_fields=["status"])
