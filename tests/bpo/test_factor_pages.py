"""The pages of external factors: registered, claimed, priced, decided; in words of both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from kpis.models import ExternalFactor, FactorSlice, Forecast
from kpis.services.recalculation import drain
from tests.checks import assert_constant_queries
from tests.kpis.factors.surge import forecast, surge
from tests.kpis.factors.surge import make_world as make_surge
from tests.kpis.factors.world import NOW, World, make_world, month, outage
from tests.make import make_contract, make_queue, make_user, make_vendor
from vendors.choices import Role

pytestmark = pytest.mark.django_db
LIST, NEW = "/factors/", "/factors/new/"
Page = Callable[..., Client]
FIELDS = {
    "kind": "outage",
    "title": "교환기 장애",
    "starts_at": "2026-09-30T10:00",
    "ends_at": "2026-09-30T12:30",
    "queues": ["voice"],
    "slices": "queue,date,offered,within\nvoice,2026-09-30,1000,100\n",
}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def page() -> Iterator[Page]:
    def signed_in(name: str, language: str = "ko") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(User.objects.get(username=name))
        return client

    with time_machine.travel(NOW, tick=False):
        yield signed_in


def test_from_the_claim_to_adjusted_figures(world: World, page: Page) -> None:
    member, manager = page("jisu"), page("mina")
    made = member.post(NEW, FIELDS)["Location"]
    claimed = member.post(f"{made}claim/", {"evidence": "티켓 4711"}, follow=True)
    assert "평가 제외를 신청했습니다." in claimed.content.decode()

    priced = manager.get(made).content.decode()
    assert "82.39" in priced
    assert "Answered in time 100" in priced
    decided = manager.post(f"{made}approve/", {"decision": "당사 장애"}, follow=True).content.decode()

    assert "승인했습니다" in decided
    assert "당사 장애" in decided
    assert FactorSlice.objects.get().measures == {"offered": 1_000, "within": 100}
    drain(now=NOW)
    assert month(world) == (Decimal("81.23"), Decimal("82.39"))
    assert "교환기 장애" in member.get(LIST).content.decode()


def test_what_is_wrong_is_said_at_its_form(world: World, page: Page) -> None:
    member = page("jisu")

    refused = member.post(NEW, {**FIELDS, "ends_at": "2026-09-30T09:00"})
    assert refused.status_code == 400
    assert "종료는 시작보다 뒤여야 합니다." in refused.content.decode()
    refused = member.post(NEW, {**FIELDS, "slices": "queue,date,offered\nvoice,2026-09-29,5\n"})
    assert refused.status_code == 422
    refused = member.post(NEW, {**FIELDS, "title": ""})
    assert refused.status_code == 400
    assert not ExternalFactor.objects.exists()

    factor = outage(world)
    assert member.post(f"{LIST}{factor.pk}/claim/", {"evidence": ""}).status_code == 400
    factor.refresh_from_db()
    assert factor.status == "draft"


def test_nobody_is_offered_to_decide_on_his_own(world: World, page: Page) -> None:
    factor = outage(world, by=world.manager)

    assert f"/factors/{factor.pk}/approve/" not in page("mina").get(f"{LIST}{factor.pk}/").content.decode()
    assert f"/factors/{factor.pk}/approve/" in page("sora").get(f"{LIST}{factor.pk}/").content.decode()
    assert page("mina").post(f"{LIST}{factor.pk}/approve/", {"decision": "x"}).status_code == 409


def test_another_vendor_finds_nothing(world: World, page: Page) -> None:
    other = make_contract()
    make_user("out", Role.VENDOR_ADMIN, other.vendor)
    factor = outage(world)
    both = outage(world, by=world.manager, queues=[world.queue, make_queue(other, "narae-voice")])

    assert page("out").get(f"{LIST}{factor.pk}/").status_code == 404
    shown = page("out").get(f"{LIST}{both.pk}/").content.decode()
    assert world.queue.centre.vendor.label not in shown
    assert "Narae-Voice" in shown


def test_it_is_empty_and_says_what_to_do(world: World, page: Page) -> None:
    assert "등록된 대외 변수가 없습니다" in page("it").get(LIST).content.decode()
    assert "No external factor" in page("it", "en").get(LIST).content.decode()


def test_it_makes_as_many_queries_for_many_as_for_one(world: World, page: Page) -> None:
    outage(world)
    member = page("jisu")
    assert_constant_queries(lambda: member.get(LIST), lambda: [outage(world) for _ in range(4)])


def test_the_methods_stand_side_by_side_before_approval(page: Page) -> None:
    world = make_surge()
    forecast(world)
    factor = surge(world, "cap")

    shown = page("mina").get(f"{LIST}{factor.pk}/").content.decode()

    assert "방법별 비교" in shown
    for figure in ("77.43", "82", "80.5", "81.71"):
        assert f"{figure}</td>" in shown
    # On a phone each figure carries the name of its method, and rows name the contract, not its code.
    assert shown.count('data-label="예측의 일정 비율까지만 평가(상한)"') > 1
    assert world.contract.name in shown.partition("방법별 비교")[2]


def test_a_monthly_forecast_shows_the_surge_it_hides(page: Page) -> None:
    world = make_surge()
    forecast(world, "month", 40_000)

    shown = page("mina", "en").get(f"{LIST}{surge(world, 'suspend').pk}/").content.decode()

    assert "the volume stayed within what the forecast allows" in shown.lower()
    assert shown.count("+50.00 %") == 2


def test_forecasts_are_pasted_and_bad_lines_named(world: World, page: Page) -> None:
    manager = page("mina")
    given = {"grain": "day", "forecaster": "client", "band": "10", "measure": "offered"}

    refused = manager.post("/forecasts/", {**given, "rows": "voice,2026-11-01,2000\nvoice,tomorrow,5"})
    assert refused.status_code == 400
    assert "2번째 줄" in refused.content.decode()
    done = manager.post("/forecasts/", {**given, "rows": "queue,day,volume\nvoice\t2026-11-01\t2,000"}, follow=True)

    assert "예측 1건을 확정했습니다." in done.content.decode()
    assert "2,000" in done.content.decode()
    assert page("jisu").post("/forecasts/", {**given, "rows": "voice,2026-11-02,5"}).status_code == 200
    assert Forecast.objects.count() == 1


def test_a_factor_with_a_method_is_registered_on_the_page(world: World, page: Page) -> None:
    fields = {**FIELDS, "slices": "", "method": "cap", "share": "120"}

    page("jisu").post(NEW, fields)

    made = ExternalFactor.objects.get()
    assert (made.method, made.parameters) == ("cap", {"share": "1.2"})


def test_the_terms_of_a_method_are_told_in_words(world: World, page: Page) -> None:
    other = make_contract(make_vendor("daon", name="다온씨에스"), "daon-voice", name="음성 상담")
    outage(world, world.manager, method="attribute", parameters={"contract": other.code})
    capped = outage(world, method="cap", parameters={"share": "1.2"})

    manager, member = page("mina"), page("jisu")
    moved = f"{LIST}{ExternalFactor.objects.exclude(pk=capped.pk).get().pk}/"

    assert "이관할 평가표: 다온씨에스 · 음성 상담" in manager.get(moved).content.decode()
    assert "이관할 평가표: 다른 운영업체" in member.get(moved).content.decode()
    assert "daon-voice" not in member.get(moved).content.decode()
    assert "예측의 120%까지 평가" in manager.get(f"{LIST}{capped.pk}/").content.decode()


def test_factors_on_the_same_days_name_each_other(world: World, page: Page) -> None:
    first, second = outage(world, title="교환기 장애"), outage(world, title="회선 장애")
    shown = page("jisu").get(f"{LIST}{first.pk}/").content.decode()

    assert f'<a href="{LIST}{second.pk}/">회선 장애</a>' in shown
    assert "겹치는 날은 한 번만 제외되므로 서로 더하지 마세요" in shown

    ExternalFactor.objects.filter(pk=second.pk).update(status="withdrawn")
    assert "회선 장애" not in page("jisu").get(f"{LIST}{first.pk}/").content.decode()
