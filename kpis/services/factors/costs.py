"""What approved external factors did: the calls they touched, those missed, and the points they would have cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from django.db.models import Exists, F, OuterRef

from kpis.calc.costs import Touched, shared, touched_by, weighted_points
from kpis.calc.facts import Direction, PeriodKind
from kpis.calc.periods import Period, period_of
from kpis.calc.relief import Method, Ratio, ratio_of
from kpis.choices import APPROVED_FACTORS, StatusChoice
from kpis.models import Attainment, ExternalFactor, FactorSlice
from kpis.queries.figures import Figures, values_of
from kpis.queries.relief import Relief, Slice
from kpis.queries.series import Series, World
from kpis.services.attainment_store import AttainmentRow
from kpis.services.computation import compute
from kpis.services.feed.facts import contract_on
from kpis.services.feed.links import load_links
from vendors.actors import Actor
from vendors.models import Contract
from vendors.querysets import one_of

Month = tuple[int, date]
Wanted = list[tuple[Series, Period]]


CLIENT_CAUSED = "client_caused"


class Judged(NamedTuple):
    """One monthly target's attainment as it counts with all relief, and as it would be without one factor's.

    Both are null where nothing is stored yet.
    """

    series: int
    having: AttainmentRow | None
    lacking: AttainmentRow | None

    @property
    def scores(self) -> tuple[Decimal | None, Decimal | None]:
        """The score with the relief and without it."""
        having, lacking = (None if row is None else row.score for row in (self.having, self.lacking))
        return having, lacking


@dataclass(frozen=True, slots=True)
class Cost:
    """What one factor did to one contract's month.

    ``calls`` are the volume of what is relieved and ``missed`` those of it that were not what the KPI counts as good,
    both by the measures of ``kpi``; null where no plain ratio counts these days. Where several factors touch the same
    queue-day a call is lost once: the one approved first has it, the next has what is left (as whole days swallow
    slices in the figures). ``points`` are those of the card's KPIs, each weighed, that the month would lack without the
    relief of this factor alone; ``judged`` says of which they are made.
    """

    factor: ExternalFactor
    contract: Contract
    start: date
    queue_days: frozenset[tuple[int, date]]
    calls: Decimal | None
    missed: Decimal | None
    points: Decimal | None
    kpi: str
    judged: Sequence[Judged] = ()

    @property
    def having(self) -> dict[int, AttainmentRow]:
        """The attainments with all relief, by series."""
        return {one.series: one.having for one in self.judged if one.having is not None}

    @property
    def lacking(self) -> dict[int, AttainmentRow]:
        """The attainments without this factor's relief, by series."""
        return {one.series: one.lacking for one in self.judged if one.lacking is not None}

    @property
    def days(self) -> int:
        return len(self.queue_days)


def costs_of(
    start: date, end: date, *, actor: Actor, now: datetime, factors: Collection[int] | None = None
) -> list[Cost]:
    """Return what every approved factor did in the months of ``[start, end)``, of the queues that exist for the actor.

    ``factors`` are those that are asked for; all where null. A constant number of queries. ``start`` and ``end`` are
    firsts of months.
    """
    rows = FactorSlice.objects.visible_to(actor).filter(date__gte=start, date__lt=end)
    # In the order of their approval.
    rows = rows.filter(factor__status__in=APPROVED_FACTORS).select_related("factor__department").order_by("id")
    if factors is not None:
        # With whatever else touches their days, which may have had the calls before.
        same = rows.filter(factor__in=one_of(factors), queue=OuterRef("queue"), date=OuterRef("date"))
        rows = rows.filter(Exists(same.order_by()))
    named = {row.factor_id: row.factor for row in rows if factors is None or row.factor_id in factors}
    links = load_links({row.queue_id for row in rows})
    months: dict[Month, list[Slice]] = defaultdict(list)
    for row in rows:
        contract = contract_on(links.get(row.queue_id, ()), row.date)
        if contract is not None:
            values = values_of(row.measures)
            one = Slice(row.factor_id, row.queue_id, row.date, values, Method(row.method), row.terms)
            months[contract, row.date.replace(day=1)].append(one)
    return _priced(months, named, now)


