"""Statistical alerts of stored figures: what is usual, one alert for an incident, and its end (mathematics §5.2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from psycopg.errors import DeadlockDetected

from bpo.models import Alert, AlertMark, SeriesBaseline
from bpo.queries.alert_words import message_of
from bpo.services import alerts
from bpo.services.alerts import baselines, owed
from kpis.calc import surveillance
from kpis.models import Kpi, KpiVersion
from kpis.queries.figures import Figures
from kpis.queries.series import World
from kpis.services.computation import recompute
from kpis.services.recalculation import drain
from tests.bpo.alerts_world import mark, raised, report, restate
from tests.make import make_contract, make_figures, make_kpi, make_queue, make_target
from vendors.actors import SYSTEM
from vendors.models import Contract, Queue

pytestmark = pytest.mark.django_db

JANUARY, APRIL = date(2026, 1, 1), date(2026, 4, 1)
BEFORE_APRIL = date(2026, 3, 31)
CAME = date(2026, 4, 20)


def at(day: date) -> datetime:
    """Return noon in Seoul on a day."""
    return datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC)


def make_watched(**fields: Any) -> tuple[Contract, Queue]:
    """Make a contract of which two KPIs of one category are made of the same calls, steady since January."""
    contract = make_contract(starts_on=JANUARY, **fields)
    queue = make_queue(contract)
    for code, formula in (("reached", "100 * in_time / offered"), ("late", "100 * (offered - in_time) / offered")):
        direction = "higher" if code == "reached" else "lower"
        kpi = Kpi.objects.filter(code=code).first() or make_kpi(
            code=code, formula=formula, bounds=[0, 100], direction=direction
        )
        kpi.category = "accessibility"
        kpi.save()
        make_target(contract, kpi, 80 if code == "reached" else 20, valid_from=JANUARY)
    report(queue, JANUARY, BEFORE_APRIL, 820, stray=20)
    return contract, queue


def look(contract: Contract, until: date, *months: date) -> None:
    world = World([contract.pk], now=at(until))
    alerts.look_at_the_usual({contract.pk: months}, world=world, figures=Figures([]), now=at(until))


def statistical() -> list[tuple[str, str, str]]:
    return raised(kind__in=("worse_than_usual", "better_than_usual"))


def test_one_incident_is_one_alert_that_says_what_was_expected_and_what_came() -> None:
    contract, queue = make_watched()
    report(queue, APRIL, date(2026, 4, 18), 820, stray=20)
    report(queue, date(2026, 4, 19), date(2026, 4, 19), 650)

    look(contract, CAME)

    assert statistical() == [("worse_than_usual", "critical", "open")]
    alert = Alert.objects.select_related("kpi").get()
    assert (alert.start, alert.facts["came"], len(alert.facts["family"])) == (date(2026, 4, 19), "65.00", 1)
    with translation.override("en"):
        assert "its weekday usually gives about" in message_of(alert)
    with translation.override("ko"):
        assert "같은 요일의 평소 값은 약" in message_of(alert)


def test_it_ends_after_three_normal_days_and_begins_again_with_the_next_incident() -> None:
    contract, queue = make_watched()
    report(queue, APRIL, date(2026, 4, 18), 820, stray=20)
    report(queue, date(2026, 4, 19), date(2026, 4, 19), 650)
    look(contract, CAME)
    report(queue, CAME, date(2026, 4, 21), 825)
    look(contract, date(2026, 4, 22))
    assert statistical() == [("worse_than_usual", "critical", "open")]

    report(queue, date(2026, 4, 22), date(2026, 4, 28), 825)
    look(contract, date(2026, 4, 29))
    assert statistical() == [("worse_than_usual", "critical", "resolved")]

    report(queue, date(2026, 4, 29), date(2026, 4, 29), 650)
    look(contract, date(2026, 4, 30))
    assert [row[2] for row in statistical()] == ["resolved", "open"]


def test_what_people_settled_stays_settled_while_the_same_signals_stand() -> None:
    contract, queue = make_watched()
    report(queue, APRIL, date(2026, 4, 18), 820, stray=20)
    report(queue, date(2026, 4, 19), date(2026, 4, 19), 650)
    look(contract, CAME)

    alerts.resolve(Alert.objects.get().pk, note="A cable was cut", actor=SYSTEM, now=at(CAME))
    look(contract, CAME)

    assert statistical() == [("worse_than_usual", "critical", "resolved")]


def test_the_level_is_learnt_once_a_month_and_again_when_its_days_are_corrected() -> None:
    contract, queue = make_watched()
    report(queue, APRIL, date(2026, 4, 19), 820, stray=20)
    look(contract, CAME)
    learnt = list(SeriesBaseline.objects.order_by("id").values_list("until", "days", "learnt_at"))
    assert [row[:2] for row in learnt] == [(APRIL, 84)] * 2

    look(contract, date(2026, 4, 21), APRIL)
    assert list(SeriesBaseline.objects.order_by("id").values_list("until", "days", "learnt_at")) == learnt

    restate(queue, date(2026, 3, 1), BEFORE_APRIL, 780)
    look(contract, date(2026, 4, 21), date(2026, 3, 1))
    assert set(SeriesBaseline.objects.values_list("learnt_at", flat=True)) == {at(date(2026, 4, 21))}


def test_the_level_is_learnt_again_when_a_new_definition_makes_a_share_of_a_mean() -> None:
    contract, queue = make_watched()
    report(queue, APRIL, date(2026, 4, 18), 820, stray=20)
    KpiVersion.objects.update(bounds=None)
    look(contract, CAME)
    assert SeriesBaseline.objects.first().by_weekday[0] > 1

    KpiVersion.objects.update(bounds=["0", "100"])
    look(contract, CAME)

    assert {row.shape for row in SeriesBaseline.objects.all()} == {"share"}
    assert all(0 < level < 1 for row in SeriesBaseline.objects.all() for level in row.by_weekday)
    # Where it holds since yesterday only, the days before say nothing about it.
    for old in KpiVersion.objects.all():
        made = {"formula": old.formula, "direction": old.direction, "number": old.number + 1, "bounds": None}
        KpiVersion.objects.create(kpi=old.kpi, valid_from=CAME - timedelta(days=1), created_at=at(CAME), **made)
    KpiVersion.objects.filter(number=1).update(valid_until=CAME - timedelta(days=1))
    look(contract, CAME)
    assert {(row.shape, tuple(row.by_weekday)) for row in SeriesBaseline.objects.all()} == {("mean", ())}


def test_under_28_days_nothing_is_said_and_under_42_that_it_is_still_learning() -> None:
    contract = make_contract(starts_on=JANUARY)
    queue = make_queue(contract)
    make_target(contract, make_kpi(formula="100 * in_time / offered", bounds=[0, 100]), 80, valid_from=JANUARY)
    report(queue, date(2026, 3, 5), BEFORE_APRIL, 820, stray=20)
    report(queue, APRIL, date(2026, 4, 19), 600)
    look(contract, CAME)
    assert statistical() == []

    report(queue, date(2026, 3, 1), date(2026, 3, 4), 820, stray=20)
    look(contract, CAME, date(2026, 3, 1))
    assert Alert.objects.get().facts["learning"] is True


def test_better_than_usual_is_worth_knowing_and_no_more() -> None:
    contract, queue = make_watched()
    report(queue, APRIL, date(2026, 4, 18), 820, stray=20)
    report(queue, date(2026, 4, 19), date(2026, 4, 19), 995)

    look(contract, CAME)

    assert statistical() == [("better_than_usual", "caution", "open")]


def make_odd_day() -> Contract:
    """Make a contract whose yesterday was far below what is usual, and mark it for the drain."""
    contract, queue = make_watched()
    report(queue, APRIL, date(2026, 4, 18), 820, stray=20)
    report(queue, date(2026, 4, 19), date(2026, 4, 19), 650)
    mark(contract_ids=[contract.pk], first_on=CAME - timedelta(days=1), last_on=CAME)
    return contract


def test_it_follows_a_drain() -> None:
    make_odd_day()

    drain(now=at(CAME))

    assert ("worse_than_usual", "critical", "open") in statistical()


def test_a_failure_costs_no_figure_and_is_caught_up_with(monkeypatch: pytest.MonkeyPatch) -> None:
    make_odd_day()
    with monkeypatch.context() as broken:
        broken.setattr(baselines, "learn", lambda *_args, **_options: 1 / 0)
        report_of_drain = drain(now=at(CAME))

    assert (report_of_drain.failed, report_of_drain.written) == (0, 2)
    assert statistical() == []
    assert "ZeroDivisionError" in AlertMark.objects.get().error

    assert alerts.pay_owed(now=at(CAME)) == 1

    assert ("worse_than_usual", "critical", "open") in statistical()
    assert not AlertMark.objects.exists()


def test_a_look_that_always_fails_is_set_aside_and_paid_with_the_next_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    contract, good = make_odd_day(), make_contract()
    make_target(good, make_kpi(), 80)
    mark(contract_ids=[good.pk], first_on=CAME, last_on=CAME)
    real = owed.evaluate

    def poisoned(*, world: World, **given: Any) -> Any:
        if contract.pk in world.contracts:
            raise ArithmeticError("poison")
        return real(world=world, **given)

    with monkeypatch.context() as broken:
        broken.setattr(owed, "evaluate", poisoned)
        assert drain(now=at(CAME)).failed == 0
        assert [alerts.pay_owed(now=at(CAME)) for _ in range(4)] == [1, 1, 1, 0]

    aside = AlertMark.objects.get()
    assert (aside.contract, aside.attempts, "poison" in aside.error) == (contract, 3, True)

    mark(contract_ids=[contract.pk], first_on=CAME, last_on=CAME)
    drain(now=at(CAME))

    assert not AlertMark.objects.exists()
    assert ("worse_than_usual", "critical", "open") in statistical()


def test_a_look_at_figures_that_somebody_computed_anew_is_left_to_them() -> None:
    contract = make_odd_day()
    done = recompute({contract.pk: [(CAME - timedelta(days=1), CAME)]}, now=at(CAME))
    look = alerts.owe(done.months, world=done.world, figures=done.figures, now=at(CAME))
    newer = alerts.owe(done.months, world=done.world, figures=done.figures, now=at(CAME))

    look()
    assert (statistical(), AlertMark.objects.count()) == ([], 2)
    newer()
    assert ("worse_than_usual", "critical", "open") in statistical()
    assert not AlertMark.objects.exists()
    look()


def test_a_deadlock_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make_odd_day()
    tries = []

    def learn(*given: Any, **options: Any) -> Any:
        tries.append(given)
        if len(tries) == 1:
            error = OperationalError("deadlock detected")
            error.__cause__ = DeadlockDetected()
            raise error
        return surveillance.learn(*given, **options)

    monkeypatch.setattr(baselines, "learn", learn)

    assert drain(now=at(CAME)).written == 2
    assert len(tries) == 3, "one was broken off, and the contract has two series"
    assert ("worse_than_usual", "critical", "open") in statistical()


def test_it_takes_as_many_statements_for_many_series_as_for_few() -> None:
    contracts = [make_watched(code=f"contract-{number}")[0] for number in range(3)]
    alerts.look_at_all(now=at(CAME))
    taken = []
    for chosen in (contracts[:1], contracts):
        with CaptureQueriesContext(connection) as captured:
            months = {row.pk: (APRIL,) for row in chosen}
            world = World(list(months), now=at(CAME))
            alerts.look_at_the_usual(months, world=world, figures=Figures([]), now=at(CAME))
        taken.append(len(captured))

    assert taken[0] == taken[1]


def test_complaints_are_counted_over_four_weeks() -> None:
    contract = make_contract(starts_on=JANUARY)
    queue = make_queue(contract)
    kpi = make_kpi(code="grievances", formula="complaints", aggregation="sum", unit="count", direction="zero")
    make_target(contract, kpi, 0, attainment_mode="zero", step=10, valid_from=JANUARY)
    day = JANUARY
    while day <= date(2026, 4, 20):
        is_late = day.month == 4 and day.day in (2, 7, 11, 13, 16, 18)
        make_figures(queue, day, complaints=int(is_late or day.day == 15))
        day += timedelta(days=1)

    look(contract, date(2026, 4, 12))
    assert statistical() == []
    look(contract, CAME)

    assert statistical() == [("worse_than_usual", "warning", "open")]
    alert = Alert.objects.select_related("kpi").get()
    assert (alert.facts["came"], alert.facts["shape"]) == ("7", "count")
    with translation.override("en"):
        assert "in the four weeks to 18 April 2026; usually about 1.0" in message_of(alert)
    with translation.override("ko"):
        assert "4주 동안" in message_of(alert)
