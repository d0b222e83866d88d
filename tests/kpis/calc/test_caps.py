"""Caps of relief: what is used, what is left, what goes beyond."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kpis.calc.caps import Use, gained, taken_share
from kpis.calc.facts import Direction


@pytest.mark.parametrize(
    ("most", "used", "wanted", "left", "is_over"),
    [(3, 1, 3, 2, False), (3, 1, 4, 2, True), (3, 4, 4, 0, False), (3, 4, 5, 0, True), (0, 0, 0, 0, False)],
)
def test_a_use_of_a_cap(most: int, used: int, wanted: int, left: int, is_over: bool) -> None:
    use = Use(Decimal(most), Decimal(used), Decimal(wanted))

    assert (use.left, use.is_over) == (left, is_over)


@pytest.mark.parametrize(
    ("direction", "gross", "adjusted", "points"),
    [
        (Direction.HIGHER, "77.000", "80.357", "3.357"),
        (Direction.HIGHER, "80", "79", "0"),
        (Direction.LOWER, "8", "6.5", "1.5"),
        (Direction.BAND, "8", "6.5", "0"),
        (Direction.HIGHER, None, "80", "0"),
        (Direction.HIGHER, "80", None, "0"),
    ],
)
def test_points_that_relief_gives(direction: Direction, gross: str | None, adjusted: str | None, points: str) -> None:
    given = [None if one is None else Decimal(one) for one in (gross, adjusted)]

    assert gained(direction, *given) == Decimal(points)


@pytest.mark.parametrize(
    ("gross", "adjusted", "share"), [("30000", "28000", "6.67"), ("0", "0", "0"), ("10", "12", "0"), ("10", "0", "100")]
)
def test_the_share_of_a_volume_that_is_taken(gross: str, adjusted: str, share: str) -> None:
    assert taken_share(Decimal(gross), Decimal(adjusted)) == Decimal(share)
