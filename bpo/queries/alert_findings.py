"""Which conditions of the figures are worth an alert now: missed levels, and open periods heading for a miss."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from django.db.models import Case, Q, TextField, When
from django.db.models.functions import Cast

from bpo.calc.alerting import Held, Severity, graver, misses, severity_of, shares, steps_below
from bpo.calc.alerting import projection_step as step_of_a_projection
from bpo.choices import AlertKind
from bpo.queries.projections import Projection, projected
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period
from kpis.choices import StatusChoice
from kpis.models import Attainment
from kpis.queries.courses import OpenPeriod, ahead
from kpis.queries.figures import Figures
from kpis.queries.series import Series, World
from vendors.querysets import one_of

Key = tuple[str, str]
"""Kind and subject of an alert."""
EARLIEST = Decimal("0.2")
"""The part of a period that must be over before anything is said about its end."""
JUDGED = frozenset({StatusChoice.MET, StatusChoice.BELOW_TARGET, StatusChoice.BELOW_MINIMUM})
LOOKED_BACK = {
    PeriodKind.DAY: timedelta(days=62),
    PeriodKind.WEEK: timedelta(days=80),
    PeriodKind.MONTH: timedelta(days=130),
    PeriodKind.QUARTER: timedelta(days=290),
    PeriodKind.YEAR: timedelta(days=800),
}
"""Within these days before today begin the open period and the newest that has settled."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition that holds now, and what it is about."""

    kind: AlertKind
    subject: str
    held: Held
    facts: Mapping[str, Any]
    vendor: int | None
    contract: int | None = None
    series: int | None = None
    kpi: int | None = None
    queue: int | None = None
    period: str = ""
    start: date | None = None

    @property
    def key(self) -> Key:
        return self.kind, self.subject


class _Row(NamedTuple):
    """What is read of an attainment; the order is that of ``_COLUMNS``."""

    series: int
    start: date
    end: date
    status: str
    value: Decimal | None
    target: Decimal | None
    minimum: Decimal | None
    attainment: Decimal | None
    weight: Decimal | None
    volume: Decimal | None
    days_expected: int
    days_reported: int
    explanation: str | None
    """The JSON text of what a figure under way was made of; null of one that has settled."""


_COLUMNS: list[Any] = [
    "series_id", "start", "end", "status", "adjusted_value", "target", "minimum", "attainment", "weight", "volume",
    "days_expected", "days_reported",
    # Whole, as text: the database reads a document anew for each member it is asked for.
    Case(When(status=StatusChoice.PROVISIONAL, then=Cast("explanation", TextField())), output_field=TextField()),
]  # fmt: skip


class _Rounding(msgspec.Struct, frozen=True):
    unrounded: str | None = None


class _Exact(msgspec.Struct, frozen=True):
    """What the explanation of a figure says of it before it was rounded; ``adjusted`` is what counts where it is."""

    rounding: _Rounding = _Rounding()
    volume: str | None = None
    adjusted: _Exact | None = None

    def value_or(self, rounded: Decimal | None) -> Decimal:
        return self._first(rounded, lambda one: one.rounding.unrounded)

    def volume_or(self, rounded: Decimal | None) -> Decimal:
        return self._first(rounded, lambda one: one.volume)

    def _first(self, rounded: Decimal | None, read: Callable[[_Exact], str | None]) -> Decimal:
        for text in (read(self.adjusted) if self.adjusted else None, read(self)):
            if text is not None:
                return Decimal(text)
        return rounded or Decimal(0)


_exact = msgspec.json.Decoder(_Exact).decode


def figure_findings(world: World, figures: Figures, raised: Mapping[Key, Held]) -> list[Finding]:
    """Return what holds of the figures of these contracts: by series, its newest judged period and its open one.

    ``raised`` are the live alerts, so that a projection does not come and go with every day. A constant number of
    queries, whatever the number of series.
    """
    rows: dict[int, list[_Row]] = defaultdict(list)
    for row in _rows(world):
        rows[row.series].append(row)
    weights = _weight_shares(world, rows)
    found = list(_missed_levels(world, rows, weights))
    return found + list(_projections(world, figures, rows, weights, raised))


def subject_of(series: int) -> str:
    """Return what names a target series as the subject of an alert."""
    return f"series:{series}"


def _rows(world: World) -> Iterator[_Row]:
    by_kind: dict[PeriodKind, list[Series]] = defaultdict(list)
    for series in world.series:
        by_kind[series.kind].append(series)
    wanted = Q(pk__in=())
    for kind, rows in by_kind.items():
        first = min(world.today_of(row.contract) for row in rows) - LOOKED_BACK[kind]
        wanted |= Q(series_id__in=one_of([row.id for row in rows]), start__gte=first)
    if by_kind:
        found = Attainment.objects.filter(wanted, value__isnull=False).order_by("start")
        yield from map(_Row._make, found.values_list(*_COLUMNS))


