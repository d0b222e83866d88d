"""The calls a slice touched, those missed, and the points of the card they are worth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kpis.calc.costs import Touched, shared, touched_by, weighted_points
from kpis.calc.relief import Ratio

RATIO = Ratio("within", "offered", Decimal(100))
DAY = {"offered": 4_000, "within": 2_800}


def touched(part: dict[str, Any], day: dict[str, Any] = DAY, **options: Any) -> Touched | None:
    return touched_by(day, part, RATIO, **{"is_higher_better": True, **options})


@pytest.mark.parametrize(
    ("part", "options", "expected"),
    [
        ({"offered": 1_000, "within": 100}, {}, (1_000, 900)),
        ({}, {}, (4_000, 1_200)),
        ({}, {"limit": Decimal(3_500)}, (500, 500)),
        ({}, {"limit": Decimal(5_000)}, (0, 0)),
        ({}, {"is_higher_better": False}, (4_000, 2_800)),
        # More hits than volume are no negative misses.
        ({"offered": 5, "within": 9}, {}, (5, 0)),
    ],
)
def test_a_slice_is_counted_by_the_two_measures_of_a_kpi(part: Any, options: Any, expected: Any) -> None:
    assert touched(part, **options) == expected


@pytest.mark.parametrize(
    "part", [{"offered": 5}, {"within": 5}, {"offered": (1, 2), "within": 5}, {"offered": 5, "within": (1,)}]
)
def test_what_is_not_there_is_not_counted(part: Any) -> None:
    assert touched(part) is None
    assert touched({}, day=part) is None


def test_points_are_weighed() -> None:
    known = (Decimal(30), Decimal(100), Decimal(90)), (Decimal(10), Decimal(80), Decimal(80))
    unknown = (None, Decimal(5), Decimal(4)), (Decimal(5), None, Decimal(4)), (Decimal(5), Decimal(4), None)

    assert weighted_points([*known, *unknown]) == Decimal("7.50")
    assert weighted_points(unknown) is None


def test_a_call_is_lost_once_however_many_claim_it() -> None:
    day = Touched(Decimal(100), Decimal(20))
    claims = [Touched(Decimal(30), Decimal(15)), Touched(Decimal(100), Decimal(20)), Touched(Decimal(10), Decimal(1))]

    assert shared(day, claims) == [(30, 15), (70, 5), (0, 0)]
    assert shared(None, claims) == claims