def _priced(
    months: Mapping[Month, Sequence[Slice]], factors: Mapping[int, ExternalFactor], now: datetime
) -> list[Cost]:
    contracts = Contract.objects.select_related("vendor").in_bulk({contract for contract, _start in months})
    world = World(sorted(contracts), now=now)
    wanted = {month: _wanted(world, month) for month in months}
    every = [pair for pairs in wanted.values() for pair in pairs]
    figures, relief = world.load_figures(every), world.load_relief(every)
    scores = _Scores(world, figures, relief, now, every)
    found = []
    for month, slices in sorted(months.items()):
        ratios = _ratios(world, wanted[month])
        for factor in dict.fromkeys(one.factor for one in slices if one.factor in factors):
            mine = [one for one in slices if one.factor == factor]
            kpi, done = _touched(mine, ratios, figures, _by_day(slices))
            judged = scores.judged(wanted[month], factor)
            points = _points(wanted[month], judged)
            days = frozenset((one.queue, one.date) for one in mine)
            calls, missed = (done.volume, done.missed) if done else (None, None)
            found.append(Cost(factors[factor], contracts[month[0]], month[1], days, calls, missed, points, kpi, judged))
    return found


def _wanted(world: World, month: Month) -> Wanted:
    contract, start = month
    last = period_of(PeriodKind.MONTH, start).last
    return [
        (series, period)
        for series in world.series
        if series.contract == contract and series.kind is PeriodKind.MONTH
        for period in series.periods([(start, last)], world.today_of(contract))
    ]


def _points(wanted: Wanted, judged: Sequence[Judged]) -> Decimal | None:
    """Return the points that one factor's relief is worth in a month, given by its targets."""
    weights = [series.in_force(period)[-1].row.weight for series, period in wanted]
    rows = zip(weights, judged, strict=True)
    return weighted_points((weight, *one.scores) for weight, one in rows)


class _Scores:
    """The monthly targets as they count with all relief, and as they would without one factor.

    Where a month has one factor, what is stored says both; only where several act at once are they computed.
    """

    def __init__(self, world: World, figures: Figures, relief: Relief, now: datetime, every: Wanted) -> None:
        self._world, self._figures, self._relief, self._now = world, figures, relief, now
        series = {one.id for one, _period in every}
        rows = Attainment.objects.filter(series__in=one_of(series), start__in={period.start for _one, period in every})
        names = AttainmentRow.__struct_fields__
        # The explanation says what it came to before any relief.
        found = rows.annotate(gross=F("explanation__result"), gross_target=F("explanation__target"))
        self._stored: dict[tuple[int, date], tuple[AttainmentRow, AttainmentRow]] = {}
        told: Iterable[tuple[Any, ...]] = found.values_list("gross", "gross_target", *names)
        for result, target, *values in told:
            row = AttainmentRow(*values)
            self._stored[row.series_id, row.start] = row, _before_relief(row, result or {}, target or {})

    def judged(self, wanted: Wanted, factor: int) -> list[Judged]:
        """Return the month's targets with one factor's relief and without it."""
        return self._of_one(wanted) if self._acts_alone(wanted, factor) else self._of_many(wanted, factor)

    def _acts_alone(self, wanted: Wanted, factor: int) -> bool:
        queues = {span.queue for series, _period in wanted for span in self._world.spans_of(series)}
        months = {(period.start, period.end) for _series, period in wanted}
        return all(self._relief.factors_of(queues, *month) <= {factor} for month in months)

    def _of_one(self, wanted: Wanted) -> list[Judged]:
        return [
            Judged(series.id, *self._stored.get((series.id, period.start), (None, None))) for series, period in wanted
        ]

    def _of_many(self, wanted: Wanted, factor: int) -> list[Judged]:
        others = self._relief.of_factors(set(self._relief.factors) - {factor})
        having, lacking = (
            compute(self._world, wanted, self._figures, self._now, relief=relief) for relief in (self._relief, others)
        )
        return [
            Judged(series.id, row, without)
            for (series, _period), (row, _text), (without, _same) in zip(wanted, having, lacking, strict=True)
        ]


