"""How quiet and how quick the shipped pair is where the answer is known: the simulation of mathematics §5.1."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from statistics import median
from typing import Any

import pytest

from kpis.calc.facts import Direction
from kpis.calc.surveillance import Day, Shape, learn, watch

FIRST = date(2026, 1, 5)
"""A Monday."""
BASELINE, WATCHED = 84, 56
LEVEL = 0.82
WEEKDAYS = (-0.025, -0.015, -0.005, 0.005, 0.015, 0.025, 0.0)
RUNS = 150


def simulated(random: Random, *, shift: float, phi: float, smallest: int, largest: int) -> Iterator[Day]:
    """Yield baseline and watch of one queue; the level moves by ``shift`` with the first day that is watched."""
    volumes = [random.uniform(smallest, largest) for _ in range(7)]
    extra, deviation = 0.0, 0.018
    for number in range(BASELINE + WATCHED):
        extra = phi * extra + random.gauss(0, deviation * (1 - phi * phi) ** 0.5)
        p = LEVEL + WEEKDAYS[number % 7] + extra + (shift if number >= BASELINE else 0)
        cases = round(volumes[number % 7] * random.uniform(0.9, 1.1))
        yield Day(FIRST + timedelta(days=number), drawn(random, cases, min(max(p, 0.0), 1.0)), cases)


def drawn(random: Random, cases: int, p: float) -> int:
    """Draw from the binomial distribution; of hundreds of cases by its normal approximation, which fits there."""
    if cases < 200:
        return sum(random.random() < p for _ in range(cases))
    return min(cases, max(0, round(random.gauss(cases * p, (cases * p * (1 - p)) ** 0.5))))


def bad_onsets(random: Random, shift: float, **kind: Any) -> list[int]:
    """Return on which watched days (from 1) an alarm of the bad side begins."""
    until = FIRST + timedelta(days=BASELINE)
    days = list(simulated(random, shift=shift, **kind))
    base = learn(days, until=until, shape=Shape.SHARE)
    assert base is not None
    signals = watch(base, days[BASELINE:], Direction.HIGHER)
    return [(row.date - until).days + 1 for row in signals if row.is_bad and row.is_onset]


@pytest.mark.parametrize(
    ("kind", "detected", "within_a_week"),
    [
        ({"phi": 0.0, "smallest": 300, "largest": 1500}, 4, 0.78),
        ({"phi": 0.4, "smallest": 300, "largest": 1500}, 4, 0.73),
    ],
    ids=["independent days", "autocorrelated days"],
)
def test_it_is_as_quiet_and_as_quick_as_its_simulation(
    kind: dict[str, Any], detected: int, within_a_week: float
) -> None:
    """The noise of §5.1 (± 1 day, ± .06) and that of fewer runs: two standard errors of a share are .07 here."""
    random = Random(20261126)

    false = sum(len(bad_onsets(random, 0.0, **kind)) for _ in range(RUNS)) / (RUNS * WATCHED) * 100
    found = [(bad_onsets(random, -0.03, **kind) or [WATCHED + 1])[0] for _ in range(RUNS)]

    assert 0.3 <= false <= 1.2, false
    assert abs(median(found) - detected) <= 1, median(found)
    assert sum(day <= 7 for day in found) / RUNS == pytest.approx(within_a_week, abs=0.06 + 0.07)


def test_a_large_shift_is_found_on_the_first_day() -> None:
    random = Random(8)
    kind = {"phi": 0.0, "smallest": 300, "largest": 1500}

    found = [(bad_onsets(random, -0.08, **kind) or [WATCHED + 1])[0] for _ in range(100)]

    assert median(found) == 1
