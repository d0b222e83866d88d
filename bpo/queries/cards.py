"""One scorecard as a plain document: what the API answers, the pages show and finalising freezes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Prefetch, Subquery

from bpo.choices import OF_A_KPI, OPEN_STATUSES, DisputeStatus
from bpo.models import Dispute, Scorecard, ScorecardLine
from bpo.queries.numbers import coverage_of, plain
from kpis.models import Attainment
from kpis.models.fields import DocumentField
from vendors.calc.months import month_after

if TYPE_CHECKING:
    from bpo.querysets import ScorecardLineQuerySet, ScorecardQuerySet
    from vendors.actors import Actor

SCORE_PLACES = 4
UPPER_LEVELS = ("target_upper", "minimum_upper")
"""The upper ends of levels that are ranges, which a line has only then."""
FIGURE = "figure"
"""Where a line keeps its own copy of its attainment's explanation."""


def cards_for(actor: Actor) -> ScorecardQuerySet:
    """Return the cards that exist for ``actor``, with everything :func:`presented` reads (constant queries)."""
    return with_parts(Scorecard.objects.visible_to(actor))


def with_parts(cards: ScorecardQuerySet) -> ScorecardQuerySet:
    """Return ``cards`` with lines, disputes, events and the frozen document fetched along."""
    return cards.select_related("contract__vendor", "frozen").prefetch_related(*card_parts())


def card_parts() -> list[str | Prefetch]:
    """Return what is fetched along with a card beside its contract and its frozen document."""
    lines = with_sources(ScorecardLine.objects.select_related("series__kpi", "series__queue", "item"))
    disputes = Dispute.objects.order_by("id")
    return [Prefetch("lines", lines.order_by("position", "id")), Prefetch("lines__disputes", disputes), "events"]


def with_sources(lines: ScorecardLineQuerySet) -> ScorecardLineQuerySet:
    """Return ``lines`` with the explanation of the attainment each one refers to (:func:`figure_of`)."""
    attainments = Attainment.objects.filter(series=OuterRef("series"), start=OuterRef("scorecard__start"))
    return lines.annotate(source=Subquery(attainments.values("explanation"), output_field=DocumentField()))


def figure_of(line: ScorecardLine) -> dict[str, Any]:
    """Return what the line's figure was made of: its own copy, or, of a draft, its attainment's explanation.

    A line that was read without :func:`with_sources` costs a query, as a deferred field does.
    """
    own: dict[str, Any] | None = line.explanation.get(FIGURE)
    if own is not None:
        return own
    if "source" not in line.__dict__:
        line.__dict__["source"] = with_sources(ScorecardLine.objects.filter(pk=line.pk)).get().source
    return line.__dict__["source"] or {}


def presented(card: Scorecard) -> dict[str, Any]:
    """Return the card as JSON-able values; a final one comes from its frozen document and nothing else.

    What may still happen to a final card stands beside the frozen part: its status, whether later figures
    differ, its events and its link in the chain.
    """
    frozen = frozen_document(card)
    return (frozen["card"] if frozen else living(card)) | _later(card)


def frozen_document(card: Scorecard) -> dict[str, Any] | None:
    """Return the parsed document a final card was frozen as, or null for an open one."""
    if card.status in OPEN_STATUSES:
        return None
    document: dict[str, Any] = json.loads(card.frozen.document)
    return document


def _later(card: Scorecard) -> dict[str, Any]:
    frozen = None if card.status in OPEN_STATUSES else card.frozen
    return {
        "status": card.status,
        "is_stale": card.is_stale,
        "events": [
            {"action": event.action, "by": event.by, "at": utc(event.at), "note": event.note}
            for event in sorted(card.events.all(), key=lambda event: event.pk)
        ],
        "frozen": frozen
        and {
            "sequence": frozen.sequence,
            "sha256": frozen.sha256,
            "previous_sha256": frozen.previous_sha256,
            "frozen_by": frozen.frozen_by,
            "frozen_at": utc(frozen.frozen_at),
        },
    }


