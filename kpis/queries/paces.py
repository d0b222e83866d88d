"""At what pace a KPI has run lately, weekday by weekday: an estimate, computed with binary floats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

from kpis.calc.approximate import approximate
from kpis.calc.daytable import QueueRows
from kpis.calc.formula import Formula
from kpis.calc.projection import LEAST_DAYS

WEEK = 7


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive days: the first of them, and how many."""

    start: date
    days: int


Sums = tuple[dict[str, list[float]], list[int]]
"""For each day of a window, the sums of its complete queue-days by measure, and how many queue-days these are."""


class DaySums:
    """What some queues reported, summed up day by day: each measure once, however many KPIs name it."""

    def __init__(self, parts: Sequence[QueueRows], window: Window) -> None:
        """No date of the ``parts`` lies outside the window."""
        self._parts, self._window = parts, window
        self._is_regular = bool(parts) and all(part.dates == parts[0].dates for part in parts)
        self._columns: dict[str, list[float]] = {}

    def of(self, codes: Sequence[str]) -> Sums:
        """Return the sums of the queue-days that hold all of these measures."""
        if self._is_regular:
            try:
                return {code: self._column(code) for code in codes}, self._counts
            except TypeError:
                # Something was not reported: looking for that beforehand would cost as much as the sums.
                pass
        return self._of_complete_days(codes)

    @cached_property
    def _places(self) -> list[int]:
        return [(day - self._window.start).days for day in self._parts[0].dates]

    @cached_property
    def _counts(self) -> list[int]:
        counts = [0] * self._window.days
        for place in self._places:
            counts[place] = len(self._parts)
        return counts

    def _column(self, code: str) -> list[float]:
        """Return the sums of a measure that all queues reported; raise TypeError where one did not."""
        if code not in self._columns:
            found = [0.0] * self._window.days
            columns: list[Any] = [part.columns[code] for part in self._parts]
            for place, total in zip(self._places, map(sum, zip(*columns, strict=True)), strict=True):
                found[place] = float(total)
            self._columns[code] = found
        return self._columns[code]

    def _of_complete_days(self, codes: Sequence[str]) -> Sums:
        sums = {code: [0.0] * self._window.days for code in codes}
        counts = [0] * self._window.days
        for part in self._parts:
            for day, *values in zip(part.dates, *(part.columns[code] for code in codes), strict=True):
                if None not in values:
                    place = (day - self._window.start).days
                    counts[place] += 1
                    for code, value in zip(codes, values, strict=True):
                        sums[code][place] += float(value)
        return sums, counts


class Pace:
    """The last weeks of one KPI: the pooled value and the usual volume of each weekday."""

    def __init__(self, formula: Formula, days: DaySums, window: Window) -> None:
        sums, counts = days.of(formula.measures)
        self._weekdays, self._days_of = _weekdays(window)
        self._counts = counts
        self.days = window.days - counts.count(0)
        stacked = {code: [*column, *self._by_weekday(column), sum(column)] for code, column in sums.items()}
        rows = window.days + WEEK + 1
        values = approximate(formula, stacked, rows)
        self._values, self._rates, self._overall = values[: window.days], values[window.days : -1], values[-1]
        volumes = approximate(formula.denominator, stacked, rows) if formula.denominator else [0.0] * rows
        self._usual = self._usual_volumes(volumes[: window.days])

    def _by_weekday(self, column: Sequence[float]) -> list[float]:
        return [sum(column[days]) for days in self._days_of]

    def _usual_volumes(self, volumes: Sequence[float]) -> dict[int, Decimal]:
        """Return the median volume of a queue on each weekday; of any day for a weekday that never was."""
        found = [
            [
                volume / count
                for volume, count in zip(volumes[days], self._counts[days], strict=True)
                if count and not math.isnan(volume)
            ]
            for days in self._days_of
        ]
        every = list(chain.from_iterable(found))
        return {weekday: _middle(rows or every) for weekday, rows in enumerate(found)}

    def volume_of(self, day: date, queues: int) -> Decimal:
        """Return the volume to expect of a day on which so many queues are open."""
        return self._usual[day.weekday()] * queues

    def rate_of(self, coming: Iterable[tuple[date, Decimal]]) -> Decimal | None:
        """Return what these days come to at the pace of their weekdays; null where too few days say."""
        if self.days < LEAST_DAYS or math.isnan(self._overall):
            return None
        total = volume = 0.0
        for day, each in coming:
            rate, weight = self._rates[day.weekday()], float(each)
            total += weight * (self._overall if math.isnan(rate) else rate)
            volume += weight
        return Decimal(repr(total / volume)) if volume else None

    def deviation(self) -> Decimal | None:
        """Return how far single days stray from the pace of their weekday; null where they are too few."""
        strays = [
            value - self._rates[weekday]
            for weekday, value in zip(self._weekdays, self._values, strict=True)
            if not math.isnan(value)
        ]
        if len(strays) < LEAST_DAYS:
            return None
        mean = math.fsum(strays) / len(strays)
        variance = math.fsum((stray - mean) ** 2 for stray in strays) / (len(strays) - 1)
        return Decimal(repr(math.sqrt(variance)))


@lru_cache(maxsize=64)
def _weekdays(window: Window) -> tuple[tuple[int, ...], tuple[slice, ...]]:
    """Return the weekday of each day of a window, and the places of each weekday's days; many KPIs look at the same."""
    first = window.start.weekday()
    weekdays = tuple((first + place) % WEEK for place in range(window.days))
    return weekdays, tuple(slice((weekday - first) % WEEK, None, WEEK) for weekday in range(WEEK))


def _middle(volumes: list[float]) -> Decimal:
    """Return the middle value, the mean of the two middle ones, or 0 of none."""
    if not volumes:
        return Decimal(0)
    ordered = sorted(volumes)
    middle = len(ordered) // 2
    found = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Decimal(repr(found))
