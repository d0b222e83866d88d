"""What each page of scorecards shows: one function reads one page's data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bpo.choices import OPEN_STATUSES, LineKind, ScorecardStatus
from bpo.models import Scorecard
from bpo.queries import next_steps, words
from bpo.queries.card_reading import Around, around_of
from bpo.queries.cards import presented
from kpis.choices import SubmissionWay
from kpis.models import Submission
from vendors.actors import Capability
from vendors.choices import MissingDayPolicy
from vendors.errors import Text
from vendors.models import Vendor
from vendors.queries.closing import ClosingCalendar, calendar_by

if TYPE_CHECKING:
    from vendors.actors import Actor


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One card in the list of a month."""

    card: Scorecard
    change: Decimal | None
    step: Text

    @property
    def is_gated(self) -> bool:
        return (self.card.grade_before_gates, self.card.score_before_gates) != (self.card.grade, self.card.score)


@dataclass(frozen=True, slots=True)
class MonthPage:
    """The list of one month's cards, and where one may go from it."""

    month: date
    months: Sequence[date]
    rows: Sequence[MonthRow]
    vendors: Sequence[Vendor]
    vendor: str
    status: str
    is_simulated: bool
    empty_title: Text
    empty_text: Text
    may_set_up: bool

    @property
    def previous(self) -> date:
        return month_before(self.month)

    @property
    def following(self) -> date:
        return month_after(self.month)

    @property
    def latest(self) -> date | None:
        return max((month for month in self.months if month != self.month), default=None)

    @property
    def is_filtered(self) -> bool:
        return bool(self.vendor or self.status)

    @property
    def tally(self) -> list[tuple[str, int]]:
        """Count the rows by status, in the order of a card's life."""
        counts = Counter(row.card.status for row in self.rows)
        return [(status, counts[status]) for status in ScorecardStatus.values if counts[status]]

    @property
    def as_of(self) -> datetime | None:
        return max((row.card.computed_at for row in self.rows if row.card.computed_at), default=None)


@dataclass(frozen=True, slots=True)
class LineGroup:
    """The lines of one kind."""

    title: Text
    lines: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CardPage:
    """One scorecard with everything that stands around it."""

    scorecard: Scorecard
    card: dict[str, Any]
    around: Around
    next_step: Text
    calendar: ClosingCalendar
    groups: Sequence[LineGroup] = field(default=())

    @property
    def versions(self) -> Sequence[Scorecard]:
        return self.around.versions

    @property
    def is_simulated(self) -> bool:
        return self.around.is_simulated

    @property
    def newest(self) -> Scorecard | None:
        return self.versions[0] if self.versions and self.versions[0].pk != self.scorecard.pk else None

    @property
    def is_open(self) -> bool:
        return self.scorecard.status in OPEN_STATUSES

    @property
    def weight_sum(self) -> Decimal:
        agreed = (line for line in self.card["lines"] if line["weight"] and line["kind"] != LineKind.CARRIED)
        return sum((Decimal(line["weight"]) for line in agreed), Decimal(0))

    @property
    def gates(self) -> list[dict[str, Any]]:
        return [gate | {"effect": words.gate_effect(gate)} for gate in self.card["gates"] if gate.get("holds", True)]

    @property
    def disputes(self) -> list[dict[str, Any]]:
        lines = {line["id"]: line for line in self.card["lines"]}
        return [dispute | {"line_view": lines.get(dispute["line"], {})} for dispute in self.card["disputes"]]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event | {"word": words.event(event["action"])} for event in reversed(self.card["events"])]

    @property
    def warnings(self) -> list[Text]:
        return [words.warning(warning) for warning in self.card["warnings"]]

    @property
    def missing_day_policy(self) -> Text:
        policy = self.card["terms"].get("missing_day_policy", MissingDayPolicy.EXCLUDE)
        return MissingDayPolicy(policy).label