def living(card: Scorecard) -> dict[str, Any]:
    """Return the part of the card that finalising freezes, as it stands now."""
    contract, vendor = card.contract, card.contract.vendor
    lines = [line_view(line) for line in card.lines.all()]
    composition = card.composition
    return {
        "id": card.pk,
        "contract": contract.code,
        "contract_name": contract.name,
        "vendor": vendor.code,
        "vendor_name": vendor.name,
        "vendor_name_ko": vendor.name_ko,
        "currency": contract.currency,
        "is_pilot": contract.is_pilot,
        "period": card.period,
        "start": card.start.isoformat(),
        "end": month_after(card.start).isoformat(),
        "version": card.version,
        "score_before_gates": plain(card.score_before_gates, SCORE_PLACES),
        "score": plain(card.score, SCORE_PLACES),
        "grade_before_gates": card.grade_before_gates,
        "grade": card.grade,
        "completeness": plain(card.completeness, SCORE_PLACES),
        "weight_covered": plain(card.weight_covered, SCORE_PLACES),
        "is_provisional": any(line["status"] == "provisional" for line in lines),
        "computed_at": utc(card.computed_at),
        "lines": lines,
        "disputes": [_dispute_view(dispute) for dispute in _disputes(card)],
        "gates": composition.get("gates", []),
        "terms": composition.get("terms", {}),
        "warnings": composition.get("warnings", []),
        "composition": composition.get("steps", {}),
        "accepted_missing": composition.get("accepted_missing"),
    }


def line_view(line: ScorecardLine) -> dict[str, Any]:
    """Return one line as the API answers it."""
    label, carried = line.explanation.get("label", {}), line.explanation.get("carried_from")
    open_dispute = any(dispute.status == DisputeStatus.OPEN for dispute in line.disputes.all())
    target: dict[str, Any] = figure_of(line).get("target") or {}
    return {
        "id": line.pk,
        "kind": line.kind,
        "position": line.position,
        **({"carried_from": carried} if carried else {}),
        "kpi": line.series.kpi.code if line.series else None,
        "item": line.item_id,
        "name": _named(line, label, "name"),
        "name_ko": _named(line, label, "name_ko"),
        "unit": label.get("unit", ""),
        "decimals": label.get("decimals"),
        "direction": label.get("direction", ""),
        "attainment_mode": target.get("mode"),
        **{name: plain(Decimal(target[name])) for name in UPPER_LEVELS if target.get(name) is not None},
        "parameters": label.get("parameters", {}),
        "queue": line.series.queue.code if line.series and line.series.queue else None,
        "queue_name": line.series.queue.name if line.series and line.series.queue else None,
        **_figures(line, label),
        "status": line.status,
        "flags": [*line.flags, *(["disputed"] if open_dispute else [])],
        "volume": label.get("volume"),
        "coverage": coverage_of(line.days_reported, line.days_expected) if line.kind in OF_A_KPI else None,
        "days_expected": line.days_expected,
        "days_reported": line.days_reported,
        "completeness": plain(completeness_of(line), SCORE_PLACES),
        "cap": plain(line.item.cap) if line.item else None,
        "evidence": line.evidence,
        "comment": line.comment,
        "entered_by": line.entered_by,
    }


def _named(line: ScorecardLine, label: dict[str, Any], name: str) -> str:
    about = line.series.kpi if line.series else line.item
    return label.get(name) or (getattr(about, name) if about else "")


def _figures(line: ScorecardLine, label: dict[str, Any]) -> dict[str, str | None]:
    places = label.get("decimals")
    on_the_kpis_scale = ("value", "adjusted_value", "target", "minimum")
    scored = ("attainment", "score", "points")
    return {
        **{name: plain(getattr(line, name), places if name == "value" else None) for name in on_the_kpis_scale},
        **{name: plain(getattr(line, name), SCORE_PLACES) for name in scored},
        "weight": plain(line.weight),
        "effective_weight": plain(line.effective_weight, SCORE_PLACES),
    }


def completeness_of(line: Any) -> Decimal | None:
    """Return reported ÷ expected queue-days in per cent, null for a line that expects none."""
    if line.kind not in OF_A_KPI or not line.days_expected:
        return None
    return Decimal(100) * line.days_reported / line.days_expected


def _disputes(card: Scorecard) -> Iterable[Dispute]:
    return sorted((row for line in card.lines.all() for row in line.disputes.all()), key=lambda row: row.pk)


def _dispute_view(dispute: Dispute) -> dict[str, Any]:
    return {
        "id": dispute.pk,
        "line": dispute.line_id,
        "reason": dispute.reason,
        "evidence": dispute.evidence,
        "status": dispute.status,
        "opened_by": dispute.opened_by,
        "opened_at": utc(dispute.opened_at),
        "resolution": dispute.resolution,
        "resolved_by": dispute.resolved_by,
        "resolved_at": utc(dispute.resolved_at),
    }


def utc(moment: datetime | None) -> str | None:
    """Return a moment as ISO text in UTC, to the microsecond the database keeps."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
