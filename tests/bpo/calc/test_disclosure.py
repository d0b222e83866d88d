"""When a figure of many tells of none of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpo.calc.disclosure import may_be_told

VOLUMES = st.lists(st.decimals(0, 10**6, places=2), max_size=8)


@pytest.mark.parametrize(
    ("parts", "is_told"),
    [
        ([], False),
        (["100"], False),
        (["50", "50"], False),
        (["50", "50", "0"], False),
        (["50", "30", "20"], True),
        (["66", "17", "17"], True),
        (["200", "50", "50"], True),
        (["201", "50", "50"], False),
        (["90", "5", "5"], False),
    ],
)
def test_three_have_a_part_in_it_and_none_more_than_two_thirds(parts: list[str], is_told: bool) -> None:
    assert may_be_told(map(Decimal, parts)) is is_told


@given(VOLUMES)
def test_who_has_no_part_in_it_changes_nothing(parts: list[Decimal]) -> None:
    assert may_be_told(parts) == may_be_told([*parts, Decimal(0)])


@given(VOLUMES)
def test_what_is_told_says_of_none_of_them_more_than_two_thirds(parts: list[Decimal]) -> None:
    if may_be_told(parts):
        assert max(parts) * 3 <= sum(parts) * 2
