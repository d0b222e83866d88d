"""How a month stands on its way: by the same arithmetic that its attainment is stored with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kpis.choices import ExcuseCause
from kpis.models import Attainment
from kpis.queries.outlook import KpiOutlook
from kpis.queries.receipts import contract_outlooks
from kpis.services.excuses import excuse
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.checks import assert_constant_queries
from tests.make import make_actor, make_contract, make_figures, make_kpi, make_queue, make_target
from vendors.choices import MeasureOwner
from vendors.models import Contract, MeasureProvision, Queue

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 20, 3, 0, tzinfo=UTC)
"""Friday noon in Seoul."""
FIRST, YESTERDAY = date(2026, 3, 1), date(2026, 3, 19)
BLANK = date(2026, 3, 5)


def make_march(**terms: Any) -> tuple[Contract, Queue]:
    """Make a contract whose queue answered 90 of 100 every day of March up to yesterday, but for one blank day."""
    contract = make_contract(**terms)
    queue = make_queue(contract)
    make_target(contract, make_kpi(), 90, minimum=70)
    for number in range((YESTERDAY - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        if day != BLANK:
            make_figures(queue, day, offered=100, answered=90)
    return contract, queue


def stands(contract: Contract) -> KpiOutlook:
    ((found,),) = (one.kpis for one in contract_outlooks({contract.pk: (FIRST, YESTERDAY)}, NOW))
    return found


def stored(contract: Contract) -> Attainment:
    mark(contract_ids=[contract.pk], first_on=FIRST)
    drain(now=NOW)
    return Attainment.objects.get(series__contract=contract, start=FIRST)


@pytest.mark.parametrize(
    ("terms", "value"),
    [
        ({}, "90.00"),
        ({"missing_day_policy": "zero"}, "85.26"),
        ({"missing_day_policy": "minimum"}, "88.95"),
        ({"missing_day_policy": "zero", "missing_day_grace_days": 20}, "90.00"),
    ],
)
def test_a_blank_day_counts_as_the_contract_says(terms: dict[str, Any], value: str) -> None:
    contract, _queue = make_march(**terms)

    found, row = stands(contract), stored(contract)

    assert found.month_value == row.value == Decimal(value)
    assert found.volume == row.volume


def test_a_day_that_lacks_what_others_send_is_not_held_against_the_vendor() -> None:
    contract, queue = make_march(missing_day_policy="zero")
    MeasureProvision.objects.create(contract=contract, measure="answered", owner=MeasureOwner.CLIENT)
    make_figures(queue, BLANK, offered=100)

    found, row = stands(contract), stored(contract)

    assert found.month_value == row.value == Decimal("90.00")


def test_a_day_without_the_figures_has_no_value_whatever_counts_in_its_place() -> None:
    contract, _queue = make_march(missing_day_policy="zero")

    ((found,),) = (one.kpis for one in contract_outlooks({contract.pk: (FIRST, BLANK)}, NOW))

    assert (found.day, found.day_value) == (BLANK, None)


def test_a_day_that_is_excused_is_none_of_those_to_come() -> None:
    contract, queue = make_march()
    before = stands(contract).remaining_days
    excuse(
        queues=[queue],
        dates=[date(2026, 3, 30), date(2026, 3, 31)],
        cause=ExcuseCause.CLIENT,
        reason="moving house",
        actor=make_actor(),
        now=NOW,
    )

    found = stands(contract)

    assert (before, found.remaining_days, found.remaining_volume) == (12, 10, 1000)


def test_a_receipt_of_many_contracts_reads_no_more_than_one_of_one() -> None:
    spans = {make_march()[0].pk: (FIRST, YESTERDAY)}

    def grow() -> None:
        for month in (3, 2, 3, 1):
            last = date(2026, month, 10)
            spans[make_march()[0].pk] = (last, last)

    assert_constant_queries(lambda: contract_outlooks(spans, NOW), grow)
