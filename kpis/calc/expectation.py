"""What a day's volume would have been: the weekday's median, moved along with the last two weeks.

For the size of an external factor's effect and for days that look like one. Judgements, not figures of a scorecard:
computed with binary floats, on logarithms, because volumes stray in proportion.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

HISTORY = timedelta(days=56)
RECENT = timedelta(days=14)
FEWEST_DAYS = 28
FEWEST_OF_A_WEEKDAY = 4
LEAST_SPREAD = 0.04
"""Days stray by at least so much, however calm the past was."""
NORMAL = 1.4826
"""Turns a median distance into a standard deviation."""
CONFIDENCE = 1.96
ODD, ODD_CHANGE = 3.5, 0.25
"""A day is odd from so many deviations on, and from so large a change."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is to be expected from a day on: the median of each weekday, the level of late, and how far days stray."""

    by_weekday: tuple[float, ...]
    level: float
    spread: float
    recent_days: int

    def of(self, day: date) -> float:
        """Return the expected volume of a day."""
        return self.by_weekday[day.weekday()] * math.exp(self.level)

    def distance(self, day: date, volume: float) -> float:
        """Return how many deviations a volume lies from the expected one."""
        return math.log(volume / self.of(day)) / self.spread


@dataclass(frozen=True, slots=True)
class Effect:
    """How much more (or less) came than was to be expected, as a share, with its half-width, over some days."""

    change: float
    half_width: float
    days: int

    @property
    def is_sure(self) -> bool:
        """Say whether no effect at all lies outside the interval."""
        return abs(self.change) > self.half_width


@dataclass(frozen=True, slots=True)
class Odd:
    """A day whose volume nothing known explains."""

    date: date
    volume: float
    expected: float
    distance: float

    @property
    def change(self) -> float:
        return self.volume / self.expected - 1


def learn(volumes: Mapping[date, float], until: date, left_out: Collection[date] = ()) -> Expectation | None:
    """Return what eight weeks of days before ``until`` let expect; null under 28 usable days.

    ``left_out`` are holidays, days after them and days of known factors.
    """
    days = (until - timedelta(days=number) for number in range(1, HISTORY.days + 1))
    history = {day: volume for day in days if day not in left_out and (volume := volumes.get(day, 0.0)) > 0}
    if len(history) < FEWEST_DAYS:
        return None
    by_weekday = _by_weekday(history)
    strays = {day: math.log(volume / by_weekday[day.weekday()]) for day, volume in history.items()}
    recent = [stray for day, stray in strays.items() if day >= until - RECENT]
    level = median(recent) if recent else 0.0
    centre = median(strays.values())
    spread = NORMAL * median(abs(stray - centre) for stray in strays.values())
    return Expectation(by_weekday, level, max(spread, LEAST_SPREAD), max(len(recent), 1))


def _by_weekday(history: Mapping[date, float]) -> tuple[float, ...]:
    overall = median(history.values())
    rows: dict[int, list[float]] = defaultdict(list)
    for day, volume in history.items():
        rows[day.weekday()].append(volume)
    return tuple(median(rows[one]) if len(rows[one]) >= FEWEST_OF_A_WEEKDAY else overall for one in range(7))


def effect(expectation: Expectation, days: Sequence[tuple[date, float]]) -> Effect | None:
    """Return the effect over some days as a whole; null where none of them has a volume."""
    known = [(day, volume) for day, volume in days if volume > 0]
    if not known:
        return None
    change = math.log(sum(volume for _day, volume in known) / sum(expectation.of(day) for day, _volume in known))
    reach = CONFIDENCE * expectation.spread * math.sqrt(1 / len(known) + 1 / expectation.recent_days)
    half = (math.exp(change + reach) - math.exp(change - reach)) / 2
    return Effect(math.exp(change) - 1, half, len(known))


def odd_days(volumes: Mapping[date, float], days: Iterable[date], left_out: Collection[date] = ()) -> list[Odd]:
    """Return those of ``days`` whose volume is far from what the days before let expect; they are in order.

    Medians pass over a few odd days; where a new level stays, it is the usual one after a week.
    """
    found = []
    for day in days:
        expectation = learn(volumes, day, left_out)
        volume = volumes.get(day, 0.0)
        if day in left_out or expectation is None or volume <= 0:
            continue
        distance, expected = expectation.distance(day, volume), expectation.of(day)
        if abs(distance) >= ODD and abs(volume / expected - 1) >= ODD_CHANGE:
            found.append(Odd(day, volume, expected, distance))
    return found
