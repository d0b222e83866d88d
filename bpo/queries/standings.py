"""What every weighted target of some contracts came to in a period: as it is stored, or judged from the counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import F

from bpo.queries.trends import MONTH_TOTALS
from kpis.calc.facts import PeriodKind, Status
from kpis.calc.periods import Period
from kpis.models import Attainment, KpiVersion
from kpis.queries.definitions import versions_of
from kpis.queries.judging import Judged, judged
from kpis.queries.pooled import PeriodFacts
from kpis.queries.relief import RelievedFacts
from kpis.queries.series import Series, World


class Standing(NamedTuple):
    """What is judged of one series in one period, stored or computed now."""

    contract: int
    kpi: int
    queue: int | None
    value: Decimal | None
    adjusted: Decimal | None
    target: Decimal | None
    minimum: Decimal | None
    attainment: Decimal | None
    score: Decimal | None
    weight: Decimal
    status: str
    days_expected: int
    is_adjusted: bool
    is_of_totals: bool
    """Whether some of it is known as the sums of whole months only."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was judged in each period, and by KPI the newest version, which has its KPI with it."""

    standings: Mapping[Period, Sequence[Standing]]
    kpis: Mapping[int, KpiVersion]


def stored(contracts: Collection[int], periods: Sequence[Period], now: datetime) -> Found:
    """Return what the attainments of these periods, all of one kind, say; two queries."""
    rows = Attainment.objects.filter(
        series__contract__in=contracts, series__period=periods[0].kind.value, weight__isnull=False,
        start__in=[period.start for period in periods],
    )  # fmt: skip
    about = {name: F(f"series__{name}") for name in ("contract_id", "kpi_id", "queue_id")}
    names = (
        "value",
        "adjusted_value",
        "target",
        "minimum",
        "attainment",
        "score",
        "weight",
        "status",
        "days_expected",
        "flags",
    )
    found: dict[date, list[Standing]] = defaultdict(list)
    row: Any
    for row in rows.order_by().annotate(**about).values_list("start", *about, *names):
        flags = row[-1]
        found[row[0]].append(Standing._make((*row[1:-1], "adjusted" in flags, MONTH_TOTALS in flags)))
    kpis = {version.kpi_id: version for version in versions_of({one.kpi for rows in found.values() for one in rows})}
    return Found({period: found[period.start] for period in periods}, kpis)


def computed(contracts: Collection[int], periods: Sequence[Period], now: datetime) -> Found:
    """Judge the periods from the counts: by targets of their own grain, else by the monthly ones."""
    if not contracts:
        return Found({period: [] for period in periods}, {})
    world = World(list(contracts), now=now)
    wanted = [(series, period) for period in periods for series in _judging(world, period)]
    figures, relief = world.load_figures(wanted), world.load_relief(wanted)
    measures = world.measures_of(wanted)
    found: dict[Period, list[Standing]] = {period: [] for period in periods}
    facts: dict[tuple[int | None, int | None, Period], tuple[PeriodFacts, RelievedFacts | None]] = {}
    for series, period in wanted:
        # The KPIs of a contract share what was reported.
        key = (series.contract, series.queue, period)
        if key not in facts:
            spans = world.spans_of(series)
            taken = relief.facts_of(spans, figures, period, measures) if relief else None
            facts[key] = PeriodFacts(spans, figures, period), taken
        reported, without = facts[key]
        gross = judged(world, series, reported)
        relieved = without.of_kpi(gross.definition.rule) if without else None
        counts = judged(world, series, relieved.facts) if relieved else gross
        found[period].append(_standing(series, gross, counts, is_adjusted=bool(relieved and relieved.slices)))
    return Found(found, world.definitions.newest)


def _standing(series: Series, gross: Judged, counts: Judged, *, is_adjusted: bool) -> Standing:
    assessed = counts.judgement.assessment
    return Standing(
        series.contract or 0,
        series.kpi,
        series.queue,
        gross.judgement.assessment.value,
        assessed.value,
        assessed.target,
        assessed.minimum,
        assessed.attainment,
        assessed.score,
        gross.versions[-1].row.weight or Decimal(0),
        assessed.status.value if assessed.status else Status.NO_DATA.value,
        gross.judgement.figure.days_expected,
        is_adjusted,
        gross.judgement.figure.month_rows,
    )


def _judging(world: World, period: Period) -> list[Series]:
    """Return the weighted series that judge a period: one a contract, queue and KPI."""
    chosen: dict[tuple[Any, ...], Series] = {}
    for series in world.series:
        versions = series.in_force(period)
        is_monthly = series.kind is PeriodKind.MONTH
        if not versions or not (series.kind is period.kind or is_monthly):
            continue
        if versions[-1].row.weight is None:
            continue
        key = (series.contract, series.queue, series.kpi)
        if key not in chosen or not is_monthly:
            chosen[key] = series
    return list(chosen.values())
