"""Exact tails: the worked figures of mathematics §5.2."""

from __future__ import annotations

import pytest

from kpis.calc.rarity import (
    binomial_alarm,
    binomial_at_least,
    binomial_at_most,
    poisson_alarm,
    poisson_at_least,
    poisson_at_most,
)


@pytest.mark.parametrize(("cases", "alarm", "tail"), [(30, 6, 0.0033), (100, 12, 0.0043)])
def test_at_five_percent_it_alarms_from_6_of_30_and_from_12_of_100(cases: int, alarm: int, tail: float) -> None:
    assert binomial_alarm(cases, 0.05) == alarm
    assert round(binomial_at_least(alarm, cases, 0.05), 4) == tail


@pytest.mark.parametrize(("mean", "alarm"), [(0.5, 4), (1.4, 6), (3, 9), (6, 14)])
def test_it_alarms_from_a_count_that_grows_slower_than_what_is_expected(mean: float, alarm: int) -> None:
    assert poisson_alarm(mean) == alarm
    assert poisson_at_least(alarm, mean) <= 0.005 < poisson_at_least(alarm - 1, mean)


def test_the_two_tails_share_their_own_value_and_nothing_else() -> None:
    for events in range(11):
        both = binomial_at_least(events, 10, 0.3) + binomial_at_most(events - 1, 10, 0.3)
        assert both == pytest.approx(1)


def test_what_cannot_be_and_what_must_be() -> None:
    assert (binomial_at_least(1, 10, 0), binomial_at_most(9, 10, 1), binomial_at_least(0, 10, 0)) == (0, 0, 1)
    assert (poisson_at_least(1, 0), poisson_at_least(0, 0), poisson_at_most(0, 0)) == (0, 1, 1)
    assert binomial_alarm(3, 0.9) == 4, "three of three are nothing unusual, so nothing is"


def test_a_thousand_cases_stay_within_a_float() -> None:
    assert binomial_at_least(0, 5_000, 0.5) == pytest.approx(1)
