"""The client's own scorecard: its forecasts, outages, notice, knowledge, decisions and answers, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from bpo.models import Scorecard
from bpo.queries.client_card import ClientCard, client_card
from bpo.services.money import price
from kpis.calc.facts import PeriodKind
from kpis.models import ExternalFactor, Forecast, Kpi
from kpis.services import factors
from kpis.services.forecasts import lock_forecasts
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.checks import assert_constant_queries
from tests.conftest import client_for
from tests.kpis.factors import surge
from tests.kpis.factors.world import NOW, SEPTEMBER, SLICE, STARTS, World, make_world, outage
from tests.make import make_contract, make_figures, make_kpi, make_queue, make_target, make_user, make_vendor
from vendors.actors import Actor
from vendors.authentication import actor_of
from vendors.choices import Role
from vendors.models import ContractTerms, Department, Queue

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
API = "/api/v1/client-scorecard/"


@pytest.fixture
def world() -> World:
    return make_world()


def card(actor: Actor, kind: PeriodKind = PeriodKind.MONTH, day: date = SEPTEMBER, **options: Any) -> ClientCard:
    return client_card(actor, kind, day, **{"now": NOW, "price": price, **options})


def event(world: World, by: Actor | None = None, **fields: Any) -> ExternalFactor:
    return outage(world, by=by or world.manager, **fields)


def test_the_worked_forecast_is_off_by_4_76_with_a_bias_of_5() -> None:
    made = surge.make_world()
    surge.forecast(made)

    found = client_card(made.manager, PeriodKind.MONTH, SEPTEMBER, now=surge.NOW, price=price)

    (row,) = found.forecasts
    assert (row.periods, row.forecast, row.actual, row.open) == (20, 40_000, 42_000, 0)
    assert [round(value, 2) for value in (row.accuracy.wape, row.accuracy.bias)] == [Decimal("4.76"), Decimal("5.00")]
    assert found.pooled == row.accuracy
    # A day without figures is no day of zero calls: its forecast is left out, and counted.
    about = {"locked_at": surge.LOCKED, "recorded_at": surge.LOCKED, "recorded_by": "test"}
    Forecast.objects.create(queue=made.queue, start=date(2026, 9, 25), volume=2_000, **about)
    (row,) = client_card(made.manager, PeriodKind.MONTH, SEPTEMBER, now=surge.NOW, price=price).forecasts
    assert (row.periods, row.open) == (20, 1)


@pytest.mark.parametrize(
    ("days", "whose", "grain", "periods", "wape"),
    [
        # 42,000 came against 40,000 of the month; by the day two are 1,000 off.
        (0, "client", "month", 1, "4.76"),
        (1, "client", "month", 1, "4.76"),
        (19, "client", "month", 1, "4.76"),
        (20, "client", "day", 20, "4.76"),
        (20, "vendor", "month", 1, "4.76"),
    ],
)
def test_a_month_is_judged_by_the_grain_that_covers_most_of_it(
    days: int, whose: str, grain: str, periods: int, wape: str
) -> None:
    made = surge.make_world()
    Queue.objects.filter(pk=made.queue.pk).update(closed_on=date(2026, 9, 20))
    surge.forecast(made, "month", 40_000)
    if days:
        surge.forecast(made, days=days, forecaster=whose)

    for kind in (PeriodKind.MONTH, PeriodKind.QUARTER):
        (row,) = client_card(made.manager, kind, SEPTEMBER, now=surge.NOW, price=price).forecasts
        assert (row.grain, row.periods, row.open) == (grain, periods, 0)
        assert round(row.accuracy.wape or Decimal(0), 2) == Decimal(wape)


def test_a_quarter_has_a_row_for_each_grain_its_months_are_judged_by() -> None:
    made = surge.make_world()
    surge.forecast(made)
    Queue.objects.filter(pk=made.queue.pk).update(opened_on=date(2026, 8, 31), closed_on=date(2026, 9, 20))
    make_figures(made.queue, date(2026, 8, 31), offered=90, within=80)
    rows = [{"queue": "voice", "start": date(2026, 8, 1), "volume": Decimal(100)}]
    lock_forecasts(rows, grain="month", locked_at=datetime(2026, 7, 2, tzinfo=UTC), actor=made.manager, now=surge.NOW)

    found = client_card(made.manager, PeriodKind.QUARTER, SEPTEMBER, now=surge.NOW, price=price)

    assert [(row.grain, row.periods, row.actual) for row in found.forecasts] == [("month", 1, 90), ("day", 20, 42_000)]
    # |100 - 90| and twice |2,000 - 3,000|, of 42,090.
    assert round(found.pooled.wape or Decimal(0), 2) == Decimal("4.78")


def test_a_vendors_forecast_and_one_that_is_not_over_say_nothing_of_the_client(world: World) -> None:
    assert card(world.manager).forecasts == []
    assert card(world.manager).pooled.wape is None


def test_minutes_of_outage_are_a_union_of_those_the_client_stands_by(world: World) -> None:
    two_hours = {"starts_at": STARTS, "ends_at": STARTS + timedelta(hours=2)}
    event(world, **two_hours)
    event(world, starts_at=STARTS + timedelta(hours=1), ends_at=STARTS + timedelta(hours=3))
    event(world, starts_at=datetime(2026, 8, 31, 14, tzinfo=UTC), ends_at=datetime(2026, 8, 31, 15, 30, tzinfo=UTC))
    event(world, by=world.member, starts_at=STARTS - 3 * DAY, ends_at=STARTS - 2 * DAY)
    withdrawn = event(world, starts_at=STARTS - 3 * DAY, ends_at=STARTS - 2 * DAY)
    factors.withdraw(withdrawn.pk, actor=world.manager, now=NOW)
    denied = event(world, starts_at=STARTS - 5 * DAY, ends_at=STARTS - 4 * DAY)
    factors.confirm(denied.pk, answer="denied", actor=world.department, now=NOW)

    found = card(world.manager).outages

    # Half an hour of the third lies in September in Korea; a vendor's own word counts once it is confirmed.
    assert (found.total, found.by_service) == (Decimal("210.0"), [("Voice", Decimal("210.0"))])
    assert len(found.events) == 3
    mine = event(world, by=world.member, starts_at=STARTS - DAY, ends_at=STARTS - DAY + timedelta(minutes=10))
    factors.confirm(mine.pk, answer="confirmed", actor=world.department, now=NOW)
    assert card(world.manager).outages.total == Decimal("220.0")


def test_notice_and_knowledge_tell_unknown_from_late(world: World) -> None:
    for announced, ready in ((8, 1), (2, -1), (None, None)):
        event(
            world,
            kind="campaign",
            is_planned=True,
            announced_at=None if announced is None else STARTS - announced * DAY,
            knowledge_ready_at=None if ready is None else STARTS - ready * DAY,
        )
    event(world, kind="outage")

    found = card(world.manager)

    assert (found.notice.found.in_time, found.notice.found.late, found.notice.found.unknown) == (1, 1, 1)
    assert (found.notice.found.share, found.notice.median) == (Decimal("50.00"), Decimal("5.0"))
    assert (found.knowledge.found.in_time, found.knowledge.found.late, found.knowledge.found.unknown) == (1, 1, 1)


def claimed(world: World, department: Department, **fields: Any) -> ExternalFactor:
    factor = outage(world, department=department, **fields)
    return factors.claim(factor.pk, evidence="Ticket", actor=world.member, now=NOW)


def test_claims_and_answers_are_held_against_the_terms(world: World) -> None:
    it = Department.objects.create(code="it", name="IT")
    october = {"day": date(2026, 10, 1)}
    answered, silent = claimed(world, it, slices=[SLICE]), claimed(world, it, slices=[])
    assert card(world.manager, **october).decisions.found.unknown == 2
    ContractTerms.objects.filter(contract=world.contract).update(relief={"answer_days": 2, "decision_days": 5})

    factors.confirm(answered.pk, answer="confirmed", actor=world.department, now=NOW + DAY)
    factors.approve(answered.pk, decision="Yes", actor=world.manager, now=NOW + DAY)
    soon = card(world.manager, now=NOW + DAY, **october)
    later = card(world.manager, now=NOW + 20 * DAY, **october)

    for section in (soon.decisions, soon.answers):
        assert (section.found.in_time, section.found.late, section.found.unknown) == (1, 0, 1)
    for section in (later.decisions, later.answers):
        assert (section.found.in_time, section.found.late, section.found.unknown) == (1, 1, 0)
    assert [row.factor for row in later.answers.rows] == [answered, silent]


def attributed(world: World, parameters: dict[str, str], **fields: Any) -> ExternalFactor:
    factor = event(world, by=world.second_manager, method="attribute", parameters=parameters, slices=[SLICE], **fields)
    factors.approve(factor.pk, decision="Theirs", actor=world.manager, now=NOW)
    drain(now=NOW)
    return factor


def test_what_was_attributed_stands_on_the_card_and_in_the_trend(world: World) -> None:
    it = Department.objects.create(code="it", name="IT")
    factor = attributed(world, {"party": "it"}, department=it)

    for found in (card(world.manager), card(world.member), card(world.manager, PeriodKind.QUARTER)):
        (row,) = found.attributed
        assert (row.department, row.factors, row.days) == (it, [factor], 1)
        assert (row.calls, row.missed, row.points) == (1_000, 900, Decimal("1.45"))
        (lost,) = found.trend
        assert (lost.start, lost.department, lost.missed) == (date(2026, 7, 1), it, 900)
    assert card(world.manager, day=date(2026, 10, 1)).attributed == []
    assert card(world.manager, vendor="nobody").trend == []


def test_two_whole_days_on_one_queue_day_are_lost_once(world: World) -> None:
    it = Department.objects.create(code="it", name="IT")
    for title in ("Phones", "Power"):
        factor = event(
            world, by=world.second_manager, method="attribute", parameters={"party": "it"}, department=it, title=title
        )
        factors.approve(factor.pk, decision="Theirs", actor=world.manager, now=NOW)
    drain(now=NOW)

    (row,) = card(world.manager).attributed
    assert (len(row.factors), row.days, row.calls, row.missed) == (2, 1, 4_000, 1_200)


def test_what_is_put_to_another_contract_is_told_without_whose_it_was(world: World) -> None:
    other = make_contract(make_vendor("narae"), "narae-2026")
    make_queue(other, "narae-voice")
    attributed(world, {"contract": "narae-2026"}, title="The lines of Voice-2026 were down")
    outsider = make_user(role=Role.VENDOR_ADMIN, vendor=other.vendor)

    (put,) = card(actor_of(outsider)).put

    assert (put.contract, put.start, put.calls, put.missed) == (other, SEPTEMBER, 1_000, 900)
    assert card(world.member).put == []
    with time_machine.travel(NOW, tick=False):
        text = client_for(outsider).get(f"{API}?start=2026-09-01").content.decode()
        page = Client(headers={"accept-language": "ko"})
        page.force_login(outsider)
        shown = page.get("/client/?month=2026-09").content.decode()
    for one in (text, shown):
        assert not any(name in one for name in ("voice-2026", "Voice-2026", "vendor-"))
        assert "narae" in one.lower()
    assert "다른 곳에서 이관된 건" in shown


def test_it_stands_on_the_card_of_that_contract_as_information(world: World) -> None:
    other = make_contract(make_vendor("narae"), "narae-2026")
    queue = make_queue(other, "narae-voice")
    make_target(other, Kpi.objects.get(code="service_level"), 80, weight=100)
    make_figures(queue, SEPTEMBER, offered=100, within=90)
    mark(contract_ids=[other.pk], first_on=SEPTEMBER)
    attributed(world, {"contract": "narae-2026"})
    theirs, ours = (Scorecard.objects.get(contract=one, start=SEPTEMBER) for one in (other, world.contract))
    manager = Client(headers={"accept-language": "ko"})
    manager.force_login(make_user(role=Role.MANAGER))

    pages = [manager.get(f"/scorecards/{one.pk}/").content.decode() for one in (theirs, ours)]

    assert ["다른 곳에서 이관된 건" in page for page in pages] == [True, False]
    assert "승인된 대외 변수로 다른 운영업체 업무그룹의 하루치 1건이 이 계약으로 이관되었습니다." in pages[0]
    assert 'href="/client/?month=2026-09#put"' in pages[0]
    asked = manager.get("/client/?month=2026-09").content.decode()
    assert '<td role="cell" class="figure" data-label="영향받은 인입 건수">1,000</td>' in asked
    # Its own figures are what it reported.
    assert theirs.lines.get(kind="kpi").value == 90


@time_machine.travel(NOW, tick=False)
def test_the_api_answers_one_row_a_period(world: World, api: Callable[[Any], Any]) -> None:
    event(world)
    manager = client_for(make_user(role=Role.MANAGER))

    (row,) = manager.get(f"{API}?period=quarter&start=2026-09-30").json()["results"]

    assert (row["period"], row["start"], row["end"], row["is_over"]) == ("quarter", "2026-07-01", "2026-10-01", True)
    assert row["outages"]["by_service"] == [{"service": "Voice", "minutes": "150"}]
    assert row["forecast_accuracy"] == {"wape": None, "bias": None}
    for query in ("period=week", "start=2026-9-1", "start=1899-01-01", "from=2026-09-01"):
        assert manager.get(f"{API}?{query}").status_code == 400
    assert client_for(make_user(role=Role.DEPARTMENT)).get(API).status_code == 403


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(("language", "word"), [("ko", "발주사 평가표"), ("en", "The client&#x27;s own scorecard")])
def test_the_page_is_read_by_both_sides_in_both_languages(world: World, language: str, word: str) -> None:
    it = Department.objects.create(code="it", name="IT operations")
    attributed(world, {"party": "it"}, department=it)
    claimed(world, it, slices=[])
    event(world, kind="campaign", is_planned=True)
    for user in (make_user(role=Role.MANAGER), make_user(role=Role.VENDOR_MEMBER, vendor=world.contract.vendor)):
        reader = Client(headers={"accept-language": language})
        reader.force_login(user)
        for address in ("/client/?month=2026-09", "/client/?grain=quarter&month=2026-10", "/client/"):
            answer = reader.get(address)
            assert answer.status_code == 200
            assert word in answer.content.decode()
        assert "IT operations" in reader.get("/client/?month=2026-09").content.decode()
        for query in ("grain=week", "month=1899-01", "month=x"):
            assert reader.get(f"/client/?{query}").status_code == 400
    stranger = Client()
    stranger.force_login(make_user(role=Role.DEPARTMENT))
    assert stranger.get("/client/").status_code == 403


def test_more_events_cost_no_more_queries(world: World) -> None:
    it = Department.objects.create(code="it", name="IT")
    make_target(world.contract, make_kpi("answer_share", "100 * answered / offered"), 80, weight=50)

    def grow() -> None:
        for number in range(3):
            queue = make_queue(world.contract, f"chat-{number}")
            make_figures(queue, STARTS.date(), offered=10, within=5)
            factor = outage(
                world, by=world.second_manager, queues=[queue], method="attribute", parameters={"party": "it"},
                department=it, is_planned=True, kind="campaign",
            )  # fmt: skip
            factors.claim(factor.pk, evidence="x", actor=world.second_manager, now=NOW)
            factors.confirm(factor.pk, answer="confirmed", actor=world.department, now=NOW)
            factors.approve(factor.pk, decision="x", actor=world.manager, now=NOW)

    grow_first = attributed(world, {"party": "it"}, department=it)
    assert grow_first.pk
    assert_constant_queries(lambda: card(world.manager), grow)
