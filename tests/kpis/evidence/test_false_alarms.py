"""How often the shipped pair calls on 15 real years of a city's telephone line (mathematics §5.2)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

import pytest

from kpis.calc.facts import Direction
from kpis.calc.surveillance import WINDOW, Day, Rule, Shape, learn, watch
from tests.shared_data import shared_file

FEWEST_A_YEAR, MOST_A_HUNDRED = 1, 3.0


def real_days() -> list[Day]:
    """Return the answered calls of each day, of those offered."""
    rows = []
    for line in shared_file("data/vancouver_311.csv").read_text(encoding="utf-8-sig").splitlines()[1:]:
        day, offered, handled, *_rest = line.split(";")
        if offered and handled and float(offered) > 0:
            rows.append(Day(date.fromisoformat(day), min(float(handled), float(offered)), float(offered)))
    return sorted(rows)


def month_of(day: Day) -> date:
    return day.date.replace(day=1)


def test_on_fifteen_real_years_it_calls_seldom_though_the_days_are_restless(capsys: pytest.CaptureFixture[str]) -> None:
    """Each month is held against the twelve weeks before it, as the product does; an alert is an onset of the bad side.

    The days before a real incident are no false alarms: the figure is an upper bound of their rate.
    """
    days = real_days()
    watched = onsets = sudden = 0
    for month, of_month in groupby(days, key=month_of):
        before = [day for day in days if month - WINDOW <= day.date < month]
        base = learn(before, until=month, shape=Shape.SHARE)
        if base is None:
            continue
        rows = list(of_month)
        watched += len(rows)
        signals = [one for one in watch(base, rows, Direction.HIGHER) if one.is_bad and one.is_onset]
        onsets += len(signals)
        sudden += sum(one.rule is Rule.SUDDEN for one in signals)
    rate = 100 * onsets / watched
    with capsys.disabled():
        print(f"\n{watched} real days: {rate:.2f} alerts of the bad side in 100 days ({sudden} of {onsets} sudden)")

    assert watched > 5000
    assert days[-1].date - days[0].date > timedelta(days=14 * 365)
    assert onsets > FEWEST_A_YEAR * 14
    assert rate < MOST_A_HUNDRED
