from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.facts import Rounding
from kpis.calc.rounding import round_value, to_answer
from tests.kpis.calc.figures import decimals


@pytest.mark.parametrize(
    ("value", "decimals", "rounding", "answer"),
    [
        ("2.675", 2, "half_up", "2.68"),
        ("94.95", 1, "half_up", "95.0"),
        ("79.996", 2, "half_up", "80.00"),
        ("79.996", 2, "truncate", "79.99"),
        ("-2.675", 2, "half_up", "-2.68"),
        ("-2.679", 2, "truncate", "-2.67"),
        ("-0.001", 2, "half_up", "0.00"),
        ("1E+3", 0, "half_up", "1000"),
        ("0.123456785", 8, "half_up", "0.12345679"),
    ],
)
def test_it_rounds_as_the_contract_says(value, decimals, rounding, answer):
    assert str(round_value(Decimal(value), decimals, Rounding(rounding))) == answer


def test_it_answers_with_four_decimals_half_up():
    assert str(to_answer(Decimal("100.90325"))) == "100.9033"
    assert str(to_answer(84)) == "84.0000"


@given(decimals(-(10**20), 10**20, places=10), st.integers(0, 8), st.sampled_from(Rounding))
def test_it_is_off_by_less_than_one_unit_and_rounding_again_changes_nothing(value, decimals, rounding):
    rounded = round_value(value, decimals, rounding)

    assert abs(rounded - value) < Decimal(1).scaleb(-decimals)
    assert round_value(rounded, decimals, rounding) == rounded
