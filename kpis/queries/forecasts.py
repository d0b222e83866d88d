"""Locked forecasts and what came: which forecast counts for a day, and the volumes it is held against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kpis.calc.facts import Number, PeriodKind
from kpis.calc.periods import Period, period_of
from kpis.models import Forecast
from kpis.queries.figures import Figures, load_figures
from vendors.models import Queue

ONE_DAY = timedelta(days=1)
GRAINS = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH)
"""From the finest: where several are locked for a day, the finest counts."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The forecast that counts for one queue and period, and what was reported of each of its days."""

    row: Forecast
    period: Period
    volumes: Mapping[date, Number]

    @property
    def volume(self) -> Number:
        """What came in the whole period."""
        return sum(self.volumes.values())


class Plans:
    """The locked forecasts of some queues around some days, with the volumes that came."""

    def __init__(self, rows: Iterable[Forecast], figures: Figures, zones: Mapping[int, str]) -> None:
        self._figures = figures
        self._rows: dict[tuple[int, PeriodKind, date], Forecast] = {}
        for row in sorted(rows, key=lambda row: (row.locked_at, row.pk)):
            begins = datetime.combine(row.start, time(), ZoneInfo(zones[row.queue_id]))
            if row.locked_at <= begins:
                self._rows[row.queue_id, PeriodKind(row.grain), row.start] = row
        self._starts: dict[tuple[int, PeriodKind], list[date]] = defaultdict(list)
        for queue, grain, start in sorted(self._rows):
            self._starts[queue, grain].append(start)

    def of_day(self, queue: int, day: date) -> Planned | None:
        """Return the plan of the finest grain that covers a day; null where none was locked in time."""
        for grain in GRAINS:
            found = self.at_grain(queue, day, grain)
            if found is not None:
                return found
        return None

    def at_grain(self, queue: int, day: date, grain: PeriodKind) -> Planned | None:
        """Return the plan of one grain that covers a day."""
        period = period_of(grain, day)
        row = self._rows.get((queue, grain, period.start))
        return None if row is None else Planned(row, period, self._volumes(queue, period, row.measure))

    def of_month(self, queue: int, month: Period, days: Collection[date]) -> list[Planned]:
        """Return the plans by which a month is judged, in order: those of one grain that begin in it.

        It is the grain that covers the most of ``days`` (the month's open ones), and the finest of those that cover the
        same: a few days that were forecast too take nothing from the month's own forecast.
        """
        # max() keeps the first of equal ones.
        grain = max(GRAINS, key=lambda grain: self._days_covered(queue, grain, days))
        begin = [start for start in self._starts.get((queue, grain), ()) if month.start <= start < month.end]
        found = (self.at_grain(queue, start, grain) for start in begin)
        return [plan for plan in found if plan is not None]

    def _days_covered(self, queue: int, grain: PeriodKind, days: Collection[date]) -> int:
        periods = [period_of(grain, start) for start in self._starts.get((queue, grain), ())]
        return sum(any(period.start <= day < period.end for period in periods) for day in days)

    def _volumes(self, queue: int, period: Period, measure: str) -> dict[date, Number]:
        rows = self._figures.between(queue, period.start, period.end)
        if rows is None or measure not in rows.columns:
            return {}
        pairs = zip(rows.dates, rows.columns[measure], strict=True)
        return {day: value for day, value in pairs if value is not None and not isinstance(value, tuple)}


def load_plans(queues: Collection[Queue], first: date, last: date, *, forecaster: str = "") -> Plans:
    """Read the locked forecasts that cover ``[first, last]`` of these queues, and what came, in two queries.

    ``forecaster`` is whose alone are read; of whoever made the newest where it is empty.
    """
    spans = [period_of(grain, day) for grain in GRAINS for day in (first, last)]
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    locked = Forecast.objects.filter(queue__in=queues, start__gte=start, start__lt=end)
    rows = list(locked.filter(forecaster=forecaster) if forecaster else locked)
    figures = load_figures({queue.pk for queue in queues}, [(start, end)], {row.measure for row in rows})
    return Plans(rows, figures, {queue.pk: queue.centre.timezone for queue in queues})


def by_queue(days: Iterable[tuple[int, date]]) -> Iterator[tuple[int, list[date]]]:
    """Yield each queue with its days, in order."""
    found: dict[int, list[date]] = defaultdict(list)
    for queue, day in days:
        found[queue].append(day)
    yield from ((queue, sorted(rows)) for queue, rows in sorted(found.items()))
