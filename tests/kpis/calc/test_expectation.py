"""What a day's volume would have been, how much more came, and which days nothing explains."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kpis.calc.expectation import Odd, effect, learn, odd_days

START = date(2026, 1, 5)
"""A Monday."""
WEEK = (1000, 900, 880, 890, 950, 400, 300)


def volumes(days: int = 70, trend: float = 0.0) -> dict[date, float]:
    found = {}
    for number in range(days):
        wobble = 1 + 0.02 * ((number * 7) % 5 - 2) / 2
        found[START + timedelta(days=number)] = WEEK[number % 7] * wobble * (1 + trend) ** number
    return found


def test_a_day_is_expected_as_its_weekday_was() -> None:
    expectation = learn(volumes(), START + timedelta(days=70))

    assert expectation is not None
    assert expectation.of(START + timedelta(days=70)) == pytest.approx(1000, rel=0.03)
    assert expectation.of(START + timedelta(days=76)) == pytest.approx(300, rel=0.03)


def test_it_moves_along_with_the_last_two_weeks() -> None:
    growing = volumes(trend=0.01)
    expectation = learn(growing, START + timedelta(days=70))

    assert expectation is not None
    assert expectation.of(START + timedelta(days=70)) == pytest.approx(1000 * 1.01**63, rel=0.08)


def test_too_short_a_past_says_nothing_and_a_rare_weekday_takes_the_level_of_all() -> None:
    assert learn(volumes(20), START + timedelta(days=20)) is None
    assert odd_days(volumes(20), [START + timedelta(days=19)]) == []
    sundays = {day for day in volumes() if day.isoweekday() == 7}
    expectation = learn(volumes(), START + timedelta(days=70), sundays)
    assert expectation is not None
    assert expectation.of(START + timedelta(days=76)) > 800
    recent = {START + timedelta(days=number) for number in range(56, 70)}
    assert learn(volumes(), START + timedelta(days=70), recent) is not None


def test_the_size_of_an_effect_has_an_interval_and_is_sure_where_it_leaves_out_nothing() -> None:
    expectation = learn(volumes(), START + timedelta(days=70))
    assert expectation is not None
    days = [(START + timedelta(days=number), WEEK[number % 7] * 1.41) for number in (70, 71)]

    found = effect(expectation, days)

    assert found is not None
    assert found.change == pytest.approx(0.41, abs=0.03)
    assert 0.03 < found.half_width < 0.12
    assert (found.days, found.is_sure) == (2, True)
    same = effect(expectation, [(START + timedelta(days=70), 1000.0)])
    assert same is not None
    assert not same.is_sure
    assert effect(expectation, [(START, 0.0)]) is None


def test_a_spike_and_a_hole_are_odd_and_known_days_are_not() -> None:
    rows = volumes(84)
    spike, hole, known = (START + timedelta(days=number) for number in (70, 73, 78))
    rows[spike] *= 2
    rows[spike + timedelta(days=1)] *= 1.9
    rows[hole] *= 0.4
    rows[known] *= 3
    watched = [START + timedelta(days=number) for number in range(60, 84)]

    found = odd_days(rows, watched, {known})

    assert [one.date for one in found] == [spike, spike + timedelta(days=1), hole]
    assert isinstance(found[0], Odd)
    assert found[0].change == pytest.approx(1, abs=0.1)
    assert found[2].distance < 0
    assert odd_days({}, [START]) == []
