"""The data of the executive overview: every contract's KPIs in one period, and how they moved.

A month comes from the stored attainments and the scorecards the reader may see; a week, a quarter or a year is
judged from the counts against the same targets. A constant number of queries.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings

from bpo.calc.overview import Move, Part, mean, moves, score_of
from bpo.choices import OPEN_STATUSES, AlertKind
from bpo.models import Alert, Scorecard
from bpo.queries.standings import Standing, computed, stored
from kpis.calc.comparison import is_within
from kpis.calc.facts import Direction, PeriodKind, Status
from kpis.calc.periods import Period, period_of
from kpis.choices import APPROVED_FACTORS
from kpis.models import ExternalFactor, Kpi, KpiVersion
from vendors.actors import Capability
from vendors.clock import local_date
from vendors.models import Contract

if TYPE_CHECKING:
    from vendors.actors import Actor

GRAINS = (PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
ALIKE = Decimal("0.5")
"""Contracts that share so much of their KPIs stand under one head."""
ON_TARGET = Decimal(100)
STATED = frozenset({Status.MET, Status.BELOW_TARGET, Status.BELOW_MINIMUM})


@dataclass(frozen=True, slots=True)
class Cell:
    """One KPI of one contract in the period. ``standing`` is where its value stands, also while it is provisional."""

    kpi: Kpi
    unit: str
    decimals: int
    value: Decimal | None
    adjusted: Decimal | None
    target: Decimal | None
    score: Decimal | None
    weight: Decimal
    status: str
    standing: str
    is_adjusted: bool = False
    projected: str | None = None
    minimum: Decimal | None = None

    @property
    def counted(self) -> Decimal | None:
        """The value that counts: without what approved external factors took out."""
        return self.adjusted if self.is_adjusted else self.value

    @property
    def uplift(self) -> Decimal | None:
        return None if self.value is None or self.adjusted is None else self.adjusted - self.value

    @property
    def is_provisional(self) -> bool:
        return self.status == Status.PROVISIONAL

    @property
    def is_changed(self) -> bool:
        """Say whether external factors change the value as it is written here."""
        places = Decimal(1).scaleb(-self.decimals)
        return (
            self.is_adjusted
            and bool(self.uplift)
            and (
                self.value is None
                or self.adjusted is None
                or self.value.quantize(places) != self.adjusted.quantize(places)
            )
        )


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
    earlier: Mapping[int, Cell] = field(default_factory=dict)
    """Its KPIs in the period before."""

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
    """Return the overview of the period of ``kind`` that holds ``day`` (null: today), as ``actor`` may see it."""
    today = local_date(now, settings.TIME_ZONE)
    page = Overview(period_of(kind, day or today), today)
    contracts = contracts_in(actor, page.period, vendor)
    read = stored if kind is PeriodKind.MONTH else computed
    found = read(contracts, (page.period, page.period.previous()), now)
    page.kpis = {key: version.kpi for key, version in found.kpis.items()}
    projections = _projections(actor, contracts, page)
    first = min(date(page.period.start.year, 1, 1), page.period.previous().start)
    cards = cards_of(actor, contracts, first, page.period.start) if kind is PeriodKind.MONTH else {}
    for contract in contracts.values():
        cells = _cells(found.standings[page.period], contract.pk, found.kpis, projections)
        earlier = _cells(found.standings[page.period.previous()], contract.pk, found.kpis, {})
        parts = [parts_of(found.standings[one], contract.pk) for one in (page.period, page.period.previous())]
        if cells:
            page.rows.append(_row(contract, (cells, earlier), parts, cards, page))
    page.misses = sum(cell.projected is not None for row in page.rows for cell in row.cells.values())
    page.factors = _factors(actor, contracts, page.period)
    page.year = _year(cards, page)
    return page


def contracts_in(actor: Actor, period: Period, vendor: str) -> dict[int, Contract]:
    """Return the contracts that run in ``period`` and whose results ``actor`` reads, in their order on the page."""
    rows = Contract.objects.visible_to(actor.limited_to(Capability.READ_RESULTS)).select_related("vendor")
    rows = rows.filter(starts_on__lt=period.end, vendor__is_active=True)
    rows = rows.exclude(ends_on__lt=period.start)
    if vendor:
        rows = rows.filter(vendor__code=vendor)
    return {row.pk: row for row in rows.order_by("vendor__name", "code")}


def _cells(
    found: Iterable[Standing],
    contract: int,
    versions: Mapping[int, KpiVersion],
    projections: Mapping[tuple[int, int], str],
) -> dict[int, Cell]:
    """Return one cell a KPI: that of the whole contract, else the worst of its queues."""
    chosen: dict[int, Standing] = {}
    for one in found:
        if one.contract != contract:
            continue
        other = chosen.get(one.kpi)
        if other is None or one.queue is None or (other.queue is not None and _is_worse(one, other)):
            chosen[one.kpi] = one
    return {
        key: Cell(
            kpi=versions[key].kpi,
            unit=versions[key].unit,
            decimals=min(versions[key].decimals, 1),
            value=one.value,
            adjusted=one.adjusted,
            target=one.target,
            score=one.score,
            weight=one.weight,
            status=one.status,
            standing=_where(one, Direction(versions[key].direction)),
            is_adjusted=one.is_adjusted,
            projected=projections.get((contract, key)),
            minimum=one.minimum,
        )
        for key, one in sorted(chosen.items(), key=lambda pair: (-pair[1].weight, versions[pair[0]].kpi.code))
    }


def parts_of(found: Iterable[Standing], contract: int) -> list[Part]:
    """Return every line of a contract; one of which nothing is due yet counts nothing."""
    return [
        Part(one.kpi, Decimal(0) if one.status == Status.NO_DATA and one.days_expected else one.score, one.weight)
        for one in found
        if one.contract == contract
    ]


def _is_worse(one: Standing, other: Standing) -> bool:
    """Say whether a queue stands worse: nothing reported counts 0, no volume hides nothing."""
    return _grade(one) < _grade(other)


def _grade(one: Standing) -> Decimal:
    if one.status == Status.NO_VOLUME:
        return Decimal("Infinity")
    return one.score if one.score is not None else Decimal(0)


def _where(one: Standing, direction: Direction) -> str:
    """Return the status, or for one that is not stated yet where its value stands against its levels."""
    counted = one.adjusted if one.is_adjusted else one.value
    if one.status in STATED or counted is None or one.target is None:
        return one.status
    if direction is Direction.BAND:
        return (Status.MET if (one.attainment or 0) >= ON_TARGET else Status.BELOW_TARGET).value
    if direction is Direction.INFO or is_within(counted, one.target, None, direction):
        return Status.MET.value
    is_below = one.minimum is not None and not is_within(counted, one.minimum, None, direction)
    return (Status.BELOW_MINIMUM if is_below else Status.BELOW_TARGET).value


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
    fields = ("id", "contract_id", "start", "version", "score", "grade", "status")
    return {(card.contract_id, card.start): card for card in cards.only(*fields).order_by("version")}


def _row(
    contract: Contract, cells: Sequence[Mapping[int, Cell]], parts: Sequence[list[Part]], cards: Cards, page: Overview
) -> Row:
    period = page.period
    card, earlier = cards.get((contract.pk, period.start)), cards.get((contract.pk, period.previous().start))
    is_monthly = period.kind is PeriodKind.MONTH
    now_parts, before_parts = parts
    return Row(
        contract,
        card,
        card.score if card and card.score is not None else score_of(now_parts),
        earlier.score if earlier and earlier.score is not None else score_of(before_parts),
        cells[0],
        moves(now_parts, before_parts),
        page.is_open or (is_monthly and (card is None or card.status in OPEN_STATUSES)),
        cells[1],
    )


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
        if start.year == page.period.start.year and card.score is not None:
            months[start].append(card.score)
    return mean([score for scores in months.values() if (score := mean(scores)) is not None])
