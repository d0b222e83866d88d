"""Whether two sources agree on a figure."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.reconciliation import difference, differs, percent_of

ONE_PERCENT = {"percent": Decimal(1), "absolute": None}


@pytest.mark.parametrize(
    ("first", "second", "tolerances", "apart"),
    [
        (1000, 1030, ONE_PERCENT, True),
        (1000, 1003, ONE_PERCENT, False),
        (1000, 1010, ONE_PERCENT, False),
        (1000, 990, ONE_PERCENT, False),
        (1000, 989, ONE_PERCENT, True),
        (0, 1, ONE_PERCENT, True),
        (0, 1, {"percent": Decimal(1), "absolute": Decimal(1)}, False),
        (1000, 1001, {"percent": None, "absolute": None}, True),
        (1000, 1000, {"percent": None, "absolute": None}, False),
        ("12.50", 12, {"percent": None, "absolute": Decimal("0.5")}, False),
        ([10, 90], [12, 88], {"percent": Decimal(3), "absolute": None}, True),
        ([10, 90], [11, 89], {"percent": Decimal(2), "absolute": None}, False),
        ([10, 90], [10, 80, 10], {"percent": Decimal(100), "absolute": None}, True),
    ],
)
def test_a_planted_gap_of_three_percent_is_found_and_one_of_a_third_of_one_is_not(
    first, second, tolerances, apart
) -> None:
    assert differs(first, second, **tolerances) is apart


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 100))
def test_it_is_apart_exactly_where_the_gap_is_larger_than_the_share(first: int, second: int, percent: int) -> None:
    assert differs(first, second, percent=Decimal(percent), absolute=None) is (
        abs(second - first) * 100 > percent * first
    )


def test_it_says_how_far_apart_they_are() -> None:
    assert (difference(1000, 1030), percent_of(1000, 1030)) == (30, Decimal("3.00"))
    assert (difference("0.5", 1), percent_of(0, 1)) == (Decimal("0.5"), None)