def month_before(month: date) -> date:
    """Return the first day of the month before."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_after(month: date) -> date:
    """Return the first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def month_page(actor: Actor, *, month: date | None, vendor: str = "", status: str = "", today: date) -> MonthPage:
    """Return the cards of ``month`` that exist for ``actor``; without a month, of the latest that has any.

    Versions that a later one replaced appear only where they are asked for by status.
    """
    cards = Scorecard.objects.visible_to(actor)
    months = list(cards.order_by("-start").values_list("start", flat=True).distinct())
    shown = month or (months[0] if months else month_before(today))
    rows = _rows(cards, shown, actor, vendor, status)
    title, text = next_steps.when_empty(actor, is_filtered=bool(vendor or status), has_months=bool(months))
    return MonthPage(
        month=shown,
        months=sorted({*months, shown}, reverse=True),
        rows=rows,
        vendors=sorted(Vendor.objects.visible_to(actor), key=lambda row: row.label),
        vendor=vendor,
        status=status,
        is_simulated=is_simulated(row.card.contract.vendor_id for row in rows),
        empty_title=title,
        empty_text=text,
        may_set_up=actor.may(Capability.WRITE_SETUP),
    )


def _rows(cards: Any, month: date, actor: Actor, vendor: str, status: str) -> list[MonthRow]:
    both = list(cards.filter(start__in=[month, month_before(month)]).select_related("contract__vendor"))
    before = {
        card.contract_id: card.score
        for card in sorted(both, key=lambda card: card.version)
        if card.start != month and card.status != ScorecardStatus.SUPERSEDED
    }
    shown = [
        card
        for card in both
        if card.start == month
        and vendor in ("", card.contract.vendor.code)
        and (card.status == status if status else card.status != ScorecardStatus.SUPERSEDED)
    ]
    shown.sort(key=lambda card: (card.contract.vendor.label, card.contract.name, card.version))
    return [
        MonthRow(
            card=card,
            change=_change(card.score, before.get(card.contract_id)),
            step=next_steps.short(card.status, card.contract.vendor_id, actor),
        )
        for card in shown
    ]


def _change(score: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if score is None or before is None else score - before


def is_simulated(vendor_ids: Iterable[int]) -> bool:
    """Say whether figures of these vendors were made by the demonstration generator."""
    return Submission.objects.filter(way=SubmissionWay.DEMONSTRATION, vendor_id__in=set(vendor_ids)).exists()


def card_page(scorecard: Scorecard, actor: Actor, around: Around | None = None) -> CardPage:
    """Return the page of one card that came from ``cards_for``, or from ``read_card`` with what stands around it."""
    card = presented(scorecard)
    around = around or around_of(scorecard, actor)
    return CardPage(
        scorecard=scorecard,
        card=card,
        around=around,
        next_step=next_steps.long(scorecard.status, scorecard.contract.vendor_id, actor),
        calendar=calendar_by(around.closing, scorecard.contract_id, scorecard.start),
        groups=_groups(card["lines"]),
    )


def _groups(lines: Sequence[dict[str, Any]]) -> list[LineGroup]:
    groups = []
    for kind in LineKind:
        of_kind = [_line(line) for line in lines if line["kind"] == kind]
        if of_kind:
            groups.append(LineGroup(kind.label, of_kind))
    return groups


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return line | {
        "is_adjusted": _differs(line["adjusted_value"], line["value"]),
        "is_reweighted": bool(line["weight"]) and _differs(line["effective_weight"], line["weight"]),
        "flag_words": [*words.flags(line["flags"]), *words.missing_days(line)],
    }


def _differs(figure: str | None, other: str | None) -> bool:
    """Say whether a second figure is worth showing beside the first."""
    return figure is not None and (other is None or Decimal(figure) != Decimal(other))


def difference_rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what ``differences`` found as rows to print: line (a named thing), field, old, new."""
    rows = [{"line": None, **_difference(row, "card.")} for row in found["card"]]
    for line in found["lines"]:
        fields = line["fields"] or [{"field": line["change"], "old": None, "new": None}]
        rows += [{"line": line, **_difference(row)} for row in fields]
    return rows


def _difference(row: dict[str, Any], about: str = "") -> dict[str, Any]:
    return {"field": words.field(about + row["field"]), "old": words.plain(row["old"]), "new": words.plain(row["new"])}