def _before_relief(row: AttainmentRow, result: Mapping[str, Any], target: Mapping[str, Any]) -> AttainmentRow:
    """Return a stored attainment as it was before relief, by the ``result`` and ``target`` of its explanation."""
    flags = set(result.get("flags", ()))
    if CLIENT_CAUSED in row.flags and result.get("status") == StatusChoice.NO_DATA:
        # Nothing was reported and that is the client's, whatever else was taken out.
        flags.add(CLIENT_CAUSED)
    return msgspec.structs.replace(
        row,
        adjusted_value=row.value,
        target=_number(target.get("target")),
        minimum=_number(target.get("minimum")),
        attainment=_number(result.get("attainment")),
        score=_number(result.get("score")),
        status=result.get("status") or "",
        flags=sorted(flags),
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@dataclass(frozen=True, slots=True)
class _Counted:
    kpi: str
    queue: int | None
    ratio: Ratio
    is_higher_better: bool


def _ratios(world: World, wanted: Wanted) -> list[_Counted]:
    """Return the plain ratios among the month's targets, that of the most weight first: by it calls are counted."""
    rows = []
    for series, period in wanted:
        rule = world.definitions.on(series.kpi, period.start).rule
        ratio = ratio_of(rule)
        if ratio is not None and rule.direction in (Direction.HIGHER, Direction.LOWER):
            weight = series.in_force(period)[-1].row.weight or Decimal(0)
            counted = _Counted(rule.code, series.queue, ratio, rule.direction is Direction.HIGHER)
            rows.append((weight, counted))
    return [counted for _weight, counted in sorted(rows, key=lambda row: (-row[0], row[1].kpi, row[1].queue or 0))]


def _by_day(slices: Iterable[Slice]) -> Mapping[tuple[int, date], list[Slice]]:
    found: dict[tuple[int, date], list[Slice]] = defaultdict(list)
    for one in slices:
        found[one.queue, one.date].append(one)
    return found


def _touched(
    slices: Sequence[Slice],
    ratios: Collection[_Counted],
    figures: Figures,
    by_day: Mapping[tuple[int, date], Sequence[Slice]],
) -> tuple[str, Touched | None]:
    """Return the KPI by whose measures the slices of one factor are counted, and what they come to.

    ``by_day`` are the slices of all factors by their queue-day, in the order of their approval.
    """
    for counted in ratios:
        mine = [one for one in slices if counted.queue in (None, one.queue)]
        shares = (_share(one, by_day[one.queue, one.date], counted, figures) for one in mine)
        known = [share for share in shares if share is not None]
        if known:
            volume = sum((one.volume for one in known), Decimal(0))
            return counted.kpi, Touched(volume, sum((one.missed for one in known), Decimal(0)))
    return "", None


def _share(one: Slice, of_day: Sequence[Slice], counted: _Counted, figures: Figures) -> Touched | None:
    """Return what a slice has of its queue-day once those approved before have theirs; null where it is not counted."""
    claims = [(other, _of_slice(other, counted, figures)) for other in of_day]
    known = [(other, claim) for other, claim in claims if claim is not None]
    day = figures.day(one.queue, one.date)
    whole = touched_by(day, {}, counted.ratio, is_higher_better=counted.is_higher_better)
    shares = shared(whole, [claim for _other, claim in known])
    return next((share for (other, _claim), share in zip(known, shares, strict=True) if other is one), None)


def _of_slice(one: Slice, counted: _Counted, figures: Figures) -> Touched | None:
    limit = None
    if one.method is Method.CAP:
        if one.terms["measure"] != counted.ratio.volume:
            return None
        limit = Decimal(one.terms["limit"])
    day = figures.day(one.queue, one.date)
    return touched_by(day, one.measures, counted.ratio, is_higher_better=counted.is_higher_better, limit=limit)
