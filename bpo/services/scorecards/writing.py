"""Writes many cards and their lines in a constant number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bpo.choices import ScorecardStatus
from bpo.models import Dispute, GateEvent, Scorecard, ScorecardLine
from bpo.queries.card_facts import MonthFacts
from bpo.queries.cards import FIGURE, figure_of, with_sources
from bpo.services.scorecards.access import log_created
from bpo.services.scorecards.composing import LineRow, composed, key_of
from vendors import bulk
from vendors.actors import Actor

WITHDRAWN = "withdrawn"
ID = ("id",)
CARD_FIELDS = (*Scorecard.OUTCOME, "composition", "input_hash", "computed_at")
LINE_FIELDS = ("position", *ScorecardLine.OUTCOME, "explanation")


@dataclass(frozen=True, slots=True)
class Draft:
    """A card that is to be written, new or stored already, from the facts of its month."""

    card: Scorecard
    month: MonthFacts
    digest: str

    @property
    def stored_lines(self) -> Sequence[ScorecardLine]:
        """The lines the card has so far: none where it is the next version of the one in the facts."""
        return self.month.lines if self.month.card is self.card else ()


def write_cards(drafts: Sequence[Draft], *, actor: Actor, now: datetime) -> list[Scorecard]:
    """Compute and store the cards, and log those that are new; return them all."""
    lines = [_compute(draft, now) for draft in drafts]
    new = [draft for draft in drafts if draft.card.pk is None]
    bulk.store(Scorecard, [draft.card for draft in drafts if draft.card.pk], key=ID, update=CARD_FIELDS)
    bulk.create(Scorecard, [draft.card for draft in new])
    log_created([draft.card for draft in new], actor=actor, now=now)
    _carry_gates_over(new)
    _write_lines(drafts, lines)
    return [draft.card for draft in drafts]


def _compute(draft: Draft, now: datetime) -> list[LineRow]:
    result = composed(draft.month, with_figures=draft.card.status != ScorecardStatus.DRAFT)
    for name, value in result.card.items():
        setattr(draft.card, name, value)
    draft.card.input_hash, draft.card.computed_at = draft.digest, now
    return result.lines


def _carry_gates_over(new: Iterable[Draft]) -> None:
    """Put the gates approved on a final card on its next version too; entries come with the facts."""
    GateEvent.objects.bulk_create(
        GateEvent(scorecard=draft.card, gate=event.gate, evidence=event.evidence, approved_by=event.approved_by)
        for draft in new
        for event in draft.month.gate_events
    )


def _write_lines(drafts: Sequence[Draft], lines: Sequence[list[LineRow]]) -> None:
    """Update lines in place, so that disputes stay on theirs; a disputed line that is gone stays, unweighted."""
    there = {(draft.card.pk, key_of(line)): line.pk for draft in drafts for line in draft.stored_lines}
    for draft, rows in zip(drafts, lines, strict=True):
        for row in rows:
            row.scorecard_id = draft.card.pk
            row.id = there.pop((row.scorecard_id, key_of(row)), None)
    written = [row for rows in lines for row in rows]
    bulk.store(ScorecardLine, [row for row in written if row.id], key=ID, update=LINE_FIELDS)
    bulk.store(ScorecardLine, [row for row in written if not row.id])
    if there:
        _withdraw(list(there.values()), max((row.position for row in written), default=0) + 1)


def _withdraw(lines: list[int], position: int) -> None:
    gone = ScorecardLine.objects.filter(pk__in=lines)
    disputed = Dispute.objects.filter(line__in=lines).values_list("line_id", flat=True)
    gone.exclude(pk__in=set(disputed)).delete()
    gone.update(weight=None, effective_weight=None, points=None, flags=[WITHDRAWN], position=position)


def keep_figures(card: Scorecard) -> None:
    """Give every line of a draft its own copy of what its figure was made of: from now on the vendor sees it."""
    lines = list(with_sources(ScorecardLine.objects.filter(scorecard=card, series__isnull=False)))
    for line in lines:
        line.explanation[FIGURE] = figure_of(line)
    bulk.store(ScorecardLine, lines, key=ID, update=("explanation",))
