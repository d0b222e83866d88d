"""A target tried on the last twelve months."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from kpis.models import Kpi
from kpis.queries.target_bench import replayed
from tests import make
from tests.checks import queries_of
from tests.kpis.targets_world import NOW, make_asked
from vendors.models import Contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract() -> Contract:
    return make_asked()


def test_the_bench_judges_every_month_as_its_card_is_judged(contract: Contract) -> None:
    queue = make.make_queue(contract, "hanbit-order-voice")
    for month, answered in ((8, 95), (9, 91), (10, 85)):
        make.make_figures(queue, date(2026, month, 1), is_month=True, offered=100, answered=answered)

    row = replayed(Kpi.objects.get(), [contract], Decimal(92), now=NOW)[0]

    assert len(row.months) == 12
    assert (row.months[0].month, row.months[-1].month) == (date(2025, 11, 1), date(2026, 10, 1))
    assert [(one.value, str(one.status)) for one in row.months[-3:]] == [
        (Decimal("95.00"), "met"),
        (Decimal("91.00"), "below_target"),
        (Decimal("85.00"), "below_target"),
    ]
    assert (row.tally.known, row.tally.met, row.tally.met_now) == (3, 1, 2)
    assert row.tally.closest_miss is not None
    assert row.tally.closest_miss.month == date(2026, 9, 1)


def test_the_bench_reads_as_much_for_one_contract_as_for_many(contract: Contract) -> None:
    kpi = Kpi.objects.get()
    make.make_queue(contract)
    one = queries_of(lambda: replayed(kpi, [contract], Decimal(92), now=NOW))
    others = [make.make_contract() for _ in range(4)]
    for other in others:
        make.make_target(other, kpi, 90)
        make.make_queue(other)

    assert len(queries_of(lambda: replayed(kpi, [contract, *others], Decimal(92), now=NOW))) == len(one)
