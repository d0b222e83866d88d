"""The score of a contract's KPI lines, and what moved it."""

from __future__ import annotations

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from bpo.calc.overview import Move, Part, contributions, mean, moves, score_of, share_counted

PARTS = st.lists(
    st.builds(Part, st.integers(1, 5), st.none() | st.decimals(0, 120, places=2), st.decimals("0.5", 50, places=1)),
    unique_by=lambda part: part.key,
    max_size=5,
)


def test_the_score_is_the_weighted_mean_of_what_counts() -> None:
    parts = [Part(1, D(90), D(30)), Part(2, D(60), D(20)), Part(3, None, D(50))]

    assert contributions(parts) == {1: D(54), 2: D(24)}
    assert score_of(parts) == D("78.00")


def test_nothing_that_counts_has_no_score_and_moves_nothing() -> None:
    assert score_of([]) is None


def test_a_score_is_that_of_a_card_and_rounded_once_when_it_is_written() -> None:
    # A card of 94.6250 is written 94.63; 94.62 beside it, for who sees no card, was another figure.
    assert score_of([Part(1, D("94.625"), D("100"))]) == D("94.6250")
    assert mean([D("94.625"), D("94.625")]) == D("94.63")
    assert score_of([Part(1, None, D(5))]) is None
    assert moves([Part(1, D(5), D(1))], []) == []
    assert moves([], [Part(1, D(5), D(1))]) == []


def test_the_largest_fall_comes_first_and_what_ended_or_began_counts_too() -> None:
    before = [Part(1, D(100), D(50)), Part(2, D(80), D(50))]
    now = [Part(1, D(90), D(50)), Part(3, D(100), D(50))]

    assert moves(now, before) == [Move(2, D(-40)), Move(1, D(-5)), Move(3, D(50))]


def test_the_mean_of_scores_is_plain() -> None:
    assert mean([D(90), D("95.5"), D(100)]) == D("95.17")
    assert mean([]) is None


@given(PARTS, PARTS)
def test_the_moves_sum_up_to_the_change(now: list[Part], before: list[Part]) -> None:
    found = moves(now, before)
    if found:
        change = sum(contributions(now).values()) - sum(contributions(before).values())
        assert abs(sum(move.points for move in found) - change) < D("1e-12")


def test_a_total_of_policy_alone_is_no_score_and_moves_nothing() -> None:
    nothing = [Part(1, D(0), D(30), is_reported=False), Part(2, None, D(70))]

    assert score_of(nothing) is None
    assert moves(nothing, [Part(1, D(90), D(30))]) == []
    assert score_of([*nothing, Part(3, D(90), D(30))]) == D("45.00")


def test_the_share_counted_is_that_of_the_weight_reported() -> None:
    came, missing = Part(1, D(90), D(2)), Part(2, D(0), D(1), is_reported=False)

    assert share_counted([came, missing]) == D("66.67")
    assert share_counted([came]) is None
    assert share_counted([missing]) is None
    assert share_counted([]) is None
