"""The data of the executive overview: every contract's KPIs in one period, and how they moved.

A month comes from the stored attainments and the scorecards the reader may see; a week, a quarter or a year is
judged from the counts against the same targets. A constant number of queries.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Max

from bpo.calc.overview import Move, Part, mean, moves, score_of, share_counted
from bpo.choices import AlertKind
from bpo.models import Alert, Scorecard
from bpo.queries.card_money import CardMoney
from bpo.queries.overview_cells import ON_TARGET, Cell, cells_of
from bpo.queries.overview_money import Told, money_of, waiting_relief, with_money, with_rules
from bpo.queries.pending import with_pending
from bpo.queries.standings import Found, Standing, computed, stored
from kpis.calc.facts import PeriodKind, Status
from kpis.calc.periods import Period, period_of
from kpis.choices import APPROVED_FACTORS
from kpis.models import Attainment, ExternalFactor, Kpi
from vendors.actors import Capability
from vendors.clock import local_date
from vendors.models import Contract

if TYPE_CHECKING:
    from vendors.actors import Actor

GRAINS = (PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
ALIKE = Decimal("0.5")
"""Contracts that share so much of their KPIs stand under one head."""


@dataclass(frozen=True, slots=True)
class Row:
    """One contract: its score (its card's, or that of its KPI lines so far), and its KPIs."""

    contract: Contract
    card: Scorecard | None
    score: Decimal | None
    before: Decimal | None
    cells: Mapping[int, Cell]
    moved: Sequence[Move]
    is_provisional: bool
    """Whether the score may still change."""
    counted: Decimal | None = None
    """Of an open period the share of weight that has figures, in per cent; null where all has, or none."""
    is_pending: bool = False
    """Whether figures have come that are not computed yet."""
    earlier: Mapping[int, Cell] = field(default_factory=dict)
    """Its KPIs in the period before."""
    money: CardMoney | None = None
    """What a month is worth, to who reads money; null without terms."""

    @property
    def grade(self) -> str:
        return self.card.stated_grade if self.card else ""

    @property
    def is_of_totals(self) -> bool:
        return any(cell.is_of_totals for cell in self.cells.values())

    @property
    def is_unreported(self) -> bool:
        """Whether nothing at all was reported for the contract."""
        return self.score is None and all(cell.status == Status.NO_DATA for cell in self.cells.values())

    @property
    def change(self) -> Decimal | None:
        return None if self.score is None or self.before is None else self.score - self.before


@dataclass(slots=True)
class Group:
    """Contracts of much the same KPIs, which are its columns, the weightiest first."""

    rows: list[Row]

    @property
    def columns(self) -> list[Kpi]:
        counts: Counter[int] = Counter(key for row in self.rows for key in row.cells)
        weights = {key: max(row.cells[key].weight for row in self.rows if key in row.cells) for key in counts}
        kpis = {key: cell.kpi for row in self.rows for key, cell in row.cells.items()}
        return sorted(kpis.values(), key=lambda kpi: (-counts[kpi.pk], -weights[kpi.pk], kpi.code))

    def fits(self, row: Row) -> bool:
        """Say whether a row shares at least half of its KPIs and the group's."""
        mine = self.rows[0].cells.keys()
        return len(mine & row.cells.keys()) >= ALIKE * len(mine | row.cells.keys())


@dataclass(slots=True)
class Overview:
    """The whole page."""

    period: Period
    today: date
    rows: list[Row] = field(default_factory=list)
    factors: list[ExternalFactor] = field(default_factory=list)
    kpis: Mapping[int, Kpi] = field(default_factory=dict)
    year: Decimal | None = None
    misses: int = 0
    waiting_relief: Mapping[str, Decimal] = field(default_factory=dict)
    """What relief claims that wait for a decision are worth in the month, by currency."""

    @property
    def at_risk(self) -> dict[str, Decimal]:
        """The reductions of the month, by currency; empty where no contract has terms of money with an answer."""
        found: dict[str, Decimal] = {}
        for money in (row.money for row in self.rows):
            if money is not None and money.adjustment is not None:
                reduction = min(money.adjustment, Decimal(0))
                found[money.currency] = found.get(money.currency, Decimal(0)) + reduction
        return found

    @property
    def is_worth(self) -> bool:
        """Whether there is anything to say of money."""
        return any(row.money is not None for row in self.rows)

    @property
    def score(self) -> Decimal | None:
        return mean([row.score for row in self.rows if row.score is not None])

    @property
    def before(self) -> Decimal | None:
        return mean([row.before for row in self._in_both if row.before is not None])

    @property
    def change(self) -> Decimal | None:
        """The change of the contracts that have a score in both periods."""
        now = mean([row.score for row in self._in_both if row.score is not None])
        return None if now is None or self.before is None else now - self.before

    @property
    def _in_both(self) -> list[Row]:
        return [row for row in self.rows if row.score is not None and row.before is not None]

    @property
    def is_open(self) -> bool:
        return self.today < self.period.end

    @property
    def is_provisional(self) -> bool:
        return any(row.is_provisional for row in self.rows)

    @property
    def on_target(self) -> int:
        return sum(row.score is not None and row.score >= ON_TARGET for row in self.rows)

    @property
    def tally(self) -> list[tuple[str, int]]:
        """Count the cells by where they stand, the best first."""
        counts = Counter(cell.standing for row in self.rows for cell in row.cells.values())
        order = (Status.MET, Status.BELOW_TARGET, Status.BELOW_MINIMUM, Status.NO_DATA)
        return [(str(status.value), counts[status.value]) for status in order if counts[status.value]]

    @property
    def ranked(self) -> list[Row]:
        """Return the rows with a score, the best first."""
        scored = [row for row in self.rows if row.score is not None]
        return sorted(scored, key=lambda row: (-(row.score or Decimal(0)), row.contract.code))

    @property
    def lifted(self) -> list[tuple[Row, Cell]]:
        """Return what approved external factors changed, the largest uplift first."""
        found = [(row, cell) for row in self.rows for cell in row.cells.values() if cell.is_adjusted and cell.uplift]
        return sorted(found, key=lambda pair: (-abs(pair[1].uplift or Decimal(0)), pair[1].kpi.code))

    @property
    def groups(self) -> list[Group]:
        """Return the rows under heads of their own, so that a table has few empty cells."""
        found: list[Group] = []
        for row in self.rows:
            group = next((group for group in found if group.fits(row)), None)
            if group is None:
                found.append(Group([row]))
            else:
                group.rows.append(row)
        return found


def overview(actor: Actor, kind: PeriodKind, day: date | None, *, now: datetime, vendor: str = "") -> Overview:
    """Return the overview of the period of ``kind`` that holds ``day``, as ``actor`` may see it.

    Without a day it is that of today; of months the newest for which anything was reported.
    """
    today = local_date(now, settings.TIME_ZONE)
    if day is None and kind is PeriodKind.MONTH:
        day = _newest_month(actor, vendor, today)
    page = Overview(period_of(kind, day or today), today)
    contracts = contracts_in(actor, page.period, vendor)
    read = stored if kind is PeriodKind.MONTH else computed
    found = read(contracts, (page.period, page.period.previous()), now)
    page.kpis = {key: version.kpi for key, version in found.kpis.items()}
    projections = _projections(actor, contracts, page)
    first = min(date(page.period.start.year, 1, 1), page.period.previous().start)
    cards = cards_of(actor, contracts, first, page.period.start) if kind is PeriodKind.MONTH else {}
    for contract in contracts.values():
        cells = cells_of(found.standings[page.period], contract.pk, found.kpis, projections)
        earlier = cells_of(found.standings[page.period.previous()], contract.pk, found.kpis, {})
        parts = [parts_of(found.standings[one], contract.pk) for one in (page.period, page.period.previous())]
        if cells:
            page.rows.append(_row(contract, (cells, earlier), parts, cards, page, _is_pending(contract, page)))
    _add_money(page, actor, found, now)
    page.misses = sum(cell.projected is not None for row in page.rows for cell in row.cells.values())
    page.factors = _factors(actor, contracts, page.period)
    page.year = _year(cards, page)
    return page


def _is_pending(contract: Contract, page: Overview) -> bool:
    return page.period.kind is PeriodKind.MONTH and contract.__dict__["is_pending"]


def _add_money(page: Overview, actor: Actor, found: Found, now: datetime) -> None:
    """Say what each contract's month is worth, to who reads money; at most a handful of queries."""
    if page.period.kind is not PeriodKind.MONTH or not actor.may(Capability.READ_MONEY):
        return
    told = [Told(row.contract, row.card, row.score) for row in page.rows]
    worth = money_of(told, found, page.period, now=now)
    page.rows = [replace(row, money=worth.get(row.contract.pk)) for row in page.rows]
    if page.is_worth:
        page.waiting_relief = waiting_relief(actor, {row.contract.pk for row in page.rows}, page.period.start)


def contracts_in(actor: Actor, period: Period, vendor: str) -> dict[int, Contract]:
    """Return the contracts that run in ``period`` and whose results ``actor`` reads, in their order on the page."""
    rows = Contract.objects.visible_to(actor.limited_to(Capability.READ_RESULTS)).select_related("vendor")
    rows = rows.filter(starts_on__lt=period.end, vendor__is_active=True)
    rows = with_pending(with_money(rows.exclude(ends_on__lt=period.start), period.start), period.start)
    if vendor:
        rows = rows.filter(vendor__code=vendor)
    return {row.pk: row for row in rows.order_by("vendor__name", "code")}


def parts_of(found: Iterable[Standing], contract: int) -> list[Part]:
    """Return every line of a contract; one of which nothing is due yet counts nothing."""
    return [_part(one) for one in found if one.contract == contract]


def _part(one: Standing) -> Part:
    is_reported = one.status != Status.NO_DATA
    is_due = not is_reported and one.days_expected
    return Part(one.kpi, Decimal(0) if is_due else one.score, one.weight, is_reported=is_reported)


def _newest_month(actor: Actor, vendor: str, today: date) -> date | None:
    """Return the newest month that has begun and of which anything was reported."""
    contracts = Contract.objects.visible_to(actor.limited_to(Capability.READ_RESULTS)).filter(vendor__is_active=True)
    if vendor:
        contracts = contracts.filter(vendor__code=vendor)
    months = Attainment.objects.filter(
        series__contract__in=contracts, series__period=PeriodKind.MONTH.value, weight__isnull=False, start__lte=today
    )
    newest: date | None = months.exclude(status=Status.NO_DATA.value).aggregate(newest=Max("start"))["newest"]
    return newest


def _projections(actor: Actor, contracts: Collection[int], page: Overview) -> Mapping[tuple[int, int], str]:
    """Return where open periods are heading, of what is heading for a miss."""
    rows = Alert.objects.visible_to(actor.limited_to(Capability.READ_ALERTS)).filter(
        kind=AlertKind.PROJECTED_TO_MISS, is_live=True, contract__in=contracts, start=page.period.start,
        period=page.period.kind.value,
    )  # fmt: skip
    return {
        (contract, kpi): facts.get("projected") or ""
        for contract, kpi, facts in rows.order_by("pk").values_list("contract_id", "kpi_id", "facts")
    }


Cards = Mapping[tuple[int, date], Scorecard]


def cards_of(actor: Actor, contracts: Collection[int], first: date, last: date) -> Cards:
    """Return the newest visible card of each contract and month, from the month ``first`` to the month ``last``."""
    cards = Scorecard.objects.visible_to(actor.limited_to(Capability.READ_SCORECARDS)).filter(
        contract__in=contracts, start__gte=first, start__lte=last
    )
    cards = with_rules(cards, last)
    fields = ("id", "contract_id", "start", "version", "score", "grade", "status", "weight_covered")
    return {(card.contract_id, card.start): card for card in cards.only(*fields).order_by("version")}


def _row(
    contract: Contract,
    cells: Sequence[Mapping[int, Cell]],
    parts: Sequence[list[Part]],
    cards: Cards,
    page: Overview,
    is_pending: bool,
) -> Row:
    period = page.period
    card, earlier = cards.get((contract.pk, period.start)), cards.get((contract.pk, period.previous().start))
    is_monthly = period.kind is PeriodKind.MONTH
    now_parts, before_parts = parts
    is_provisional = page.is_open or (is_monthly and (card is None or card.is_open))
    return Row(
        contract,
        card,
        told_score(card, now_parts),
        told_score(earlier, before_parts),
        cells[0],
        moves(now_parts, before_parts),
        is_provisional,
        (card.share_counted if card else share_counted(now_parts)) if is_provisional else None,
        is_pending and is_provisional,
        cells[1],
    )


def told_score(card: Scorecard | None, parts: Sequence[Part]) -> Decimal | None:
    """Return the score of a contract: its card's as people are told it, or that of its KPI lines so far."""
    if card is not None and card.score is not None:
        return card.stated_score
    return score_of(parts)


def _factors(actor: Actor, contracts: Collection[int], period: Period) -> list[ExternalFactor]:
    """Return the approved external factors that took something out of the period."""
    visible = ExternalFactor.objects.visible_to(actor.limited_to(Capability.READ_FACTORS))
    taken = visible.filter(
        status__in=APPROVED_FACTORS, approved__queue__contract_links__contract__in=contracts,
        approved__date__gte=period.start, approved__date__lt=period.end,
    )  # fmt: skip
    return list(taken.distinct().select_related("department").order_by("starts_at", "pk"))


def _year(cards: Cards, page: Overview) -> Decimal | None:
    """Return the mean of the year's months so far: each the mean of its visible cards."""
    months: dict[date, list[Decimal]] = defaultdict(list)
    for (_contract, start), card in cards.items():
        if start.year == page.period.start.year and (score := card.stated_score) is not None:
            months[start].append(score)
    return mean([average for scores in months.values() if (average := mean(scores)) is not None])
