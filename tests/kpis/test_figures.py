"""Reported figures are read as columns, of which only the measures that are asked for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from kpis.calc.facts import PeriodKind
from kpis.calc.periods import period_of
from kpis.queries import figures
from kpis.queries.figures import load_figures
from kpis.queries.pooled import PeriodFacts
from kpis.queries.spans import load_spans
from tests.conftest import NOW
from tests.make import make_contract, make_figures, make_queue, make_vendor
from vendors.models import ContractQueue

pytestmark = pytest.mark.django_db

MARCH = period_of(PeriodKind.MONTH, date(2026, 3, 1))


def test_it_reads_whole_numbers_decimals_and_bucket_counts_exactly() -> None:
    queue = make_queue()
    make_figures(queue, date(2026, 3, 2), offered=2**60, cost="0.10", waits=[1, 2], unasked=9)
    make_figures(queue, date(2026, 3, 1), offered=7)

    rows = load_figures([queue.pk], [(MARCH.start, MARCH.end)], ["offered", "cost", "waits"]).between(
        queue.pk, MARCH.start, MARCH.end
    )

    assert rows is not None
    assert list(rows.dates) == [date(2026, 3, 1), date(2026, 3, 2)]
    assert {code: list(column) for code, column in rows.columns.items()} == {
        "offered": [7, 2**60],
        "cost": [None, Decimal("0.10")],
        "waits": [None, (1, 2)],
    }


def test_it_finds_days_and_month_totals_apart_and_nothing_outside_the_ranges() -> None:
    queue = make_queue()
    make_figures(queue, date(2026, 2, 1), is_month=True, offered=900)
    for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 4, 1)):
        make_figures(queue, day, offered=day.month)
    february, march = (date(2026, 2, 1), date(2026, 3, 1)), (MARCH.start, MARCH.end)

    found = load_figures([queue.pk], [march, february], ["offered"])

    days = found.between(queue.pk, date(2026, 1, 1), date(2027, 1, 1))
    months = found.between(queue.pk, date(2026, 1, 1), date(2027, 1, 1), are_months=True)
    assert days is not None
    assert months is not None
    assert list(days.columns["offered"]) == [2, 3]
    assert list(months.columns["offered"]) == [900]
    assert found.between(queue.pk, date(2026, 3, 2), MARCH.end) is None


def test_it_reads_many_queue_days_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "DAYS_A_QUERY", 62)
    queues = [make_queue() for _ in range(5)]
    for queue in queues:
        make_figures(queue, date(2026, 3, 1), offered=queue.pk)

    found = load_figures([queue.pk for queue in queues], [(MARCH.start, MARCH.end)], ["offered"])

    read = [found.between(queue.pk, MARCH.start, MARCH.end) for queue in queues]
    assert [list(rows.columns["offered"]) for rows in read if rows] == [[queue.pk] for queue in queues]


@pytest.mark.parametrize(
    ("read", "asked"),
    [
        pytest.param([(10, 20)], (5, 25), id="days before and after are read besides"),
        pytest.param([(5, 25)], (10, 20), id="nothing is read where all is there"),
        pytest.param([(1, 5), (15, 20)], (3, 18), id="days between two ranges are read besides"),
        pytest.param([(1, 5)], (10, 20), id="all is read where none of it is there"),
    ],
)
def test_it_reads_only_the_days_it_lacks(read: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    queue = make_queue()
    for day in range(1, 31):
        make_figures(queue, date(2026, 3, day), offered=day)
    figures = load_figures([queue.pk], [(date(2026, 3, a), date(2026, 3, b)) for a, b in read], ["offered"])
    start, end = (date(2026, 3, day) for day in asked)

    found = figures.covering(start, end, [queue.pk], ["offered"]).between(queue.pk, start, end)

    assert found is not None
    assert list(found.columns["offered"]) == list(range(*asked))
    assert [day.day for day in found.dates] == list(range(*asked))


def test_a_month_total_counts_once_where_the_queue_changed_its_contract_within_the_month() -> None:
    vendor = make_vendor()
    first, second = make_contract(vendor), make_contract(vendor)
    queue = make_queue(first)
    ContractQueue.objects.filter(queue=queue).update(valid_until=date(2026, 3, 15))
    ContractQueue.objects.create(contract=second, queue=queue, valid_from=date(2026, 3, 15))
    make_figures(queue, MARCH.start, is_month=True, offered=900)
    read = load_figures([queue.pk], [(MARCH.start, MARCH.end)], ["offered"])

    table, _expected = PeriodFacts(load_spans(ContractQueue.objects.all(), now=NOW), read, MARCH).of_kpi(
        "any", ["offered"]
    )

    assert table.total("offered") == 900
