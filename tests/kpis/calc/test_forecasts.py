"""Volume against its locked forecast (contract_mechanics §4)."""

from datetime import date
from decimal import Decimal

from kpis.calc.forecasts import accuracy, beyond, hidden_surges, limit_of

TWO_THOUSAND = Decimal(2_000)
CAME = [2_000] * 18 + [3_000] * 2
DAYS = {date(2026, 9, number): volume for number, volume in enumerate(CAME, start=1)}


def test_the_accuracy_of_the_worked_month() -> None:
    found = accuracy((TWO_THOUSAND, came) for came in CAME)

    assert found.wape is not None
    assert (round(found.wape, 2), found.bias) == (Decimal("4.76"), Decimal(5))


def test_without_volume_there_is_no_accuracy() -> None:
    assert (accuracy([]).wape, accuracy([]).bias) == (None, None)


def test_a_volume_on_the_edge_of_the_band_is_within_it() -> None:
    assert not beyond(2_200, TWO_THOUSAND, Decimal(10))
    assert beyond(2_201, TWO_THOUSAND, Decimal(10))
    assert limit_of(TWO_THOUSAND, Decimal("1.1")) == 2_200


def test_a_month_within_its_band_hides_two_surges() -> None:
    found = hidden_surges(DAYS, Decimal(40_000), Decimal(10))

    assert found == [(date(2026, 9, 19), Decimal(50)), (date(2026, 9, 20), Decimal(50))]


def test_nothing_is_hidden_where_the_period_is_beyond_its_band_or_nothing_came() -> None:
    assert not hidden_surges(DAYS, Decimal(30_000), Decimal(10))
    assert not hidden_surges({}, Decimal(30_000), Decimal(10))
    assert not hidden_surges({date(2026, 9, 1): 0}, Decimal(0), Decimal(10))
