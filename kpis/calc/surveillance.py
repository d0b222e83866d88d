"""Has the process changed? Each day held against its own weekday's past (mathematics §5.2).

Two signals work together: a day far from what its weekday lets expect (R1, a sudden drop), and a smoothed line that
leaves its limits (EWMA, a drift). The spread is that of the baseline's own days, because days differ by more than
chance alone. Where events are few the exact tail of the binomial or Poisson distribution decides instead.

What comes out are judgements, not figures of a scorecard: they are computed with binary floats.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median, stdev
from typing import NamedTuple

from kpis.calc.facts import Direction
from kpis.calc.rarity import binomial_at_least, binomial_at_most, poisson_at_least, poisson_at_most

WINDOW = timedelta(days=84)
"""The baseline reaches back twelve weeks."""
FULL, LEARNING = 42, 28
"""Usable days of a full baseline, and the fewest with which anything is said at all."""
FEWEST_OF_A_WEEKDAY = 5
FEWEST_EVENTS = 5.0
"""Below this n·p·(1−p) the normal distribution does not fit."""
ALPHA = 0.005
R_LIMIT = 3.0
LAMBDA, EWMA_LIMIT, CLIP = 0.2, 3.0, 4.0
"""How much the newest day weighs, how many deviations are allowed, and what a single day may count for at most."""
REARM = 3
"""So many normal days must pass before the same signal is one again."""
ROLLING = timedelta(days=28)
"""Complaints and incidents are counted over four weeks."""
LONG_HOLIDAY = 3
WEEKEND = frozenset({6, 7})
ONE_DAY = timedelta(days=1)


class Shape(StrEnum):
    """A share of the volume (0–1), a mean per unit of volume, or events a day, whose volume are the days."""

    SHARE = "share"
    MEAN = "mean"
    COUNT = "count"


class Rule(StrEnum):
    """Which of the signals a day gave."""

    SUDDEN = "sudden"
    DRIFT = "drift"
    RARE = "rare"


class Day(NamedTuple):
    """One day: ``amount`` over ``volume`` is its value, a share being ``hits / cases``."""

    date: date
    amount: float
    volume: float

    @property
    def value(self) -> float:
        return self.amount / self.volume


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual: a value for each weekday, and how far days stray from it (1 is as chance alone would have it)."""

    shape: Shape
    by_weekday: tuple[float, ...]
    spread: float
    days: int

    @property
    def is_learning(self) -> bool:
        return self.days < FULL

    def expected(self, day: date) -> float:
        return self.by_weekday[day.weekday()]

    def is_rare(self, day: Day) -> bool:
        """Say whether too few events are expected of the day for its distance to mean anything."""
        p = self.expected(day.date)
        return self.shape is Shape.SHARE and day.volume * p * (1 - p) < FEWEST_EVENTS

    def distance(self, day: Day) -> float:
        """Return how many deviations the day lies from what its weekday lets expect."""
        return _z(day, self.expected(day.date), self.shape) / self.spread


class Signal(NamedTuple):
    """What a day gave: its distance and the smoothed one (negative is bad), and whether it begins something new.

    A good-side signal is information: find out why. It also catches errors of the feed, and gaming.
    """

    date: date
    rule: Rule
    distance: float
    smoothed: float
    is_bad: bool
    is_onset: bool


def learn(
    days: Iterable[Day], *, until: date, shape: Shape, left_out: Collection[date] = (), robust: bool = False
) -> Baseline | None:
    """Return the baseline of the twelve weeks before ``until``; null under 28 usable days.

    ``left_out`` are holidays (:func:`unusual_days`), closed days, days of approved external factors and days whose
    signal was confirmed as real. A weekday with fewer than five days takes the value of all. ``robust`` measures the
    spread by the median distance instead.
    """
    usable = [day for day in days if until - WINDOW <= day.date < until and day.date not in left_out and day.volume > 0]
    if len(usable) < LEARNING:
        return None
    by_weekday = _by_weekday(usable, shape)
    distances = [_z(day, by_weekday[day.date.weekday()], shape) for day in usable]
    return Baseline(shape, by_weekday, _spread(distances, shape, robust=robust), len(usable))


