"""What the rest of a month needs: the worked figures of mathematics §4.7, and what holds for all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.facts import Direction
from kpis.calc.run_rate import Outcome, RunRate, run_rate

PERCENT = (Decimal(0), Decimal(100))


def rest(
    done: str, volume: int, target: str, remaining: int, direction: Direction = Direction.HIGHER, **options: object
) -> RunRate:
    """Return the run rate of ``done`` (a numerator on the KPI's scale) over ``volume`` so far."""
    bounds = options.get("bounds", PERCENT)
    value = Decimal(done) / volume
    found = run_rate(value, Decimal(volume), Decimal(target), Decimal(remaining), direction=direction, bounds=bounds)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize(("remaining", "needed"), [(10_500, "84.00"), (8_000, "85.25"), (13_000, "83.23")])
def test_it_answers_the_rate_the_rest_needs(remaining: int, needed: str) -> None:
    found = rest("1518000", 19_500, "80", remaining)

    assert round(found.rate, 2) == Decimal(needed)
    assert found.outcome is Outcome.NEEDED


def test_it_answers_the_highest_rate_allowed_where_low_is_good() -> None:
    found = rest("110000", 19_500, "5", 10_500, Direction.LOWER)

    assert (round(found.rate, 2), found.outcome) == (Decimal("3.81"), Outcome.NEEDED)


def test_it_says_when_nothing_can_spoil_the_period() -> None:
    found = rest("810000", 10_000, "80", 105)

    assert (round(found.rate, 1), found.outcome) == (Decimal("-15.2"), Outcome.CLINCHED)
    assert rest("0", 1000, "5", 10, Direction.LOWER).outcome is Outcome.CLINCHED


def test_it_says_when_nothing_can_save_the_period() -> None:
    assert rest("50000", 1000, "80", 100).outcome is Outcome.OUT_OF_REACH
    assert rest("50000", 1000, "5", 100, Direction.LOWER).outcome is Outcome.OUT_OF_REACH


def test_it_takes_net_scores_and_annual_rates_in_their_own_units() -> None:
    nps = rest("8400", 300, "35", 200, bounds=(Decimal(-100), Decimal(100)))
    attrition = rest("730000", 21_000, "30", 15_500, Direction.LOWER, bounds=(Decimal(0), None))

    assert nps.rate == Decimal("45.5")
    assert round(attrition.rate, 2) == Decimal("23.55")


@pytest.mark.parametrize("direction", [Direction.BAND, Direction.ZERO, Direction.INFO])
def test_it_has_no_rate_for_kpis_without_a_better_side(direction: Direction) -> None:
    assert run_rate(Decimal(80), Decimal(10), Decimal(80), Decimal(10), direction=direction, bounds=PERCENT) is None


def test_it_has_no_rate_where_nothing_is_to_come() -> None:
    nothing = run_rate(
        Decimal(80), Decimal(10), Decimal(80), Decimal(0), direction=Direction.HIGHER, bounds=(None, None)
    )

    assert nothing is None


@given(
    value=st.decimals(0, 100, places=2),
    target=st.decimals(0, 100, places=2),
    volume=st.integers(1, 10**7),
    remaining=st.integers(1, 10**7),
    direction=st.sampled_from([Direction.HIGHER, Direction.LOWER]),
)
def test_a_rest_at_the_rate_ends_exactly_on_target(
    value: Decimal, target: Decimal, volume: int, remaining: int, direction: Direction
) -> None:
    found = run_rate(value, Decimal(volume), target, Decimal(remaining), direction=direction, bounds=PERCENT)

    assert found is not None
    end = (value * volume + found.rate * remaining) / (volume + remaining)
    assert abs(end - target) < Decimal("1e-18")
    lowest, highest = ((value * volume + bound * remaining) / (volume + remaining) for bound in PERCENT)
    assert (lowest <= target <= highest) is (0 <= found.rate <= 100)
