"""Slices are subtracted exactly, or not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kpis.calc.facts import Direction, KpiRule, Rollup
from kpis.calc.relief import (
    Ratio,
    SliceError,
    can_be_relieved,
    capped,
    ratio_of,
    remainder,
    replaced,
    uplift,
)


@pytest.mark.parametrize(
    ("day", "slices", "rest"),
    [
        ({"a": 10}, [{"a": 4}, {"a": 6}], {"a": 0}),
        ({"a": 10, "b": 3}, [{"a": 4}], {"a": 6, "b": 3}),
        ({"h": (5, 4, 3)}, [{"h": (5, 0, 1)}], {"h": (0, 4, 2)}),
        ({"a": Decimal("1.5")}, [{"a": Decimal("0.4")}], {"a": Decimal("1.1")}),
    ],
)
def test_slices_are_subtracted_exactly(day: Any, slices: Any, rest: Any) -> None:
    assert remainder(day, slices) == rest


@pytest.mark.parametrize(
    ("day", "slices"),
    [
        ({"a": 10}, [{"a": 11}]),
        ({"a": 10}, [{"a": 6}, {"a": 5}]),
        ({"a": 10}, [{"b": 1}]),
        ({"a": 10}, [{"a": -1}]),
        ({"h": (1, 2)}, [{"h": (2, 0)}]),
        ({"h": (1, 2)}, [{"h": (1,)}]),
        ({"h": (1, 2)}, [{"h": 1}]),
        ({"a": 10}, [{"a": (1,)}]),
    ],
)
def test_more_than_there_is_cannot_be_taken(day: Any, slices: Any) -> None:
    with pytest.raises(SliceError):
        remainder(day, slices)


def test_which_kpis_can_be_relieved() -> None:
    stock = KpiRule("backlog", "backlog", rollups={"backlog": Rollup.STOCK})
    nothing = KpiRule("leaks", "leaks", direction=Direction.ZERO)

    assert can_be_relieved(KpiRule("rate", "100 * a / b"))
    assert not can_be_relieved(stock)
    assert not can_be_relieved(nothing)


def test_an_uplift_is_adjusted_less_gross() -> None:
    assert uplift(Decimal("77.0"), Decimal("80.357")) == Decimal("3.357")
    assert uplift(None, Decimal(80)) is None
    assert uplift(Decimal(77), None) is None


LEVEL = Ratio("n", "d", Decimal(100))


@pytest.mark.parametrize(
    ("formula", "ratio"),
    [
        ("100 * n / d", Ratio("n", "d", Decimal(100))),
        ("n / d", Ratio("n", "d", Decimal(1))),
        ("n / (2 * d)", Ratio("n", "d", Decimal("0.5"))),
        ("(n + 1) / d", None),
        ("n * n / d", None),
        ("100 * (n - d) / d", None),
        ("(n + m) / d", None),
        ("n / (d + m)", None),
        ("n + d", None),
        ("n", None),
    ],
)
def test_a_plain_ratio_is_told_from_other_formulas(formula: str, ratio: Ratio | None) -> None:
    assert ratio_of(KpiRule("k", formula)) == ratio


def test_a_percentile_or_sum_is_no_ratio() -> None:
    assert ratio_of(KpiRule("k", "100 * n / d", aggregation="sum")) is None


@pytest.mark.parametrize(
    ("direction", "day", "rest"),
    [
        (Direction.HIGHER, {"n": 770, "d": 1400}, {"n": 770, "d": 1100}),
        (Direction.HIGHER, {"n": 1300, "d": 1400}, {"n": 1100, "d": 1100}),
        (Direction.HIGHER, {"n": 5, "d": 1100}, {"n": 5, "d": 1100}),
        (Direction.LOWER, {"n": 500, "d": 1400}, {"n": 200, "d": 1100}),
        (Direction.LOWER, {"n": 100, "d": 1400, "m": 3}, {"n": 0, "d": 1100, "m": 3}),
    ],
)
def test_no_more_is_owed_than_the_limit(direction: Direction, day: Any, rest: Any) -> None:
    assert capped(day, LEVEL, direction, 1100) == rest


def test_a_part_is_replaced_and_its_volume_stays() -> None:
    day = {"n": 23_100, "d": 30_000, "m": 4}

    part = replaced(day, LEVEL, {"n": 600, "d": 2_000}, Decimal(80))

    assert part == {"n": 24_100, "d": 30_000, "m": 4}
    assert replaced(day, LEVEL, {}, Decimal(80)) == {"n": 24_000, "d": 30_000, "m": 4}
    assert replaced(day, LEVEL, {"n": 600}, Decimal(80)) == day


def test_a_part_larger_than_its_day_is_not_replaced() -> None:
    with pytest.raises(SliceError):
        replaced({"n": 5, "d": 10}, LEVEL, {"n": 6, "d": 10}, Decimal(80))


def test_buckets_are_neither_capped_nor_replaced() -> None:
    with pytest.raises(SliceError):
        capped({"n": (1, 2), "d": 10}, LEVEL, Direction.HIGHER, 5)
