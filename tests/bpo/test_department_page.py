"""What a department gets in return: by link without an account, and signed in; sums, no vendor by name, no blame."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from bpo.models import DepartmentQuestion
from bpo.queries.department_page import department_page
from bpo.services.departments import ask_departments
from bpo.services.departments.tokens import token_of
from bpo.services.money import price
from kpis.models import DailyMetric
from kpis.services import factors
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.checks import assert_constant_queries
from tests.kpis.factors.world import ENDS, NOW, OUTAGE, STARTS, World, make_world, outage
from tests.make import make_contract, make_figures, make_kpi, make_queue, make_target, make_user, make_vendor
from vendors.authentication import actor_of
from vendors.choices import Role
from vendors.models import Department

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def it() -> Department:
    return Department.objects.create(code="it", name="IT operations", name_ko="IT운영팀", email="it@example.com")


@pytest.fixture
def world() -> World:
    """Eight weeks more before the outage, with waits and cost reported."""
    made = make_world()
    fee = make_kpi("cost_per_contact", "fee / offered", unit="KRW", direction="lower")
    asa = make_kpi("asa", "wait_s / offered", unit="s", direction="lower")
    for kpi, target in ((fee, 3_000), (asa, 20)):
        make_target(made.contract, kpi, target, weight=10, attainment_mode="linear_lower")
    DailyMetric.objects.filter(queue=made.queue).delete()
    for number in range(84):
        day = OUTAGE - number * DAY
        is_hit = number == 0
        offered = 4_000 if is_hit else 2_000 + 10 * (number % 5)
        make_figures(
            made.queue, day, offered=offered, within=int(offered * (0.5 if is_hit else 0.82)),
            wait_s=offered * (58 if is_hit else 20 + number % 3), fee=offered * (2_490 + 10 * (number % 3)),
        )  # fmt: skip
    mark(contract_ids=[made.contract.pk], first_on=OUTAGE - 84 * DAY)
    drain(now=NOW)
    return made


def test_calls_waits_and_cost_beyond_the_usual(world: World, it: Department) -> None:
    outage(world, by=world.department, department=it, is_planned=True, announced_at=STARTS - 8 * DAY)

    page = department_page(it, world.department, now=NOW, price=price)

    (event,) = page.events
    assert event.calls == page.calls
    assert Decimal(1_900) < event.calls < Decimal(2_050)
    waits = {moved.kpi.code: moved for moved in event.waits}
    assert Decimal(35) < waits["asa"].change < Decimal(40)
    assert waits["service_level"].change < -30
    assert event.unit == "KRW"
    assert event.calls * 2_490 < event.cost < event.calls * 2_510
    assert (page.notice.share, page.notice_median, page.has_cost) == (Decimal("100.00"), Decimal("8.0"), True)


def test_what_is_denied_withdrawn_older_or_of_others_is_left_out(world: World, it: Department) -> None:
    other = Department.objects.create(code="marketing", name="Marketing")
    outage(world, by=world.department, department=other)
    denied, gone = (outage(world, by=world.department, department=it) for _number in range(2))
    factors.confirm(denied.pk, answer="denied", actor=world.department, now=NOW)
    factors.withdraw(gone.pk, actor=world.department, now=NOW)
    old = STARTS - 120 * DAY
    outage(world, by=world.department, department=it, starts_at=old, ends_at=old + DAY)

    assert department_page(it, world.department, now=NOW, price=price).events == []


def test_too_little_known_is_not_zero_and_cost_is_left_out_in_words(it: Department) -> None:
    made = make_world()
    outage(made, by=made.department, department=it, starts_at=STARTS - 20 * DAY, ends_at=ENDS - 20 * DAY)

    page = department_page(it, made.department, now=NOW, price=price)

    assert (page.calls, page.events[0].calls, page.events[0].cost, page.has_cost) == (None, None, None, False)
    with time_machine.travel(NOW, tick=False):
        reader = Client(headers={"accept-language": "ko"})
        reader.force_login(make_user(role=Role.DEPARTMENT))
        shown = reader.get("/departments/it/").content.decode()
    assert "자료 부족" in shown
    assert "건당 비용을 제출하는 계약이 없어 비용은 표시하지 않습니다." in shown


@time_machine.travel(NOW, tick=False)
def test_the_mail_carries_the_link_that_needs_no_account(world: World, it: Department) -> None:
    outage(world, by=world.department, department=it, title="교환기 장애")
    ask_departments(now=NOW)
    token = token_of(DepartmentQuestion.objects.get().pk)
    assert f"/asked/{token}/effects/" in mail.outbox[0].body

    anonymous = Client()
    shown = anonymous.get(f"/asked/{token}/effects/").content.decode()

    assert all(
        word in shown for word in ("교환기 장애", "원인 → 영향", "IT운영팀", "평균" if "평균" in shown else "asa")
    )
    assert not any(name in shown for name in (world.contract.name, world.contract.vendor.name, "/factors/"))
    assert "effects/" in anonymous.get(f"/asked/{token}/").content.decode()
    assert anonymous.get("/asked/1:x:y/effects/").status_code == 404
    assert anonymous.post(f"/asked/{token}/effects/").status_code == 405


@time_machine.travel(NOW, tick=False)
def test_wrong_links_are_counted(it: Department, settings: Any) -> None:
    settings.SIGN_IN_TRIES_OF_ADDRESS = 2

    assert [Client().get("/asked/x/effects/").status_code for _number in range(3)] == [404, 404, 429]


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("address", ["", "effects/"])
def test_who_is_signed_in_keeps_the_whole_navigation(world: World, it: Department, address: str) -> None:
    question = DepartmentQuestion.objects.create(department=it, week=NOW.date(), email="it@example.com")
    reader = Client(headers={"accept-language": "ko"})
    reader.force_login(make_user(role=Role.MANAGER))

    there = reader.get(f"/asked/{token_of(question.pk)}/{address}").content.decode()
    whole = reader.get("/departments/").content.decode()

    entries = ["/factors/", "/alerts/", "/submissions/", "/departments/", "/targets/"]
    assert all(f'href="{entry}"' in page for entry in entries for page in (there, whole))


@time_machine.travel(NOW, tick=False)
def test_departments_and_managers_open_it_and_vendors_do_not(world: World, it: Department) -> None:
    for role, vendor, status in (
        (Role.DEPARTMENT, None, 200), (Role.MANAGER, None, 200), (Role.VENDOR_ADMIN, world.contract.vendor, 403),
        (Role.EXECUTIVE, None, 403),
    ):  # fmt: skip
        reader = Client()
        reader.force_login(make_user(role=role, vendor=vendor))
        assert [reader.get(f"/departments/{code}").status_code for code in ("", "it/")] == [status, status]
    manager = Client()
    manager.force_login(make_user(role=Role.MANAGER))
    assert manager.get("/departments/nobody/").status_code == 404


def test_a_department_of_one_vendor_reads_the_sums_of_its_queues_alone(world: World, it: Department) -> None:
    queue = make_queue(make_contract(make_vendor("narae")), "narae-voice")
    outage(world, by=world.manager, department=it, queues=[world.queue, queue])

    alone = actor_of(make_user(role=Role.DEPARTMENT, vendor=queue.centre.vendor))

    assert department_page(it, alone, now=NOW, price=price).calls is None
    assert department_page(it, world.department, now=NOW, price=price).calls is not None


def test_more_events_cost_no_more_queries(world: World, it: Department) -> None:
    def grow() -> None:
        for number in range(1, 4):
            fields = {"starts_at": STARTS - number * DAY, "ends_at": STARTS - number * DAY + timedelta(hours=1)}
            outage(world, by=world.department, department=it, **fields)

    outage(world, by=world.department, department=it)
    assert_constant_queries(lambda: department_page(it, world.department, now=NOW, price=price), grow)
