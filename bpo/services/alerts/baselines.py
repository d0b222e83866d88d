"""What is usual for each KPI of some contracts: kept from drain to drain, learnt anew only where it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from bpo.models import SeriesBaseline
from bpo.queries.usual_findings import Level, Usual, confirmed_days, shown_days
from kpis.calc.surveillance import ROLLING, WINDOW, Baseline, Shape, learn
from kpis.queries.figures import Figures
from kpis.queries.series import Series, World
from kpis.queries.spans import ONE_DAY
from kpis.queries.watching import DayReader, Stretch, shape_of, touched, watched_series
from vendors import bulk
from vendors.querysets import one_of

UPDATED = ("until", "by_weekday", "spread", "days", "shape", "learnt_at")
FORTNIGHT = timedelta(days=14)
"""So long a new month is held against the level before the last one, so that no signal ends with a page of the
calendar."""


def usual_levels(world: World, figures: Figures, months: Mapping[int, Sequence[date]], *, now: datetime) -> list[Usual]:
    """Return the series that can be watched, each with what is usual for it and its days since.

    A level is learnt where none is kept for the month, or where the drain has computed a month of its twelve weeks.
    The figures of these are read once; the rest stands in one row each.
    """
    series = [one for one in watched_series(world) if one.contract in months]
    rows = SeriesBaseline.objects.filter(series__in=one_of([row.id for row in series])).order_by()
    kept: dict[int, Level] = {row[0]: Level._make(row) for row in rows.values_list(*Level._fields)}
    stretches = [_since(one, world) for one in series]
    stale = [one for one in stretches if _must_learn(one, kept.get(one.series.id), months, _shape(one, world))]
    if stale:
        kept |= _learn(world, figures, stale, now)
    known = [_with_run_up(one, world) for one in stretches if kept[one.series.id].by_weekday]
    return shown_days(DayReader(world, figures, known), known, kept)


def _since(series: Series, world: World) -> Stretch:
    today = world.today_of(series.contract)
    return Stretch(series, (today - FORTNIGHT).replace(day=1), today + ONE_DAY)


def _with_run_up(one: Stretch, world: World) -> Stretch:
    """Return a stretch with the days before it that its first day is counted together with, where it is of events."""
    before = ROLLING - ONE_DAY if _shape(one, world) is Shape.COUNT else timedelta(0)
    return Stretch(one.series, one.start - before, one.end)


def _shape(one: Stretch, world: World) -> Shape:
    return shape_of(world.definitions.on(one.series.kpi, one.end - ONE_DAY).rule)


def _must_learn(one: Stretch, row: Level | None, months: Mapping[int, Sequence[date]], shape: Shape) -> bool:
    if row is None or row.until != one.start or row.shape != shape:
        return True
    return touched(months.get(one.series.contract or 0, ()), one.start - WINDOW, one.start)


def _learn(world: World, figures: Figures, stale: Sequence[Stretch], now: datetime) -> dict[int, Level]:
    before = [Stretch(one.series, one.start - WINDOW, one.start) for one in stale]
    reader = DayReader(world, figures, before)
    confirmed = confirmed_days({one.series.id for one in stale})
    levels = [
        _learnt(reader, one, _shape(since, world), confirmed.get(one.series.id, frozenset()))
        for one, since in zip(before, stale, strict=True)
    ]
    rows = [SeriesBaseline(learnt_at=now, **level._asdict()) for level in levels]
    bulk.store(SeriesBaseline, rows, key=("series_id",), update=UPDATED)
    return {level.series_id: level for level in levels}


def _learnt(reader: DayReader, one: Stretch, shape: Shape, confirmed: frozenset[date]) -> Level:
    # Before a definition that makes something else of the KPI nothing tells what is usual for it now.
    if shape_of(reader.definition(one).rule) is not shape:
        return Level(one.series.id, one.end, shape=shape)
    found: Baseline | None = learn(
        reader.days(one), until=one.end, shape=shape, left_out=reader.unusual(one) | confirmed
    )
    # A mean that never moved has no spread to be held against.
    if found is None or found.spread == float("inf"):
        return Level(one.series.id, one.end, shape=shape)
    return Level(one.series.id, one.end, found.by_weekday, found.spread, found.days, shape)
