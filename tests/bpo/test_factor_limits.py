"""The page of a factor under terms of relief: caps before anybody decides, part of it approved, in words of both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from kpis.models import ExternalFactor
from kpis.services import factors
from tests.conftest import client_for
from tests.kpis.factors.world import ENDS, NOW, SLICE, STARTS, World, make_world, outage
from vendors.models import ContractTerms, Department

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = make_world()
    relief = {"most_days": 2, "most_points": "5", "most_share": "50", "answer_days": 3}
    ContractTerms.objects.filter(contract=world.contract).update(relief=relief)
    return world


def page(name: str, language: str = "ko") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(User.objects.get(username=name))
    return client


def three_days(world: World, **fields: Any) -> ExternalFactor:
    given = {"starts_at": STARTS - timedelta(days=2), "ends_at": ENDS, **fields}
    factor = outage(world, by=world.second_manager, **given)
    return factors.claim(factor.pk, evidence="Ticket", actor=world.second_manager, now=NOW)


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(("language", "word"), [("ko", "한도 초과"), ("en", "over the cap")])
def test_the_caps_stand_there_before_anybody_decides(world: World, language: str, word: str) -> None:
    factor = three_days(world)

    shown = page("mina", language).get(f"/factors/{factor.pk}/").content.decode()

    assert word in shown
    assert shown.count('name="slices"') == 3


@time_machine.travel(NOW, tick=False)
def test_too_much_is_refused_with_the_cure_and_part_is_approved(world: World) -> None:
    factor, manager = three_days(world), page("mina")
    address = f"/factors/{factor.pk}/approve/"

    refused = manager.post(address, {"decision": "장애", "slices": ["0", "1", "2"]})
    assert refused.status_code == 409
    assert "이미 사용 0, 남은 한도 2입니다. 일부만 승인하거나 제외 구간을 줄이세요." in refused.content.decode()

    assert manager.post(address, {"decision": "장애"}).status_code == 400
    assert manager.post(address, {"decision": "장애", "slices": ["0", "2"]}).status_code == 302
    factor.refresh_from_db()
    assert (factor.status, factor.approved.count()) == ("partly_approved", 2)


@time_machine.travel(NOW, tick=False)
def test_until_when_the_department_answers_is_said(world: World) -> None:
    factor = three_days(world, department=Department.objects.create(code="it", name="IT"), slices=[SLICE])

    shown = page("mina", "en").get(f"/factors/{factor.pk}/").content.decode()
    refused = page("mina").post(f"/factors/{factor.pk}/reject/", {"decision": "아님"})

    assert "answers until" in shown
    assert refused.status_code == 409
    assert "회신 기한은 2026-10-09입니다" in refused.content.decode()
    late = NOW + timedelta(days=7)
    factors.confirm(factor.pk, answer="confirmed", actor=world.department, now=late)
    assert "회신 기한 경과" in page("mina").get(f"/factors/{factor.pk}/").content.decode()
    shown = client_for(User.objects.get(username="mina")).get(f"/api/v1/external-factors/{factor.pk}/").json()
    assert [step["late"] for step in shown["history"]] == [False, False, True]


@time_machine.travel(NOW, tick=False)
def test_the_api_answers_the_caps(world: World, api: Callable[[Any], Any]) -> None:
    factor = three_days(world)
    manager = client_for(User.objects.get(username="mina"))

    answer = manager.post(f"/api/v1/external-factors/{factor.pk}/what-if/").json()

    days = answer["caps"][0]
    assert (days["cap"], days["most"], days["with_this"], days["is_over"]) == ("most_days", "2", "3", True)
    assert {one["cap"] for one in answer["caps"]} == {"most_days", "most_points", "most_share"}
    refused = manager.post(f"/api/v1/external-factors/{factor.pk}/approve/", {"decision": "x"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "relief_cap")
    assert refused.json()["caps"] == [days]


@time_machine.travel(NOW, tick=False)
def test_when_agents_knew_is_said_by_the_client_only(world: World) -> None:
    factor = outage(world, by=world.manager, kind="campaign")
    address = f"/factors/{factor.pk}/"
    assert "knowledge/" not in page("jisu").get(address).content.decode()

    answer = page("mina").post(f"{address}knowledge/", {"knowledge_ready_at": "2026-09-29T09:00"}, follow=True)

    assert answer.status_code == 200
    factor.refresh_from_db()
    assert factor.knowledge_ready_at == datetime(2026, 9, 29, 0, 0, tzinfo=UTC)
    assert "스크립트·FAQ 준비 완료" in answer.content.decode()
    api = "/api/v1/external-factors/"
    late = {"knowledge_ready_at": "2026-10-01T00:00:00Z"}
    for who, code in (("jisu", 409), ("mina", 200)):
        client = client_for(User.objects.get(username=who))
        assert client.patch(f"{api}{factor.pk}/", late, format="json").status_code == code
    mine = outage(world)
    refused = client_for(User.objects.get(username="jisu")).patch(f"{api}{mine.pk}/", late, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "of_the_client")