def _weight_shares(world: World, rows: Mapping[int, list[_Row]]) -> dict[int, Decimal | None]:
    """Return how much of its contract's weight each series carries (%), among those of the same kind of period."""
    groups: dict[Any, dict[int, Decimal | None]] = defaultdict(dict)
    for series in world.series:
        if series.id in rows:
            groups[series.contract, series.kind][series.id] = rows[series.id][-1].weight
    return {key: share for group in groups.values() for key, share in shares(group).items()}


def _missed_levels(
    world: World, rows: Mapping[int, list[_Row]], weights: Mapping[int, Decimal | None]
) -> Iterator[Finding]:
    for series in world.series:
        judged = [row for row in rows.get(series.id, ()) if row.status in JUDGED]
        if not judged or judged[-1].status == StatusChoice.MET:
            continue
        row, share = judged[-1], weights.get(series.id)
        is_below_minimum = row.status == StatusChoice.BELOW_MINIMUM
        base = Severity.WARNING if is_below_minimum else Severity.CAUTION
        yield _finding(
            world,
            series,
            AlertKind.BELOW_MINIMUM if is_below_minimum else AlertKind.BELOW_TARGET,
            row,
            Held(severity_of(base, share), steps_below(row.attainment), row.start.isoformat()),
            _facts(world, series, row, share) | {"attainment": _text(row.attainment)},
        )


def _projections(
    world: World,
    figures: Figures,
    rows: Mapping[int, list[_Row]],
    weights: Mapping[int, Decimal | None],
    raised: Mapping[Key, Held],
) -> Iterator[Finding]:
    under_way = {
        series.id: (series, found[-1])
        for series in world.series
        if (found := [row for row in rows.get(series.id, ()) if _is_under_way(row)])
        and _has_come_far(found[-1], world.today_of(series.contract))
    }
    courses = ahead(world, figures, [_open(series, row) for series, row in under_way.values()])
    for series, row in under_way.values():
        course = courses.get((series.id, row.start))
        before = raised.get((AlertKind.PROJECTED_TO_MISS, subject_of(series.id)))
        was_raised = before is not None and before.occasion == row.start.isoformat()
        end = course and projected(course, was_raised=was_raised)
        if end:
            yield _projection(world, series, row, weights.get(series.id), end)


def _is_under_way(row: _Row) -> bool:
    return row.status == StatusChoice.PROVISIONAL and row.target is not None


def _has_come_far(row: _Row, today: date) -> bool:
    """Say whether a fifth of the period is over: before that nothing is said about its end."""
    return (today - row.start).days >= EARLIEST * (row.end - row.start).days


def _open(series: Series, row: _Row) -> OpenPeriod:
    exact = _exact(row.explanation or "{}")
    period = Period(series.kind, row.start, row.end)
    return OpenPeriod(series, period, exact.value_or(row.value), exact.volume_or(row.volume), row.target or Decimal(0))


def _projection(world: World, series: Series, row: _Row, share: Decimal | None, end: Projection) -> Finding:
    direction = world.definitions.on(series.kpi, row.start).rule.direction
    is_grave = end.is_lost or misses(end.value, row.minimum, direction)
    severity = severity_of(graver(Severity.CAUTION, int(is_grave)), share)
    held = Held(severity, step_of_a_projection(end.outcome, end.chance), row.start.isoformat())
    facts = _facts(world, series, row, share) | end.facts(series.versions[-1].row.decimals)
    return _finding(world, series, AlertKind.PROJECTED_TO_MISS, row, held, facts)


def _finding(world: World, series: Series, kind: AlertKind, row: _Row, held: Held, facts: Mapping[str, Any]) -> Finding:
    spans = world.spans_of(series)
    return Finding(
        kind,
        subject_of(series.id),
        held,
        facts,
        vendor=spans[0].vendor if series.contract is not None and spans else None,
        contract=series.contract,
        series=series.id,
        kpi=series.kpi,
        queue=series.queue,
        period=series.kind.value,
        start=row.start,
    )


def _facts(world: World, series: Series, row: _Row, share: Decimal | None) -> dict[str, Any]:
    definition = world.definitions.on(series.kpi, row.start)
    return {
        "value": _text(row.value),
        "target": _text(row.target),
        "minimum": _text(row.minimum),
        "unit": definition.unit,
        "direction": definition.rule.direction.value,
        "decimals": series.versions[-1].row.decimals if series.versions else definition.rule.decimals,
        "weight_share": None if share is None else f"{share:.1f}",
        "days_expected": row.days_expected,
        "days_reported": row.days_reported,
        "end": row.end.isoformat(),
    }


def _text(value: Decimal | None) -> str | None:
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
