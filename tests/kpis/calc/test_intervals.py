from decimal import Decimal

import pytest

from kpis.calc.aggregation import aggregate
from kpis.calc.facts import Direction, KpiRule
from kpis.calc.intervals import Interval, interval_of, is_uncertain, nps_half_width, wilson
from tests.kpis.calc.figures import MARCH, day, open_in, target


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (8, 10, "49.0", "94.3"),
        (41, 50, "69.2", "90.2"),
        (72, 100, "62.5", "79.9"),
        (80, 100, "71.1", "86.7"),
        (800, 1000, "77.4", "82.4"),
        (30, 30, "88.6", "100.0"),  # 88.649; often printed as 88.7, which is 100 less the rounded 11.4
        (0, 30, "0.0", "11.4"),
    ],
)
def test_it_gives_the_wilson_interval(hits, n, low, high):
    interval = wilson(Decimal(hits) / n, Decimal(n))

    assert (f"{100 * interval.low:.1f}", f"{100 * interval.high:.1f}") == (low, high)


def test_it_gives_the_half_width_people_read():
    assert f"{100 * wilson(Decimal('0.9'), Decimal(200)).half_width:.1f}" == "4.2"
    assert f"{100 * wilson(Decimal('0.85'), Decimal(400)).half_width:.1f}" == "3.5"


@pytest.mark.parametrize(("n", "half"), [(246, "5.0"), (683, "3.0"), (1537, "2.0")])
def test_it_says_how_many_cases_a_share_of_80_per_cent_needs(n, half):
    assert f"{100 * wilson(Decimal('0.8'), Decimal(n)).half_width:.1f}" == half


@pytest.mark.parametrize(("n", "half"), [(150, "12.5"), (40, "24.2"), (235, "10.0")])
def test_it_gives_the_half_width_of_an_nps_of_30(n, half):
    # 50 % promoters, 20 % detractors: the mix behind the worked figures.
    assert f"{nps_half_width(n * Decimal('0.5'), n * Decimal('0.2'), Decimal(n)):.1f}" == half


BETWEEN = Interval(Decimal(70), Decimal(80), Decimal(5))


@pytest.mark.parametrize(
    ("direction", "level", "uncertain"),
    [
        ("higher", target(70), False),  # even its lower end reaches the target
        ("higher", target("70.1"), True),
        ("higher", target(80), True),
        ("higher", target("80.1"), False),
        ("lower", target("69.9"), False),
        ("lower", target(70), True),
        ("lower", target("79.9"), True),
        ("lower", target(80), False),
        ("zero", target(75), True),
        ("band", target(50, target_upper=65), False),
        ("band", target(50, target_upper=75), True),
        ("band", target(75, target_upper=90), True),
        ("band", target(60, target_upper=90), False),
        ("info", target(75), False),
    ],
)
def test_it_is_uncertain_where_chance_could_turn_the_result(direction, level, uncertain):
    assert is_uncertain(BETWEEN, level, Direction(direction)) is uncertain


@pytest.mark.parametrize(
    ("formula", "measures"),
    [
        ("100 * (p - d) / (n + m)", {"p": 5, "d": 1, "n": 10, "m": 0}),  # not the three counts it is made of
        ("100 * (p / n - d / n)", {"p": 5, "d": 1, "n": 10}),  # named in another order
        ("100 * (p - d) / n", {"p": 9, "d": 9, "n": 10}),  # more answers of a kind than answers
    ],
)
def test_it_claims_no_half_width_of_an_nps_it_cannot_read(formula, measures):
    rule = KpiRule("nps", formula, "nps", sampled=True)

    assert interval_of(rule, aggregate(rule, [day(1, **measures)], open_in(MARCH), MARCH)) is None
