"""What each page of scorecards shows: one function reads one page's data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Q, QuerySet

from bpo.choices import OF_A_KPI, LineKind, ScorecardStatus
from bpo.models import Scorecard, ScorecardLine
from bpo.models.scorecards import WHOLE
from bpo.queries import next_steps, words
from bpo.queries.card_reading import Around, around_of
from bpo.queries.cards import presented
from bpo.queries.pending import pending
from bpo.queries.trends import MONTH_TOTALS
from kpis.choices import SubmissionWay
from kpis.models import Submission
from vendors.actors import Capability
from vendors.calc.months import month_after, month_before
from vendors.choices import MissingDayPolicy
from vendors.errors import Text
from vendors.models import Vendor
from vendors.queries.closing import ClosingCalendar, calendar_by

if TYPE_CHECKING:
    from bpo.querysets import ScorecardQuerySet
    from vendors.actors import Actor


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One card in the list of a month."""

    card: Scorecard
    change: Decimal | None
    step: Text
    is_pending: bool = False
    """Whether figures of the month have come that the card does not hold yet."""
    kpis: int = 0
    reported_kpis: int = 0
    """How many of its KPI lines have any complete day."""

    @property
    def is_unreported(self) -> bool:
        return self.card.is_unreported

    @property
    def counted(self) -> Decimal | None:
        return self.card.share_counted

    @property
    def is_gated(self) -> bool:
        if self.card.is_unreported:
            return False
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
    def has_steps(self) -> bool:
        """Whether any card waits for a step of the reader."""
        return any(row.step for row in self.rows)

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
    is_pending: bool = False
    """Whether figures of the month have come that the card does not hold yet."""

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
        return self.scorecard.is_open

    @property
    def weight_sum(self) -> Decimal:
        agreed = (line for line in self.card["lines"] if line["weight"] and line["kind"] != LineKind.CARRIED)
        return sum((Decimal(line["weight"]) for line in agreed), Decimal(0))

    @property
    def is_unreported(self) -> bool:
        return self.scorecard.is_unreported

    @property
    def is_of_no_use(self) -> bool:
        """Whether figures of the month have come, but none that a KPI of the card can be computed of."""
        return self.is_unreported and self.around.has_figures

    @property
    def counted(self) -> Decimal | None:
        return self.scorecard.share_counted

    @property
    def least_complete(self) -> list[dict[str, Any]]:
        """The KPI lines the card's completeness is of: its least complete ones; none where everything came."""
        asked = [line for line in self.card["lines"] if line["kind"] in OF_A_KPI and line["completeness"] is not None]
        lowest = min((Decimal(line["completeness"]) for line in asked), default=WHOLE)
        return [line for line in asked if Decimal(line["completeness"]) == lowest < WHOLE]

    @property
    def is_of_month_totals(self) -> bool:
        """Whether some of the card is known as the sums of its month only."""
        return any(MONTH_TOTALS in line["flags"] for line in self.card["lines"])

    @property
    def has_levels(self) -> bool:
        """Whether a KPI is scored otherwise than by its share of the target."""
        return any(
            line["attainment"] is not None and words.share_of_target(line) is None for line in self.card["lines"]
        )

    @property
    def has_shares(self) -> bool:
        """Whether any line has a share of its target; without one the column is a row of dashes and left out."""
        return any(words.share_of_target(line) is not None for line in self.card["lines"])

    @property
    def is_beyond_target(self) -> bool:
        """Whether the total is above 100, which asks for a word of explanation."""
        return self.card["score"] is not None and Decimal(self.card["score"]) > WHOLE

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


def month_page(actor: Actor, *, month: date | None, vendor: str = "", status: str = "", today: date) -> MonthPage:
    """Return the cards of ``month`` that exist for ``actor``; without a month, of the latest that has figures.

    Versions that a later one replaced appear only where they are asked for by status.
    """
    cards = Scorecard.objects.visible_to(actor)
    months = list(cards.order_by("-start").values_list("start", flat=True).distinct())
    shown = month or _latest(cards, vendor, status) or (months[0] if months else month_before(today))
    rows = _rows(cards, shown, actor, vendor, status)
    title, text = next_steps.when_empty(actor, is_filtered=bool(vendor or status), has_months=bool(months))
    return MonthPage(
        month=shown,
        months=sorted({*months, shown}, reverse=True),
        rows=rows,
        vendors=offered(Vendor.objects.visible_to(actor), cards.values("contract__vendor"), vendor),
        vendor=vendor,
        status=status,
        is_simulated=is_simulated(row.card.contract.vendor_id for row in rows),
        empty_title=title,
        empty_text=text,
        may_set_up=actor.may(Capability.WRITE_SETUP),
    )


