"""What stands out: worked cases and properties."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.calc.plausibility import Usual, far_off, far_off_means

MONDAYS = [1043, 983, 889, 866, 990, 940, 998, 1009]


@pytest.mark.parametrize("value", [0, 100, 400, 2400, 9400])
def test_a_tenth_or_ten_times_the_usual_stands_out(value: int) -> None:
    assert far_off(value, MONDAYS) == Usual(866, Decimal("986.5"), 1043)


@pytest.mark.parametrize("value", [866, 986, 1043, 500, 1_200, 1_900])
def test_a_busy_or_a_quiet_day_does_not(value: int) -> None:
    assert far_off(value, MONDAYS) is None


def test_nothing_is_said_with_less_than_six_days() -> None:
    assert far_off(10_000, MONDAYS[:5]) is None
    assert far_off(10_000, MONDAYS[:6]) is not None


def test_small_counts_may_jump() -> None:
    """Of two calls a day usually, eleven are chance; six times the root of the median is what counting explains."""
    assert far_off(10, [2, 2, 2, 2, 2, 2, 2, 2]) is None
    assert far_off(40, [2, 2, 2, 2, 2, 2, 2, 2]) is not None


def test_what_usually_swings_may_swing() -> None:
    waits = [73_360, 43_796, 60_379, 821, 58_493, 106_380, 135_234, 13_422]
    assert far_off(400, waits) is None
    assert far_off(300_000, waits) is None


def test_decimals_are_compared_exactly() -> None:
    history = [Decimal("10.5")] * 8
    assert far_off(Decimal("10.6"), history) is None
    assert far_off(Decimal("105.0"), history) == Usual(Decimal("10.5"), Decimal("10.5"), Decimal("10.5"))


@pytest.mark.parametrize(("value", "is_far"), [(15, True), (25, False), (600, False), (700, True), (0, True)])
def test_means_of_months_are_a_coarse_yardstick(value: int, is_far: bool) -> None:
    means = [Decimal(110), Decimal(100), Decimal(120)]
    usual = Usual(Decimal(100), Decimal(110), Decimal(120))

    assert far_off_means(value, means) == (usual if is_far else None)


def test_without_means_or_beyond_what_counting_explains_nothing_is_said() -> None:
    assert far_off_means(10_000, []) is None
    assert far_off_means(6, [Decimal("0.5")]) is None
    assert far_off_means(7, [Decimal("0.5")]) is not None


counts = st.integers(0, 10**12)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(counts, max_size=8), counts)
def test_it_never_fails_and_never_blames_what_was_there_before(history: list[int], value: int) -> None:
    found = far_off(value, history)
    if found:
        assert not found.low <= value <= found.high
        assert found.low <= found.middle <= found.high
    assert not any(far_off(one, history) for one in history)


@given(st.lists(counts, min_size=6, max_size=8), counts)
def test_the_order_of_the_days_does_not_matter(history: list[int], value: int) -> None:
    assert far_off(value, history) == far_off(value, history[::-1])