def _by_weekday(days: Sequence[Day], shape: Shape) -> tuple[float, ...]:
    overall = _pooled(days)
    rows: dict[int, list[Day]] = defaultdict(list)
    for day in days:
        rows[day.date.weekday()].append(day)
    found = (_pooled(rows[one]) if len(rows[one]) >= FEWEST_OF_A_WEEKDAY else overall for one in range(7))
    if shape is Shape.MEAN:
        return tuple(found)
    # That something never happened yet does not make it impossible: half an event in all of the baseline.
    least = 0.5 / sum(day.volume for day in days)
    if shape is Shape.COUNT:
        return (max(overall, least),) * 7
    return tuple(min(max(value, least), 1 - least) for value in found)


def _pooled(days: Sequence[Day]) -> float:
    return sum(day.amount for day in days) / sum(day.volume for day in days)


def _z(day: Day, expected: float, shape: Shape) -> float:
    """Return the distance in units of chance: √(p(1−p)/n) for a share, √(m/n) for events, of which a day has m.

    For a mean it is 1/√n: its spread is empirical.
    """
    unit = math.sqrt(_chance(expected, shape))
    return (day.value - expected) * math.sqrt(day.volume) / unit


def _chance(expected: float, shape: Shape) -> float:
    """Return how far one unit of volume strays by chance, squared."""
    if shape is Shape.MEAN:
        return 1.0
    return expected * (1 - expected) if shape is Shape.SHARE else expected


def _spread(distances: Sequence[float], shape: Shape, *, robust: bool) -> float:
    """Return how far days stray, never less than chance alone; not by the moving range, which weekdays mislead."""
    count = len(distances)
    if robust:
        centre = median(distances)
        found = 1.4826 * median(abs(distance - centre) for distance in distances)
    else:
        # Seven weekday values were taken from the same days.
        found = stdev(distances) * math.sqrt(count / (count - 7))
    return found or math.inf if shape is Shape.MEAN else max(found, 1.0)


def watch(
    baseline: Baseline,
    days: Iterable[Day],
    direction: Direction,
    *,
    left_out: Collection[date] = (),
    restarted_on: date | None = None,
) -> list[Signal]:
    """Return the signals of these days, which are in order, against a baseline of the days before them.

    The smoothed line begins at 0, and again on ``restarted_on``, the day after its alert was closed. ``direction``
    says which side is bad; a KPI with two bad sides has no good one.
    """
    found: list[Signal] = []
    newest = dict.fromkeys((True, False), -REARM)
    for place, day, rule, distance, smoothed, side in _judged(baseline, days, direction, left_out, restarted_on):
        is_bad = _is_bad(side, direction)
        is_onset = place - newest[is_bad] > REARM
        newest[is_bad] = place
        found.append(Signal(day, rule, distance, smoothed, is_bad, is_onset))
    return found


def _judged(
    baseline: Baseline,
    days: Iterable[Day],
    direction: Direction,
    left_out: Collection[date],
    restarted_on: date | None,
) -> Iterator[tuple[int, date, Rule, float, float, float]]:
    """Yield the days that break a rule: which it is of those watched (from 1), the rule, the distances, and the side.

    Thousands of series are judged after a drain: what a weekday has in common is worked out once.
    """
    sign = -1.0 if direction in (Direction.LOWER, Direction.ZERO) else 1.0
    usual, sqrt = baseline.by_weekday, math.sqrt
    chances = [_chance(p, baseline.shape) for p in usual]
    units = [sign / (sqrt(chance) * baseline.spread) for chance in chances]
    fewest = [_fewest(chance, baseline.shape) for chance in chances]
    smoothed, count, place = 0.0, 0, 0
    for day in days:
        date_, amount, volume = day
        if volume <= 0 or date_ in left_out:
            continue
        if date_ == restarted_on:
            smoothed, count = 0.0, 0
        place += 1
        weekday = date_.weekday()
        distance = (amount / volume - usual[weekday]) * sqrt(volume) * units[weekday]
        if volume < fewest[weekday]:
            side = _rare_side(baseline, day)
            if side is not None:
                yield place, date_, Rule.RARE, distance, smoothed, sign * side
            continue
        clipped = distance if -CLIP < distance < CLIP else math.copysign(CLIP, distance)
        smoothed = LAMBDA * clipped + (1 - LAMBDA) * smoothed
        limit = _LIMITS[count] if count < len(_LIMITS) else _LIMITS[-1]
        count += 1
        if not -R_LIMIT <= distance <= R_LIMIT:
            yield place, date_, Rule.SUDDEN, distance, smoothed, distance
        elif not -limit <= smoothed <= limit:
            yield place, date_, Rule.DRIFT, distance, smoothed, smoothed


