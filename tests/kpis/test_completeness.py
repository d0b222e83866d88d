"""Which queue-days are closed, expected, reported, partly reported, missing, rejected or corrected."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.calc.completeness import COMPLETE, ClosedBy, DayState
from kpis.models import Attainment
from kpis.queries.completeness import QueueDays, QueueDayState
from kpis.services.excuses import excuse, withdraw
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from kpis.services.submissions import submit
from tests.checks import queries_of
from tests.make import make_actor, make_contract, make_figures, make_kpi, make_queue, make_target
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid
from vendors.models import Contract, ContractQueue, Holiday, MeasureProvision, Queue

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 20, 3, 0, tzinfo=UTC)
"""Friday noon in Seoul."""
FIRST, AFTER = date(2026, 3, 1), date(2026, 4, 1)
MANAGER = make_actor(Role.MANAGER)


@pytest.fixture
def contract(db: None) -> Contract:
    made = make_contract()
    make_target(made, make_kpi("answer_share", formula="100 * answered / offered"), 80)
    return made


@pytest.fixture
def queue(contract: Contract) -> Queue:
    return make_queue(contract, "voice", open_weekdays=[1, 2, 3, 4, 5], observes_holidays=True)


def days(contract: Contract, start: date = FIRST, end: date = AFTER) -> list[QueueDayState]:
    links = ContractQueue.objects.filter(contract=contract)
    return list(QueueDays(links, start=start, end=end, now=NOW)[:])


def on(contract: Contract, day: date) -> QueueDayState:
    found = days(contract, day, day + timedelta(days=1))
    assert len(found) == 1
    return found[0]


def report(contract: Contract, day: date, now: datetime = NOW, **measures: Any) -> None:
    rows = [{"queue": "voice", "date": day.isoformat(), "measures": measures}]
    submit(actor=make_actor(Role.VENDOR_MEMBER, contract.vendor), rows=rows, now=now)


def test_it_says_why_a_day_is_closed(contract: Contract, queue: Queue) -> None:
    Holiday.objects.create(country="KR", date=date(2026, 3, 2), name="Substitute")
    excuse(queues=[queue], dates=[date(2026, 3, 3)], cause="client", reason="outage", actor=MANAGER, now=NOW)
    Queue.objects.filter(pk=queue.pk).update(opened_on=date(2026, 2, 27), closed_on=date(2026, 3, 17))

    found = {row.date: row for row in days(contract, date(2026, 2, 26), AFTER)}

    assert found[date(2026, 2, 26)].closed_by is ClosedBy.NOT_OPENED
    assert found[date(2026, 3, 1)].closed_by is ClosedBy.WEEKDAY
    assert found[date(2026, 3, 2)].closed_by is ClosedBy.HOLIDAY
    assert (found[date(2026, 3, 3)].closed_by, found[date(2026, 3, 3)].cause) == (ClosedBy.EXCUSED, "client")
    assert found[date(2026, 3, 17)].state is DayState.MISSING
    assert found[date(2026, 3, 18)].closed_by is ClosedBy.ENDED


def test_it_tells_reported_from_partly_reported_missing_and_expected(contract: Contract, queue: Queue) -> None:
    report(contract, date(2026, 3, 16), offered=10, answered=9)
    report(contract, date(2026, 3, 17), offered=10)

    found = {row.date.day: row for row in days(contract, date(2026, 3, 16), date(2026, 3, 25))}

    assert found[16].state is DayState.REPORTED
    assert (found[17].state, found[17].missing) == (DayState.PARTIAL, ("answered",))
    assert (found[18].state, found[18].missing) == (DayState.MISSING, ("answered", "offered"))
    assert [found[day].state for day in (20, 23)] == [DayState.EXPECTED] * 2
    assert [found[day].is_expected for day in (16, 17, 19, 20, 21)] == [True, True, True, False, False]


def test_a_changed_figure_is_a_correction_and_an_added_one_is_none(contract: Contract, queue: Queue) -> None:
    report(contract, date(2026, 3, 16), offered=10)
    report(contract, date(2026, 3, 16), now=NOW + timedelta(hours=1), answered=9)
    added = on(contract, date(2026, 3, 16))
    report(contract, date(2026, 3, 16), now=NOW + timedelta(hours=2), answered=8)
    corrected = on(contract, date(2026, 3, 16))

    assert (added.state, added.received_at) == (DayState.REPORTED, NOW + timedelta(hours=1))
    assert (corrected.state, corrected.received_at) == (DayState.CORRECTED, NOW + timedelta(hours=2))


def test_what_others_provide_is_not_asked_of_the_vendor(contract: Contract, queue: Queue) -> None:
    MeasureProvision.objects.create(contract=contract, measure="answered", owner="client", valid_from=date(2026, 3, 17))
    for day in (16, 17):
        report(contract, date(2026, 3, day), offered=10)

    assert on(contract, date(2026, 3, 16)).state is DayState.PARTIAL
    theirs = on(contract, date(2026, 3, 17))
    assert (theirs.state, theirs.missing, theirs.missing_of_others) == (DayState.REPORTED, (), ("answered",))


def test_only_the_kpis_of_the_queues_channel_ask_for_their_measures(contract: Contract, queue: Queue) -> None:
    make_target(contract, make_kpi("chat_share", formula="chats_closed / chats_offered", channel="chat"), 80)
    report(contract, date(2026, 3, 16), offered=10, answered=9)

    assert on(contract, date(2026, 3, 16)).state is DayState.REPORTED


def test_a_months_total_stands_for_its_days(contract: Contract, queue: Queue) -> None:
    make_figures(queue, date(2026, 2, 1), is_month=True, offered=100, answered=90)

    found = days(contract, date(2026, 2, 1), date(2026, 3, 1))

    assert Counter(row.state for row in found) == {DayState.REPORTED: 20, DayState.CLOSED: 8}
    assert all(row.is_month for row in found)


def test_a_queue_that_moved_has_its_days_under_each_contract(contract: Contract, queue: Queue) -> None:
    other = make_contract(contract.vendor)
    ContractQueue.objects.filter(queue=queue).update(valid_until=date(2026, 3, 10))
    ContractQueue.objects.create(contract=other, queue=queue, valid_from=date(2026, 3, 10))

    assert days(contract)[9].closed_by is ClosedBy.ENDED
    assert days(other)[8].closed_by is ClosedBy.NOT_OPENED
    assert sum(row.is_expected for row in days(contract) + days(other)) == 14


class TestExcusedDays:
    def excuse(self, queue: Queue, *days: int, **options: Any) -> Any:
        options = {"cause": "client", "reason": "outage", "actor": MANAGER, **options}
        return excuse(queues=[queue], dates=[date(2026, 3, day) for day in days], now=NOW, **options)

    def expected(self, contract: Contract) -> tuple[int, int]:
        mark(contract_ids=[contract.pk], first_on=None)
        drain(now=NOW)
        row = Attainment.objects.get(series__contract=contract, start=FIRST)
        return row.days_expected, row.days_reported

    def test_an_excused_day_is_not_expected_until_it_is_withdrawn(self, contract: Contract, queue: Queue) -> None:
        assert self.expected(contract) == (14, 0)

        rows = self.excuse(queue, 3, 4)
        drain(now=NOW)
        assert Attainment.objects.get(start=FIRST).days_expected == 12

        withdraw(rows[0], reason="a mistake", actor=MANAGER, now=NOW)
        drain(now=NOW)
        assert Attainment.objects.get(start=FIRST).days_expected == 13
        assert on(contract, date(2026, 3, 3)).state is DayState.MISSING

    def test_what_was_reported_on_an_excused_day_still_counts(self, contract: Contract, queue: Queue) -> None:
        report(contract, date(2026, 3, 3), offered=10, answered=9)
        self.excuse(queue, 3)
        drain(now=NOW)

        row = Attainment.objects.get(start=FIRST)
        assert (row.value, row.volume, row.days_expected, row.days_reported) == (90, 10, 13, 0)
        assert on(contract, date(2026, 3, 3)).has_figures

    def test_it_is_no_longer_counted_by_the_missing_day_rule(self, queue: Queue) -> None:
        contract = queue.contracts.get()
        contract.terms.update(missing_day_policy="zero", missing_day_grace_days=0)
        for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18):
            report(contract, date(2026, 3, day), offered=10, answered=9)
        drain(now=NOW)
        before = Attainment.objects.get(start=FIRST).value
        self.excuse(queue, 19)
        drain(now=NOW)

        assert before is not None
        assert before < 90
        assert Attainment.objects.get(start=FIRST).value == 90

    def test_it_is_done_once_and_again_after_a_withdrawal(self, queue: Queue) -> None:
        first = self.excuse(queue, 3)
        assert [row.pk for row in self.excuse(queue, 3)] == [first[0].pk]
        with pytest.raises(Conflict):
            self.excuse(queue, 3, cause="other")
        withdraw(first[0], reason="a mistake", actor=MANAGER, now=NOW)
        with pytest.raises(Conflict):
            withdraw(first[0], reason="again", actor=MANAGER, now=NOW)
        assert self.excuse(queue, 3, cause="other")[0].pk != first[0].pk

    def test_only_a_manager_of_the_vendor_does_it_and_says_why(self, contract: Contract, queue: Queue) -> None:
        with pytest.raises(Forbidden):
            self.excuse(queue, 3, actor=make_actor(Role.VENDOR_ADMIN, contract.vendor))
        with pytest.raises(Forbidden):
            self.excuse(queue, 3, actor=make_actor(Role.MANAGER, make_contract().vendor))
        with pytest.raises(Invalid):
            self.excuse(queue, 3, reason=" ")
        with pytest.raises(Invalid):
            excuse(queues=[queue], dates=[date(2025, 3, 3)], cause="other", reason="x", actor=MANAGER, now=NOW)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reported=st.dictionaries(
        st.integers(1, 20), st.fixed_dictionaries({"offered": st.just(5)}, optional={"answered": st.just(4)})
    ),
    excused=st.sets(st.integers(1, 25)),
    holidays=st.sets(st.integers(1, 31), max_size=5),
)
def test_days_expected_and_reported_of_an_attainment_are_those_of_completeness(
    contract: Contract, queue: Queue, reported: dict[int, Any], excused: set[int], holidays: set[int]
) -> None:
    with transaction.atomic():
        for day, measures in reported.items():
            report(contract, date(2026, 3, day), **measures)
        if excused:
            excuse(
                queues=[queue], dates=[date(2026, 3, day) for day in excused], cause="other", reason="x",
                actor=MANAGER, now=NOW,
            )  # fmt: skip
        for day in holidays:
            Holiday.objects.create(country="KR", date=date(2026, 3, day), name="Day off")
        mark(contract_ids=[contract.pk], first_on=None)
        drain(now=NOW)
        stored = Attainment.objects.get(series__contract=contract, start=FIRST)
        rows = days(contract)
        transaction.set_rollback(True)

    assert len(rows) == 31
    assert stored.days_expected == sum(row.is_expected for row in rows)
    assert stored.days_reported == sum(row.is_expected and row.state in COMPLETE for row in rows)


def test_it_makes_as_many_queries_for_a_year_as_for_a_day(contract: Contract, queue: Queue) -> None:
    report(contract, date(2026, 3, 16), offered=10, answered=9)
    few = queries_of(lambda: days(contract, date(2026, 3, 16), date(2026, 3, 17)))
    for number in range(5):
        make_figures(make_queue(contract), date(2026, 3, 1 + number), offered=10)
    many = queries_of(lambda: days(contract, date(2026, 1, 1), date(2027, 1, 1)))

    assert len(few) == len(many) <= 14


class TestCutOff:
    """Due at 10:00 of the next day, in the time of the centre."""

    @pytest.fixture(autouse=True)
    def _cutoff(self, contract: Contract) -> None:
        contract.terms.update(closing={"daily_cutoff": "10:00"})

    def at(self, day: int, hour: int) -> datetime:
        return datetime(2026, 3, day, hour - 9, 0, tzinfo=UTC)

    def test_figures_of_the_next_morning_are_in_time_until_the_cut_off(self, contract: Contract, queue: Queue) -> None:
        report(contract, date(2026, 3, 16), now=self.at(17, 10), offered=10, answered=9)
        report(contract, date(2026, 3, 17), now=self.at(18, 11), offered=10, answered=9)

        assert on(contract, date(2026, 3, 16)).state is DayState.REPORTED
        late = on(contract, date(2026, 3, 17))
        assert (late.state, late.due_at) == (DayState.LATE, self.at(18, 10))

    def test_a_correction_is_no_delay_and_the_last_measure_owed_decides(self, contract: Contract, queue: Queue) -> None:
        report(contract, date(2026, 3, 16), now=self.at(17, 9), offered=10, answered=9)
        report(contract, date(2026, 3, 16), now=self.at(18, 9), answered=8)
        report(contract, date(2026, 3, 17), now=self.at(18, 9), offered=10)
        report(contract, date(2026, 3, 17), now=self.at(19, 9), answered=8)

        assert on(contract, date(2026, 3, 16)).state is DayState.CORRECTED
        assert on(contract, date(2026, 3, 17)).state is DayState.LATE


class TestClientCaused:
    """A KPI without data for reasons of the client re-normalises (mathematics §4.4)."""

    def computed(self, contract: Contract) -> Attainment:
        mark(contract_ids=[contract.pk], first_on=None)
        drain(now=NOW)
        return Attainment.objects.get(series__contract=contract, start=FIRST)

    def test_a_kpi_is_client_caused_where_every_open_day_was_excused_for_the_client(self, queue: Queue) -> None:
        contract = queue.contracts.get()
        open_days = [row.date for row in days(contract) if row.is_expected]
        excuse(queues=[queue], dates=open_days[:-1], cause="client", reason="outage", actor=MANAGER, now=NOW)
        assert self.computed(contract).flags == []

        excuse(queues=[queue], dates=open_days[-1:], cause="vendor", reason="agreed", actor=MANAGER, now=NOW)
        row = self.computed(contract)
        assert (row.status, row.flags) == ("no_data", ["client_caused"])
        assert row.explanation["days"]["excused"] == 14
        assert row.explanation["days"]["excused_days"][0]["cause"] == "client"

    def test_a_kpi_is_client_caused_where_only_what_the_client_provides_is_missing(self, queue: Queue) -> None:
        contract = queue.contracts.get()
        MeasureProvision.objects.create(contract=contract, measure="answered", owner="client")
        for row in [row for row in days(contract) if row.is_expected][:-1]:
            report(contract, row.date, offered=10)
        assert self.computed(contract).flags == []

        report(contract, date(2026, 3, 19), offered=10)
        found = self.computed(contract)
        assert (found.status, found.flags) == ("no_data", ["client_caused"])
        assert found.explanation["days"]["missing_of_others"] == 14

    def test_the_missing_day_rule_spares_days_the_client_left_incomplete(self, queue: Queue) -> None:
        contract = queue.contracts.get()
        contract.terms.update(missing_day_policy="zero", missing_day_grace_days=0)
        for row in [row for row in days(contract) if row.is_expected]:
            report(contract, row.date, offered=10)
        answered = [{"queue": "voice", "date": f"2026-03-{day:02}", "measures": {"answered": 9}} for day in (3, 4)]
        submit(actor=MANAGER, rows=answered, now=NOW)

        assert "imputed" in self.computed(contract).flags
        MeasureProvision.objects.create(contract=contract, measure="answered", owner="client")
        row = self.computed(contract)
        assert (row.value, row.flags) == (90, [])
