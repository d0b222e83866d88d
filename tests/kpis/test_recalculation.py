"""The drain: marks in, attainments out, nothing written that did not change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError

from kpis.models import Attainment, RecalculationMark
from kpis.services import computation, recalculation
from kpis.services.marks import mark, mark_new_day
from kpis.services.recalculation import drain
from tests.checks import queries_of
from tests.make import make_contract, make_figures, make_kpi, make_queue, make_target
from vendors.models import Contract

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MARCH = date(2026, 3, 1)


@pytest.fixture
def contract() -> Contract:
    return make_contract()


def days_of_march(count: int = 31) -> list[date]:
    return [MARCH + timedelta(days=n) for n in range(count)]


def march(contract: Contract) -> Attainment:
    return Attainment.objects.get(series__contract=contract, start=MARCH, series__period="month")


def drained(contract: Contract, first_on: date | None = None, now: datetime = NOW) -> recalculation.DrainReport:
    mark(contract_ids=[contract.pk], first_on=first_on)
    return drain(now=now)


def test_it_pools_counts_and_never_averages_percentages(contract: Contract) -> None:
    queue = make_queue(contract)
    make_target(contract, make_kpi(), 90)
    make_figures(queue, date(2026, 3, 1), offered=1000, answered=950)
    make_figures(queue, date(2026, 3, 2), offered=4000, answered=2880)

    drained(contract)

    row = march(contract)
    assert row.value == Decimal("76.60")
    assert row.status == "below_target"
    assert (row.days_expected, row.days_reported) == (31, 2)
    assert row.volume == 5000
    assert row.adjusted_value == row.value


def test_it_gives_every_period_that_has_begun_a_row_and_none_before(contract: Contract) -> None:
    make_queue(contract)
    for period in ("week", "month", "quarter", "year"):
        make_target(contract, make_kpi(), period=period)

    drained(contract)

    counts = {
        period: Attainment.objects.filter(series__period=period).count()
        for period in ("week", "month", "quarter", "year")
    }
    assert counts == {"week": 48, "month": 11, "quarter": 4, "year": 1}
    assert set(Attainment.objects.values_list("status", flat=True)) == {"no_data"}


def test_it_counts_an_open_period_to_date(contract: Contract) -> None:
    queue = make_queue(contract)
    make_target(contract, make_kpi(), 90)
    make_figures(queue, date(2026, 11, 1), offered=100, answered=95)

    drained(contract)

    row = Attainment.objects.get(start=date(2026, 11, 1))
    assert row.status == "provisional"
    assert row.days_expected == 22  # to yesterday, the 22nd in Seoul


def test_it_expects_today_once_a_queue_has_reported_today(contract: Contract) -> None:
    early, late = make_queue(contract), make_queue(contract)
    make_target(contract, make_kpi(), 90)
    make_figures(early, date(2026, 11, 23), offered=100, answered=95)
    make_figures(late, date(2026, 11, 22), offered=100, answered=95)

    drained(contract)

    assert Attainment.objects.get(start=date(2026, 11, 1)).days_expected == 23 + 22


def test_it_writes_nothing_when_the_inputs_did_not_change(contract: Contract) -> None:
    queue = make_queue(contract)
    make_target(contract, make_kpi(), 90)
    make_figures(queue, MARCH, offered=100, answered=95)
    drained(contract)
    before = march(contract).computed_at

    report = drained(contract, now=NOW + timedelta(hours=1))

    assert report.written == 0
    assert report.unchanged == 11
    assert march(contract).computed_at == before
    assert not RecalculationMark.objects.exists()


def test_it_touches_only_the_periods_a_mark_names(contract: Contract) -> None:
    queue = make_queue(contract)
    make_target(contract, make_kpi(), 90)
    make_target(contract, make_kpi(), 90, period="quarter")
    drained(contract)
    make_figures(queue, MARCH, offered=100, answered=95)

    mark(contract_ids=[contract.pk], first_on=MARCH, last_on=MARCH)
    report = drain(now=NOW)

    assert (report.written, report.unchanged) == (2, 0)


def test_it_removes_rows_of_periods_no_target_covers_any_more(contract: Contract) -> None:
    make_queue(contract)
    target = make_target(contract, make_kpi(), 90)
    drained(contract)
    target.valid_from = date(2026, 6, 1)
    target.save()

    report = drained(contract)

    assert report.removed == 5
    assert Attainment.objects.count() == 6


def test_it_judges_one_queue_by_itself(contract: Contract) -> None:
    mine, other = make_queue(contract), make_queue(contract)
    make_target(contract, make_kpi(), 90, queue=mine)
    make_figures(mine, MARCH, offered=100, answered=95)
    make_figures(other, MARCH, offered=100, answered=5)

    drained(contract)

    assert march(contract).value == Decimal("95.00")


def test_it_leaves_a_queue_of_another_channel_out_unless_it_reports_the_measures(contract: Contract) -> None:
    voice = make_queue(contract, channel="voice")
    chat = make_queue(contract, channel="chat")
    make_target(contract, make_kpi(channel="voice"), 90)
    make_figures(voice, MARCH, offered=100, answered=95)
    make_figures(chat, MARCH, chat_offered=10)

    drained(contract)
    assert march(contract).days_expected == 31

    make_figures(chat, date(2026, 3, 2), offered=100, answered=85)
    drained(contract)
    assert march(contract).days_expected == 62
    assert march(contract).value == Decimal("90.00")


def test_it_pools_the_programme_over_all_contracts() -> None:
    kpi = make_kpi()
    make_target(None, kpi, 90)
    for answered in (95, 85):
        make_figures(make_queue(make_contract()), MARCH, offered=100, answered=answered)

    mark(contract_ids=[None], first_on=MARCH, last_on=MARCH)
    drain(now=NOW)

    row = Attainment.objects.get(series__contract=None, start=MARCH)
    assert (row.value, row.days_expected) == (Decimal("90.00"), 62)


def test_a_blank_worst_day_gains_nothing_where_missing_days_count() -> None:
    kpi = make_kpi()
    values = {}
    for policy in ("exclude", "minimum", "zero"):
        contract = make_contract(missing_day_policy=policy)
        queue = make_queue(contract, opened_on=date(2026, 4, 1))
        make_target(contract, kpi, 90, minimum=75)
        for n in range(29):
            make_figures(queue, date(2026, 4, 1) + timedelta(days=n), offered=1000, answered=900)
        drained(contract)
        row = Attainment.objects.get(series__contract=contract, start=date(2026, 4, 1))
        values[policy] = (str(row.value.quantize(Decimal("0.01"))), row.status)

    assert values == {
        "exclude": ("90.00", "met"),
        "minimum": ("89.50", "below_target"),
        "zero": ("87.00", "below_target"),
    }


def test_a_definition_that_changes_leaves_the_periods_before_it_as_they_were(contract: Contract) -> None:
    queue = make_queue(contract)
    kpi = make_kpi(formula="100 * answered / offered")
    make_target(contract, kpi, 90)
    for month in (3, 4):
        make_figures(queue, date(2026, month, 2), offered=100, answered=80, answered_within_threshold=50)
    kpi.versions.create(number=2, valid_from=date(2026, 4, 1), formula="100 * answered_within_threshold / offered")

    drained(contract)

    assert march(contract).value == Decimal("80.00")
    assert Attainment.objects.get(start=date(2026, 4, 1)).value == Decimal("50.00")


def test_a_new_day_moves_open_periods_on(contract: Contract) -> None:
    make_queue(contract)
    make_target(contract, make_kpi(), 90)
    drained(contract)
    tomorrow = NOW + timedelta(days=1)

    mark_new_day(zone="Asia/Seoul", since=NOW.date(), now=tomorrow)
    drain(now=tomorrow)

    assert Attainment.objects.get(start=date(2026, 11, 1)).days_expected == 23


def test_a_contract_that_fails_holds_up_no_other_and_is_set_aside(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = make_contract()
    for each in (contract, good):
        make_target(each, make_kpi(), 90)
        make_figures(make_queue(each), MARCH, offered=100, answered=95)
    real = computation._attainment

    def poisoned(world: Any, series: Any, *rest: Any) -> Any:
        if series.contract == contract.pk:
            raise ArithmeticError("poison")
        return real(world, series, *rest)

    monkeypatch.setattr(computation, "_attainment", poisoned)
    mark(contract_ids=[contract.pk, good.pk], first_on=MARCH, last_on=MARCH)

    reports = [drain(now=NOW) for _ in range(4)]

    assert [report.failed for report in reports] == [1, 1, 1, 0]
    assert march(good).status == "met"
    assert "poison" in RecalculationMark.objects.get().error


def test_a_transaction_broken_off_for_anothers_sake_is_tried_again(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_target(contract, make_kpi(), 90)
    real, broken = recalculation._drain_locked, []

    def deadlocked_once(*given: Any) -> Any:
        if not broken:
            broken.append(1)
            cause = Exception("deadlock detected")
            cause.sqlstate = "40P01"  # type: ignore[attr-defined]
            raise OperationalError from cause
        return real(*given)

    monkeypatch.setattr(recalculation, "_drain_locked", deadlocked_once)

    report = drained(contract)

    assert (len(broken), report.failed, report.written) == (1, 0, 11)
    assert not RecalculationMark.objects.exists()


def test_a_drain_makes_as_many_queries_for_four_contracts_as_for_one() -> None:
    kpis = [make_kpi() for _ in range(4)]
    contracts = [make_contract() for _ in range(5)]
    for each in contracts:
        for kpi in kpis:
            make_target(each, kpi, 90, weight=25)
        make_figures(make_queue(each), MARCH, offered=100, answered=95)

    def drain_of(some: list[Contract]) -> list[str]:
        mark(contract_ids=[each.pk for each in some], first_on=MARCH, last_on=MARCH)
        return queries_of(lambda: drain(now=NOW))

    one, four = drain_of(contracts[:1]), drain_of(contracts[1:])

    assert len(four) == len(one), "\n".join(four)
    assert Attainment.objects.filter(start=MARCH).count() == 20


def test_contracts_marked_from_ever_to_ever_are_worked_on_together(monkeypatch: pytest.MonkeyPatch) -> None:
    contracts = [make_contract() for _ in range(3)]
    for contract in contracts:
        make_queue(contract)
        make_target(contract, make_kpi())
    batches: list[set[Any]] = []
    recompute = recalculation.recompute

    def watched(spans: Any, *, now: datetime) -> Any:
        batches.append(set(spans))
        return recompute(spans, now=now)

    monkeypatch.setattr(recalculation, "recompute", watched)
    mark(contract_ids=[contract.pk for contract in contracts], first_on=None)
    drain(now=NOW)

    assert batches == [{contract.pk for contract in contracts}]


@pytest.mark.sqlite
def test_between_two_batches_who_waits_for_the_write_lock_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setitem(recalculation.BATCH, "sqlite", (1, 50_000))
    monkeypatch.setattr(recalculation.time, "sleep", slept.append)
    mark(contract_ids=[make_contract().pk for _number in range(3)], first_on=date(2026, 3, 1), last_on=date(2026, 3, 2))

    drain(now=datetime(2026, 3, 3, tzinfo=UTC))

    # SQLite's own handler asks at most every 0.1 s.
    assert len(slept) == 2
    assert min(slept) > 0.1