def _fewest(chance: float, shape: Shape) -> float:
    """Return below which volume the exact tail decides: never for a mean, always for events."""
    return {Shape.SHARE: FEWEST_EVENTS / chance, Shape.MEAN: 0.0, Shape.COUNT: math.inf}[shape]


def _limit(days: int) -> float:
    """Return how far the smoothed distance may be from 0 after so many days."""
    return EWMA_LIMIT * math.sqrt(LAMBDA / (2 - LAMBDA) * (1 - (1 - LAMBDA) ** (2 * days)))


_LIMITS = [_limit(days) for days in range(1, 101)]
"""Of the first hundred days; later ones differ by less than a float tells apart."""


def _is_bad(distance: float, direction: Direction) -> bool:
    return direction is Direction.BAND or distance < 0


def _rare_side(baseline: Baseline, day: Day) -> int | None:
    """Return 1 or -1 where chance gives so many (or so few) events in one day of 200; null otherwise.

    Events that come in clusters count as so many fewer: as the baseline's days stray more than chance alone.
    """
    p, cases, events = baseline.expected(day.date), round(day.volume), round(day.amount)
    if baseline.shape is Shape.COUNT:
        mean, cluster = p * day.volume, baseline.spread**2
        if poisson_at_least(math.floor(day.amount / cluster), mean / cluster) <= ALPHA:
            return 1
        return -1 if poisson_at_most(math.ceil(day.amount / cluster), mean / cluster) <= ALPHA else None
    if binomial_at_least(events, cases, p) <= ALPHA:
        return 1
    return -1 if binomial_at_most(events, cases, p) <= ALPHA else None


@dataclass(frozen=True, slots=True)
class Standing:
    """Signals of one side that are not over: when they began, the farthest of them, and whether a day jumped."""

    begun_on: date
    worst: Signal
    is_sudden: bool


def standing(signals: Iterable[Signal], watched: Sequence[date], *, is_bad: bool) -> Standing | None:
    """Return the signals of a side that still stand: fewer than three normal days have passed since; null for none.

    ``watched`` are the days that were looked at, in order. Signals with fewer normal days between them are one.
    """
    rows = [signal for signal in signals if signal.is_bad is is_bad]
    if not rows or len(watched) - bisect_right(watched, rows[-1].date) >= REARM:
        return None
    first = max(place for place, signal in enumerate(rows) if signal.is_onset)
    is_sudden = any(signal.rule is Rule.SUDDEN for signal in rows[first:])
    return Standing(rows[first].date, max(rows[first:], key=_reach), is_sudden)


def _reach(signal: Signal) -> float:
    """Return how far a day lies on the side of its signal: in a drift a single day may lie on the other one."""
    if signal.rule is Rule.DRIFT:
        return math.copysign(1, signal.smoothed) * signal.distance
    return abs(signal.distance)


def rolling(days: Sequence[Day], since: date) -> list[Day]:
    """Return the days from ``since`` on, each with the events and the days of the four weeks that end with it.

    A single day of complaints says nothing; four weeks do. ``days`` begin :data:`ROLLING` before, in order.
    """
    found, first, amount, volume = [], 0, 0.0, 0.0
    for day in days:
        amount, volume = amount + day.amount, volume + day.volume
        while days[first].date <= day.date - ROLLING:
            amount, volume, first = amount - days[first].amount, volume - days[first].volume, first + 1
        if day.date >= since:
            found.append(Day(day.date, amount, volume))
    return found


def unusual_days(holidays: Collection[date]) -> frozenset[date]:
    """Return the holidays and the day after each long one: three or more free days in a row, weekends included.

    They have no weekday's past to be held against, and are left out of baseline and watch alike.
    """
    return frozenset(holidays) | {after for day in holidays if (after := _after_long_holiday(day, holidays))}


def _after_long_holiday(day: date, holidays: Collection[date]) -> date | None:
    first = last = day
    while _is_free(first - ONE_DAY, holidays):
        first -= ONE_DAY
    while _is_free(last + ONE_DAY, holidays):
        last += ONE_DAY
    return last + ONE_DAY if (last - first).days + 1 >= LONG_HOLIDAY else None


def _is_free(day: date, holidays: Collection[date]) -> bool:
    return day.isoweekday() in WEEKEND or day in holidays
