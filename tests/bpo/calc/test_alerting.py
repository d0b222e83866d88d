"""When something is worth an alert, how grave it is, and when a settled one comes back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bpo.calc.alerting import (
    Held,
    Severity,
    Turn,
    graver,
    misses,
    projection_step,
    severity_of,
    shares,
    steps_below,
    turn,
    will_miss,
)
from kpis.calc.facts import Direction
from kpis.calc.run_rate import Outcome


def held(step: int = 0, severity: Severity = Severity.WARNING, occasion: str = "2026-04-01") -> Held:
    return Held(severity, step, occasion)


@pytest.mark.parametrize(
    ("now", "before", "is_settled", "expected"),
    [
        (held(), None, False, Turn.OPEN),
        (held(), held(), False, Turn.FOLLOW),
        (held(1), held(), False, Turn.WORSEN),
        (held(severity=Severity.CRITICAL), held(), False, Turn.WORSEN),
        (held(), held(1), False, Turn.FOLLOW),
        (held(1, occasion="2026-05-01"), held(), False, Turn.FOLLOW),
        (held(), held(), True, Turn.LEAVE),
        (held(severity=Severity.CRITICAL), held(), True, Turn.LEAVE),
        (held(1), held(), True, Turn.REOPEN),
        (held(occasion="2026-05-01"), held(), True, Turn.REOPEN),
    ],
)
def test_a_settled_alert_comes_back_for_another_period_or_when_it_got_worse_by_a_step(
    now: Held, before: Held | None, is_settled: bool, expected: Turn
) -> None:
    assert turn(now, before=before, is_settled=is_settled) is expected


def test_five_points_of_attainment_are_a_step() -> None:
    attainments = [None, Decimal(120), Decimal(100), Decimal("95.1"), Decimal(95), Decimal("66.7")]

    assert [steps_below(attainment) for attainment in attainments] == [0, 0, 0, 0, 1, 6]


def test_what_carries_much_of_the_weight_is_one_degree_graver() -> None:
    found = [severity_of(Severity.WARNING, share) for share in (None, Decimal("14.9"), Decimal(15))]

    assert found == [Severity.WARNING, Severity.WARNING, Severity.CRITICAL]
    assert graver(Severity.CRITICAL) is Severity.CRITICAL


def test_weights_are_shares_of_all_of_them() -> None:
    assert shares({1: Decimal(30), 2: Decimal(10), 3: None}) == {1: 75, 2: 25, 3: None}
    assert shares({1: None}) == {1: None}


def test_a_projection_does_not_come_and_go_between_two_chances() -> None:
    chances = [Decimal(text) for text in ("0.29", "0.30", "0.49", "0.50")]

    assert [will_miss(Outcome.NEEDED, chance, was_raised=False) for chance in chances] == [True, False, False, False]
    assert [will_miss(Outcome.NEEDED, chance, was_raised=True) for chance in chances] == [True, True, True, False]


def test_what_is_out_of_reach_misses_and_what_is_clinched_does_not() -> None:
    assert will_miss(Outcome.OUT_OF_REACH, None, was_raised=False)
    assert not will_miss(Outcome.CLINCHED, Decimal(0), was_raised=True)
    assert not will_miss(None, None, was_raised=True)


def test_a_projection_has_three_steps() -> None:
    found = [
        projection_step(Outcome.NEEDED, Decimal("0.2")),
        projection_step(Outcome.NEEDED, Decimal("0.05")),
        projection_step(Outcome.OUT_OF_REACH, None),
    ]

    assert found == [0, 1, 2]


def test_a_level_that_is_not_there_is_reached() -> None:
    assert not misses(Decimal(5), None, Direction.LOWER)
    assert misses(Decimal("5.1"), Decimal(5), Direction.LOWER)
    assert misses(Decimal("4.9"), Decimal(5), Direction.HIGHER)