def offered(vendors: QuerySet[Vendor], used: QuerySet[Any], chosen: str) -> list[Vendor]:
    """Return the vendors to choose from: the active ones, those a list has rows of (``used``), and the chosen one."""
    rows = vendors.filter(Q(is_active=True) | Q(pk__in=used) | Q(code=chosen))
    return sorted(rows, key=lambda row: row.label)


def _latest(cards: ScorecardQuerySet, vendor: str, status: str) -> date | None:
    """Return the newest month with figures among the cards that are asked for."""
    asked = {**({"contract__vendor__code": vendor} if vendor else {}), **({"status": status} if status else {})}
    latest: date | None = cards.filter(**asked).with_figures().aggregate(latest=Max("start"))["latest"]
    return latest


def _rows(cards: Any, month: date, actor: Actor, vendor: str, status: str) -> list[MonthRow]:
    both = list(cards.filter(start__in=[month, month_before(month)]).select_related("contract__vendor"))
    before = {
        card.contract_id: card.stated_score
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
    waiting = pending({card.contract_id for card in shown}, month)
    counts = _kpi_counts(shown)
    return [
        MonthRow(
            card=card,
            change=_change(card.stated_score, before.get(card.contract_id)),
            step=next_steps.short(card.status, card.contract.vendor_id, actor),
            is_pending=card.is_open and card.contract_id in waiting,
            kpis=counts.get(card.pk, (0, 0))[0],
            reported_kpis=counts.get(card.pk, (0, 0))[1],
        )
        for card in shown
    ]


def _kpi_counts(cards: Collection[Scorecard]) -> dict[int, tuple[int, int]]:
    """Return, by card, how many KPI lines expect figures and how many of these have some; one query."""
    lines = ScorecardLine.objects.filter(scorecard__in=cards, kind__in=OF_A_KPI, days_expected__gt=0).order_by()
    counts = {"kpis": Count("pk"), "came": Count("pk", filter=Q(days_reported__gt=0))}
    counted = lines.values("scorecard").annotate(**counts).values_list("scorecard", *counts)
    return {card: (kpis, reported) for card, kpis, reported in counted}


def _change(score: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if score is None or before is None else score - before


def is_simulated(vendor_ids: Iterable[int]) -> bool:
    """Say whether figures of these vendors were made by the demonstration generator."""
    return Submission.objects.filter(way=SubmissionWay.DEMONSTRATION, vendor_id__in=set(vendor_ids)).exists()


def card_page(scorecard: Scorecard, actor: Actor, around: Around | None = None) -> CardPage:
    """Return the page of one card that came from ``cards_for``, or from ``read_card`` with what stands around it."""
    card = _stated(scorecard, presented(scorecard))
    around = around or around_of(scorecard, actor)
    return CardPage(
        scorecard=scorecard,
        card=card,
        around=around,
        next_step=next_steps.long(scorecard.status, scorecard.contract.vendor_id, actor),
        calendar=calendar_by(around.closing, scorecard.contract_id, scorecard.start),
        groups=_groups(card["lines"]),
        is_pending=scorecard.is_open and around.is_pending,
    )


def _stated(scorecard: Scorecard, card: dict[str, Any]) -> dict[str, Any]:
    """Return a presented card as people are told it: no total, no grade and no points while nothing was reported."""
    if not scorecard.is_unreported:
        return card
    nothing = {"score": None, "score_before_gates": None, "grade": "", "grade_before_gates": ""}
    return card | nothing | {"lines": [line | {"points": None, "effective_weight": None} for line in card["lines"]]}


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
        rows += [{"line": line, **_difference(row, unit=line["unit"])} for row in _said_once(fields)]
    return rows


IN_UNITS = frozenset({"value", "adjusted_value", "target", "minimum"})


def _said_once(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out an attainment that is the score itself, as of a KPI that is scored between its levels."""
    score = next(((row["old"], row["new"]) for row in fields if row["field"] == "score"), None)
    return [row for row in fields if row["field"] != "attainment" or (row["old"], row["new"]) != score]


def _difference(row: dict[str, Any], about: str = "", unit: str = "") -> dict[str, Any]:
    """Return one field as it is printed; ``is_measured`` says that its figures are in the KPI's ``unit``."""
    old, new = words.plain(row["old"]), words.plain(row["new"])
    measured = {"is_measured": row["field"] in IN_UNITS, "unit": unit}
    return {"field": words.field(about + row["field"]), "old": old, "new": new, **measured}
