"""What people put on a card: judged scores, plus and minus points, gates with their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bpo.choices import OPEN_STATUSES, LineKind
from bpo.models import GateEvent, Scorecard
from bpo.queries.numbers import plain
from bpo.services.scorecards.access import locked, log, required
from bpo.services.scorecards.refreshing import refresh
from bpo.services.scorecards.steps import line_of
from vendors.actors import Actor, Capability
from vendors.errors import Invalid, RowError

FULL = Decimal(100)


@transaction.atomic
def judge(
    card_id: int,
    *,
    line: int,
    score: Decimal | None = None,
    points: Decimal | None = None,
    evidence: str,
    comment: str = "",
    actor: Actor,
    now: datetime,
) -> Scorecard:
    """Enter the score (0–100) of a judged line, or the points (within ± its cap) of an adjustment line.

    Raise Invalid for a KPI line (its figure is computed, never typed), a number out of range or no evidence.
    """
    card = locked(card_id, actor=actor, needs=Capability.DECIDE_SCORECARDS, within=OPEN_STATUSES)
    row = line_of(card, line)
    before = plain(row.score if row.kind == LineKind.JUDGED else row.points)
    if row.kind == LineKind.JUDGED:
        row.score = _checked(score, points, Decimal(0), FULL, "score")
    elif row.kind == LineKind.ADJUSTMENT:
        cap = row.item.cap if row.item and row.item.cap is not None else FULL
        row.points = _checked(points, score, -cap, cap, "points")
    else:
        raise _invalid("not_judged", _("The figure of a KPI line is computed, never typed."), "line")
    row.evidence, row.comment, row.entered_by = required(evidence, "evidence"), comment, actor.label[:200]
    row.save(update_fields=["score", "points", "evidence", "comment", "entered_by"])
    after = plain(row.score if row.kind == LineKind.JUDGED else row.points)
    log(card, "judge", actor=actor, now=now, note=comment, line=row.pk, entered=[before, after])
    return _recomputed(card, actor, now)


def _checked(value: Decimal | None, other: Decimal | None, low: Decimal, high: Decimal, field: str) -> Decimal:
    if value is None or other is not None:
        raise _invalid("wrong_entry", _("This line takes “%(field)s” and nothing else.") % {"field": field}, field)
    if not low <= value <= high:
        limits = {"low": plain(low), "high": plain(high)}
        raise _invalid("out_of_range", _("This must lie between %(low)s and %(high)s.") % limits, field)
    return value


@transaction.atomic
def approve_gate(card_id: int, *, gate: int | str, evidence: str, actor: Actor, now: datetime) -> Scorecard:
    """Say, with evidence, that a gate of the contract holds this month; ``gate`` is its index or its label."""
    card = locked(card_id, actor=actor, needs=Capability.DECIDE_SCORECARDS, within=OPEN_STATUSES)
    rule = _rule(card.composition.get("terms", {}).get("gates", []), gate)
    if card.gate_events.filter(gate=rule).exists():
        raise _invalid("gate_holds", _("This gate holds on this card already."), "gate")
    GateEvent.objects.create(
        scorecard=card, gate=rule, evidence=required(evidence, "evidence"), approved_by=actor.label[:200]
    )
    log(card, "gate", actor=actor, now=now, note=evidence, gate=rule)
    return _recomputed(card, actor, now)


def _rule(rules: list[Mapping[str, Any]], gate: int | str) -> Mapping[str, Any]:
    found = [rule for number, rule in enumerate(rules) if gate in (number, rule.get("label") or rule["kind"])]
    if len(found) != 1:
        raise _invalid("unknown_gate", _("The contract has no such gate."), "gate")
    return found[0]


@transaction.atomic
def withdraw_gate(card_id: int, *, event: int, reason: str, actor: Actor, now: datetime) -> Scorecard:
    """Take back a gate approved by mistake; both acts stay in the card's history."""
    card = locked(card_id, actor=actor, needs=Capability.DECIDE_SCORECARDS, within=OPEN_STATUSES)
    row = card.gate_events.filter(pk=event).first()
    if row is None:
        raise _invalid("unknown_gate", _("This gate was not approved on this card."), "event")
    log(card, "withdraw_gate", actor=actor, now=now, note=required(reason, "reason"), gate=row.gate)
    row.delete()
    return _recomputed(card, actor, now)


def _recomputed(card: Scorecard, actor: Actor, now: datetime) -> Scorecard:
    refresh(contract_id=card.contract_id, starts=[card.start], now=now, actor=actor)
    card.refresh_from_db()
    return card


def _invalid(code: str, detail: str, field: str) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, field)])
