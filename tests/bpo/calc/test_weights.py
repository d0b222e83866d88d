"""Weights in proportion, with a sum of exactly 100."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpo.calc.weights import to_hundred


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([30, 25, 45], ["30", "25", "45"]),
        ([25, 20, 20, 15, 5, 5], ["27.78", "22.22", "22.22", "16.67", "5.56", "5.55"]),
        ([1, 1, 1], ["33.34", "33.33", "33.33"]),
        ([], []),
    ],
)
def test_they_keep_their_proportion(weights: list[int], expected: list[str]) -> None:
    found = to_hundred({place: Decimal(weight) for place, weight in enumerate(weights)})

    assert list(found.values()) == [Decimal(text) for text in expected]


@given(st.lists(st.decimals("0.01", "1000", places=2), min_size=1, max_size=20))
def test_the_sum_is_a_hundred_and_none_moves_by_more_than_a_step(weights: list[Decimal]) -> None:
    found = to_hundred(dict(enumerate(weights)))

    assert sum(found.values()) == 100
    total = sum(weights)
    assert all(abs(found[place] - 100 * weight / total) <= Decimal("0.01") for place, weight in enumerate(weights))
