"""What still stands between a card and finalising it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from bpo.choices import OF_A_KPI, DisputeStatus, LineKind, ScorecardStatus
from bpo.models import Scorecard, ScorecardLine
from bpo.queries.cards import completeness_of
from bpo.queries.numbers import plain
from bpo.queries.pending import pending
from kpis.choices import StatusChoice
from vendors.calc.months import month_after
from vendors.choices import MissingDayPolicy
from vendors.clock import local_date
from vendors.errors import Text
from vendors.models import Contract, ContractQueue
from vendors.querysets import one_of

WITHOUT_SCORE = frozenset({StatusChoice.NO_DATA, StatusChoice.NO_VOLUME, "carried"})


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason why a card cannot be finalised now; ``line`` where one line is the reason."""

    code: str
    detail: Text
    line: int | None = None


@dataclass(frozen=True, slots=True)
class KnownOfMonth:
    """The time zones of the contract's centres, and whether figures of the month wait to be computed."""

    zones: Collection[str]
    is_pending: bool


def blockers(card: Scorecard, now: datetime, month: KnownOfMonth | None = None) -> list[Blocker]:
    """Return every reason, the first to mend first; empty where ``card`` may be finalised at ``now``.

    ``missing_days`` alone can be waived: a manager accepts the gaps in writing (``accept_missing``). What of
    ``month`` and of the card's lines was read already is not read again.
    """
    prefetch_related_objects([card], "lines__disputes")
    lines = sorted(card.lines.all(), key=lambda line: (line.position, line.pk))
    terms = card.composition.get("terms", {})
    return [
        *_of_the_state(card, lines),
        *_of_the_time(card, lines, now, month or known_of_month(card)),
        *_of_completeness(lines, terms),
        *_of_the_lines(lines),
        *_of_the_terms(card),
    ]


def known_of_month(card: Scorecard) -> KnownOfMonth:
    """Read what blockers ask of the card's month; two queries."""
    return KnownOfMonth(_zones([card.contract_id])[card.contract_id], bool(pending({card.contract_id}, card.start)))


def _of_the_state(card: Scorecard, lines: Iterable[ScorecardLine]) -> Iterator[Blocker]:
    every = sorted((row for line in lines for row in line.disputes.all()), key=lambda row: row.pk)
    disputed = [row.line_id for row in every if row.status == DisputeStatus.OPEN]
    yield from (
        Blocker("open_disputes", _("The vendor disputes this line; resolve the dispute first."), pk) for pk in disputed
    )
    if not disputed and card.status != ScorecardStatus.SHARED:
        yield Blocker("wrong_status", _("Only a card that is in review with the vendor can be finalised."))


def _of_the_time(
    card: Scorecard, lines: Iterable[ScorecardLine], now: datetime, month: KnownOfMonth
) -> Iterator[Blocker]:
    terms, end = card.composition.get("terms", {}), month_after(card.start)
    today = min(local_date(now, zone) for zone in month.zones or {settings.TIME_ZONE})
    if today < end:
        yield Blocker("month_not_over", _("The month is not over at every centre of the contract."))
        return
    if month.is_pending:
        yield Blocker("figures_pending", _("New figures of this month are still being computed; try again shortly."))
    grace_ends = end + timedelta(days=terms.get("missing_day_grace_days", 0))
    counts_later = terms.get("missing_day_policy") != MissingDayPolicy.EXCLUDE and today < grace_ends
    for line in lines:
        if line.status == StatusChoice.PROVISIONAL:
            yield Blocker("lines_provisional", _("The figure of this line is not settled yet."), line.pk)
        if counts_later and _has_gaps(line):
            text = _("Days are missing and may still be submitted until %(day)s; then they count as the contract says.")
            yield Blocker("grace_not_over", text % {"day": grace_ends.isoformat()}, line.pk)


def _of_completeness(lines: Iterable[ScorecardLine], terms: dict[str, Any]) -> Iterator[Blocker]:
    bar = Decimal(terms.get("completeness_bar") or 0)
    excluding = terms.get("missing_day_policy") == MissingDayPolicy.EXCLUDE
    for line in lines:
        complete = completeness_of(line)
        if complete is not None and complete < bar:
            text = _(
                "%(reported)d of %(expected)d queue-days are complete (%(percent)s %%); the contract asks %(bar)s %%."
            )
            values = _days(line) | {"percent": plain(complete, 2), "bar": plain(bar)}
            yield Blocker("below_completeness_bar", text % values, line.pk)
        elif excluding and _has_gaps(line):
            text = _(
                "%(reported)d of %(expected)d queue-days are complete, and this contract leaves missing days out of"
                " the figure. Have them submitted, or finalise with the reason to accept it (API: accept_missing)."
            )
            yield Blocker("missing_days", text % _days(line), line.pk)


def _of_the_lines(lines: list[ScorecardLine]) -> Iterator[Blocker]:
    weighed = [line for line in lines if line.kind != LineKind.ADJUSTMENT and line.weight is not None]
    if not weighed:
        yield Blocker("no_lines", _("The card has no line with a weight."))
        return
    for line in weighed:
        if line.score is None and line.status not in WITHOUT_SCORE:
            yield Blocker("not_scored", _("This line has no score yet."), line.pk)
    agreed = [line for line in weighed if line.kind != LineKind.CARRIED]
    total = sum((line.weight for line in agreed if line.weight is not None), Decimal(0))
    if total != 100:
        yield Blocker("weights_not_100", _("The weights add up to %(sum)s, not 100.") % {"sum": plain(total)})


def _of_the_terms(card: Scorecard) -> Iterator[Blocker]:
    for warning in card.composition.get("warnings", []):
        if warning["code"] == "unreadable_terms":
            text = _("The contract's terms cannot be read: %(name)s.") % {"name": warning["about"]}
            yield Blocker("unreadable_terms", text)


def _has_gaps(line: ScorecardLine) -> bool:
    return line.kind in OF_A_KPI and line.days_reported < line.days_expected


def _days(line: ScorecardLine) -> dict[str, Any]:
    return {"reported": line.days_reported, "expected": line.days_expected}


def latest_today(contract: Contract, now: datetime) -> date:
    """Return today where it is latest: at the contract's easternmost centre."""
    return latest_todays([contract.pk], now)[contract.pk]


def latest_todays(contract_ids: Iterable[int], now: datetime) -> dict[int, date]:
    """Return :func:`latest_today` of each contract, in one query."""
    return {pk: max(local_date(now, zone) for zone in zones) for pk, zones in _zones(list(contract_ids)).items()}


def _zones(contract_ids: Collection[int]) -> dict[int, set[str]]:
    zones: dict[int, set[str]] = {pk: set() for pk in contract_ids}
    rows = ContractQueue.objects.filter(contract__in=one_of(contract_ids)).order_by()
    for contract, zone in rows.values_list("contract_id", "queue__centre__timezone").distinct():
        zones[contract].add(zone)
    return {pk: found or {settings.TIME_ZONE} for pk, found in zones.items()}
