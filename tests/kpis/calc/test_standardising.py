"""Vendors at the same mix: the reversal of mathematics §2.2, intervals from the days, ranks only where these differ."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.standardising import Day, Standing, ranks, standing, weights_of


def days(weekday: tuple[int, int], weekend: tuple[int, int], count: int = 4) -> list[Day]:
    """Return ``count`` days of each stratum with a volume and a value each."""
    rows = [("weekday", *weekday), ("weekend", *weekend)]
    return [Day(name, D(volume) / count, D(value)) for name, volume, value in rows for _number in range(count)]


X, Y = days((200, 90), (800, 70)), days((800, 88), (200, 68))


def test_who_is_better_everywhere_is_better_at_the_same_mix_though_worse_in_all() -> None:
    weights = weights_of([X, Y])

    x, y = standing(X, weights), standing(Y, weights)

    assert x is not None
    assert y is not None
    assert weights == {"weekday": D("0.5"), "weekend": D("0.5")}
    assert (x.raw, y.raw) == (74, 84)
    assert (x.same_mix, y.same_mix) == (80, 78)
    assert x.half_width == 0
    assert ranks({"x": x, "y": y}, is_higher_better=True) == {"x": 1, "y": 2}
    assert ranks({"x": x, "y": y}, is_higher_better=False) == {"x": 2, "y": 1}


def test_days_that_stray_make_the_interval() -> None:
    rows = [Day("a", D(100), D(value)) for value in (78, 82, 78, 82)]

    found = standing(rows, {"a": D(1)})

    assert found is not None
    assert found.same_mix == 80
    assert found.half_width == pytest.approx(D("1.96") * (D(4 * 4) * 4 / 3 / 16).sqrt())
    assert (found.low, found.high) == (80 - found.half_width, 80 + found.half_width)


def test_a_vendor_without_a_stratum_has_no_common_mix_and_few_days_no_interval() -> None:
    weights = {"weekday": D("0.5"), "weekend": D("0.5")}

    only = standing([Day("weekday", D(10), D(80))], weights)
    few = standing(days((1, 80), (1, 80), count=2), weights)

    assert only is not None
    assert (only.raw, only.same_mix, only.low, only.high) == (80, None, None, None)
    assert few is not None
    assert (few.same_mix, few.half_width) == (80, None)
    assert standing([], weights) is None
    assert weights_of([[]]) == {}


def test_no_rank_where_intervals_overlap() -> None:
    standings = {
        "best": Standing(D(90), D(90), D(1), D(1)),
        "one": Standing(D(80), D(80), D(3), D(1)),
        "other": Standing(D(79), D(79), D(3), D(1)),
        "unknown": Standing(D(99), None, None, D(1)),
    }

    assert ranks(standings, is_higher_better=True) == {"best": 1, "one": None, "other": None, "unknown": None}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 1000), st.integers(0, 100)), min_size=1))
def test_at_its_own_mix_a_vendor_is_what_it_is(rows: list[tuple[str, int, int]]) -> None:
    made = [Day(name, D(volume), D(value)) for name, volume, value in rows]

    found = standing(made, weights_of([made]))

    assert found is not None
    assert found.same_mix is not None
    assert abs(found.same_mix - found.raw) < D("1e-20")
