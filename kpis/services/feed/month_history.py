"""A coarse yardstick for queues whose history is month totals: what a day they were open brought on the mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from kpis.services.feed.facts import Document, Key, QueueFacts
from kpis.services.feed.validation import month_end

MONTHS = 12
"""Months before a day whose totals are looked at."""
ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=256)
def months_before(first: date) -> tuple[date, ...]:
    """Return the first days of the twelve months before the one that begins on ``first``, the newest first."""
    found: list[date] = []
    while len(found) < MONTHS:
        first = (first - ONE_DAY).replace(day=1)
        found.append(first)
    return tuple(found)


@dataclass(slots=True)
class MonthMeans:
    """Means a day open, of the month totals among ``days``; ``closed`` are the holidays by centre."""

    days: Mapping[Key, Document]
    closed: Mapping[int, frozenset[date]]
    _totals: dict[tuple[int, date], list[tuple[Document, int]]] = field(default_factory=dict)

    def of(self, queue: QueueFacts, day: date, measure: str) -> list[Decimal]:
        """Return the means of the months before ``day``, those left out that have no total or no day open."""
        return [
            Decimal(total) / open_days
            for document, open_days in self._totals_before(queue, day.replace(day=1))
            if isinstance(total := document.get(measure), int | str)
        ]

    def _totals_before(self, queue: QueueFacts, first: date) -> list[tuple[Document, int]]:
        """Return the totals of a queue's months before the one that begins on ``first``, with their days open."""
        place = (queue.id, first)
        if place not in self._totals:
            self._totals[place] = [
                (document, open_days)
                for month in months_before(first)
                if (document := self.days.get(Key(queue.id, month, True))) and (open_days := self._open(queue, month))
            ]
        return self._totals[place]

    def _open(self, queue: QueueFacts, first: date) -> int:
        days = (first + timedelta(days=number) for number in range(month_end(first).day))
        return sum(self._is_open(queue, day) for day in days)

    def _is_open(self, queue: QueueFacts, day: date) -> bool:
        is_holiday = queue.observes_holidays and day in self.closed.get(queue.centre_id, ())
        return (
            day.isoweekday() in queue.open_weekdays
            and not is_holiday
            and queue.opened_on <= day
            and (queue.closed_on is None or day <= queue.closed_on)
            and queue.contract_on(day) is not None
        )
