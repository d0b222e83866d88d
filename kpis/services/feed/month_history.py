"""A coarse yardstick for queues whose history is month totals: what a day they were open brought on the mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from kpis.services.feed.facts import Document, Key, QueueFacts
from kpis.services.feed.validation import month_end

MONTHS = 12
"""Months before a day whose totals are looked at."""
ONE_DAY = timedelta(days=1)


def months_before(day: date) -> Iterator[date]:
    """Yield the first days of the twelve months before the day's own, the newest first."""
    first = day.replace(day=1)
    for _month in range(MONTHS):
        first = (first - ONE_DAY).replace(day=1)
        yield first


@dataclass(slots=True)
class MonthMeans:
    """Means a day open, of the month totals among ``days``; ``closed`` are the holidays by centre."""

    days: Mapping[Key, Document]
    closed: Mapping[int, frozenset[date]]
    _open: dict[tuple[int, date], int] = field(default_factory=dict)

    def of(self, queue: QueueFacts, day: date, measure: str) -> list[Decimal]:
        """Return the means of the months before ``day``, those left out that have no total or no day open."""
        found = []
        for first in months_before(day):
            total = self.days.get(Key(queue.id, first, True), {}).get(measure)
            if isinstance(total, int | str) and (open_days := self._open_days(queue, first)):
                found.append(Decimal(total) / open_days)
        return found

    def _open_days(self, queue: QueueFacts, first: date) -> int:
        place = (queue.id, first)
        if place not in self._open:
            days = (first + timedelta(days=number) for number in range(month_end(first).day))
            self._open[place] = sum(self._is_open(queue, day) for day in days)
        return self._open[place]

    def _is_open(self, queue: QueueFacts, day: date) -> bool:
        is_holiday = queue.observes_holidays and day in self.closed.get(queue.centre_id, ())
        return (
            day.isoweekday() in queue.open_weekdays
            and not is_holiday
            and queue.opened_on <= day
            and (queue.closed_on is None or day <= queue.closed_on)
            and queue.contract_on(day) is not None
        )
