"""Vendors side by side on one KPI of one service: as they are, at the same mix, with intervals, and over a year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings

from bpo.queries.trends import Point
from kpis.calc import formula
from kpis.calc.aggregation import aggregate
from kpis.calc.facts import Direction, PeriodKind
from kpis.calc.imputation import is_weighted
from kpis.calc.periods import Period, period_of
from kpis.calc.rounding import round_value
from kpis.calc.standardising import Day, Standing, ranks, standing, weights_of
from kpis.models import Kpi, TargetSeries
from kpis.queries.definitions import Definition, load_definitions
from kpis.queries.figures import Figures, load_figures
from kpis.queries.relief import Relief, load_relief
from kpis.queries.spans import ONE_DAY, QueueSpan, load_spans
from kpis.queries.values import KpiValues
from vendors.actors import Capability
from vendors.clock import local_date
from vendors.models import ContractQueue, Vendor

if TYPE_CHECKING:
    from vendors.actors import Actor

MONTHS = 13
WEEKEND = 6


@dataclass(frozen=True, slots=True)
class VendorRow:
    """One vendor. ``rank`` is null where the interval overlaps another's; figures are rounded as the KPI is."""

    vendor: Vendor
    standing: Standing
    raw: Decimal
    same_mix: Decimal | None
    half_width: Decimal | None
    rank: int | None
    months: Sequence[Point]


@dataclass(slots=True)
class Comparison:
    """The page: what may be chosen, what was, and the vendors, the best at the same mix first."""

    kpis: list[Kpi]
    services: list[str]
    """The codes of those that may be chosen."""
    kpi: Kpi | None
    service: str
    period: Period
    unit: str = ""
    decimals: int = 2
    rows: Sequence[VendorRow] = ()
    is_comparable: bool = True


def comparison(actor: Actor, *, kpi: str, service: str | None, month: date | None, now: datetime) -> Comparison:
    """Return the comparison as far as ``actor`` reads results; a KPI that does not exist is the first one.

    ``service`` of ``""`` is all of them, null the one that most vendors have: where each does something else, there
    is no common mix.
    """
    seen = actor.limited_to(Capability.READ_RESULTS)
    kpis = _kpis(seen)
    links = ContractQueue.objects.visible_to(seen)
    pairs = links.exclude(queue__service="").values_list("queue__service", "contract__vendor").distinct()
    counts = Counter(name for name, _vendor in pairs)
    services = sorted(counts)
    period = period_of(PeriodKind.MONTH, month or local_date(now, settings.TIME_ZONE))
    chosen = next((one for one in kpis if one.code == kpi), kpis[0] if kpis else None)
    if service is None:
        service = max(services, key=lambda name: (counts[name], name), default="")
    page = Comparison(kpis, services, chosen, service if service in services else "", period)
    if chosen is not None:
        _fill(page, chosen, links, now)
    return page


def _kpis(seen: Actor) -> list[Kpi]:
    """Return the KPIs that vendors are held to, those of most contracts first."""
    series = TargetSeries.objects.visible_to(seen).filter(contract__isnull=False, period=PeriodKind.MONTH.value)
    return list(Kpi.objects.filter(pk__in=series.values("kpi")).order_by("-is_core", "code"))


def _fill(page: Comparison, kpi: Kpi, links: Any, now: datetime) -> None:
    if page.service:
        links = links.filter(queue__service=page.service)
    definition = load_definitions([kpi.pk]).on(kpi.pk, page.period.start)
    page.unit, page.decimals = definition.unit, definition.rule.decimals
    page.is_comparable = is_weighted(definition.rule)
    if not page.is_comparable:
        return
    spans = load_spans(links, now=now)
    days = _days(spans, definition, page.period)
    weights = weights_of(days.values())
    standings = {code: one for code, rows in days.items() if (one := standing(rows, weights)) is not None}
    # Of a band, and of what is best at zero, more is neither better nor worse.
    is_ranked = definition.rule.direction in (Direction.HIGHER, Direction.LOWER)
    places = ranks(standings if is_ranked else {}, is_higher_better=definition.rule.direction is Direction.HIGHER)
    months = _months(kpi, links, page.period, now)
    vendors = {vendor.code: vendor for vendor in Vendor.objects.filter(code__in=standings)}
    page.rows = sorted(
        (_row(vendors[code], one, places.get(code), months[code], page.decimals) for code, one in standings.items()),
        key=lambda row: _order(row, definition.rule.direction),
    )


def _order(row: VendorRow, direction: Direction) -> tuple[bool, Decimal, str]:
    value = row.same_mix if row.same_mix is not None else row.raw
    if direction not in (Direction.HIGHER, Direction.LOWER):
        value = Decimal(0)
    return row.same_mix is None, value if direction is Direction.LOWER else -value, row.vendor.code


def _days(spans: Iterable[QueueSpan], definition: Definition, period: Period) -> dict[str, list[Day]]:
    """Return each vendor's days by stratum: a service, on weekdays or at the weekend; without approved relief."""
    groups: dict[tuple[str, str], list[QueueSpan]] = defaultdict(list)
    queues = set()
    for span in spans:
        groups[span.vendor_code, span.service].append(span)
        queues.add(span.queue)
    ranges = [(period.start, period.end)]
    figures, relief = load_figures(queues, ranges, definition.measures), load_relief(queues, ranges)
    found: dict[str, list[Day]] = defaultdict(list)
    for (vendor, service), rows in groups.items():
        for day in period.dates():
            one = _day(rows, definition, day, figures, relief)
            if one is not None:
                kind = "weekend" if day.isoweekday() >= WEEKEND else "weekday"
                found[vendor].append(Day(f"{service} {kind}", *one))
    return found


def _day(
    spans: list[QueueSpan], definition: Definition, day: date, figures: Figures, relief: Relief
) -> tuple[Decimal, Decimal] | None:
    """Return volume and value of a day; null where nothing was reported."""
    period = Period(PeriodKind.DAY, day, day + ONE_DAY)
    facts = relief.counted(spans, figures, period, definition.measures, definition.rule)
    measures = formula.parse(definition.rule.formula).measures
    figure = aggregate(definition.rule, *facts.of_kpi(definition.channel, measures), period)
    return (figure.volume, figure.value) if figure.value is not None and figure.volume else None


def _months(kpi: Kpi, links: Any, period: Period, now: datetime) -> dict[str, list[Point]]:
    """Return thirteen months up to the period's, by vendor; null where there was nothing."""
    first = date(period.start.year - 1, period.start.month, 1)
    values = KpiValues(kpi, links, kind=PeriodKind.MONTH, start=first, end=period.end, group_by="vendor", now=now)
    found: dict[str, list[Point]] = defaultdict(list)
    for row in values[:]:
        found[row.group or ""].append(Point(row.start, row.adjusted_value))
    return {code: rows[-MONTHS:] for code, rows in found.items()}


def _row(vendor: Vendor, one: Standing, rank: int | None, months: Sequence[Point], decimals: int) -> VendorRow:
    same_mix = None if one.same_mix is None else round_value(one.same_mix, decimals)
    half = None if one.half_width is None else round_value(one.half_width, decimals)
    return VendorRow(vendor, one, round_value(one.raw, decimals), same_mix, half, rank, months)
