"""The pages of reconciliation: the list, one item with both figures, and the decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from kpis.models import DailyMetric, Reconciliation
from kpis.services.submissions import submit
from tests import make
from tests.checks import assert_constant_queries
from vendors.actors import KeyRole
from vendors.choices import Role
from vendors.models import Contract, MeasureProvision

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 20, 3, 0, tzinfo=UTC)
LIST = "/reconciliations/"


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def contract(db: None) -> Contract:
    make.make_measure("offered", name_ko="인입호")
    contract = make.make_contract(make.make_vendor("hanbit", name_ko="한빛씨에스"))
    make.make_queue(contract, "voice", name="주문 전화")
    MeasureProvision.objects.create(
        contract=contract, measure="offered", owner="client", second="vendor", tolerance_percent=Decimal(1)
    )
    report(contract, 16)
    return contract


def report(contract: Contract, day: int) -> None:
    for actor, offered in (
        (make.make_actor(KeyRole.CLIENT_INGEST), 1000),
        (make.make_actor(Role.VENDOR_MEMBER, contract.vendor), 1030),
    ):
        rows = [{"queue": "voice", "date": f"2026-03-{day:02}", "measures": {"offered": offered}}]
        submit(actor=actor, rows=rows, now=NOW)


@pytest.fixture
def page() -> Callable[..., Client]:
    def signed_in(role: str, vendor: Any = None, language: str = "ko") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(make.make_user(role=role, vendor=vendor))
        return client

    return signed_in


def test_the_list_shows_both_figures_and_how_far_they_are_apart(contract: Contract, page: Callable[..., Any]) -> None:
    text = page(Role.MANAGER).get(LIST).content.decode()

    for shown in ("인입호", "1,000", "1,030", "+30", "3.00 %", "한빛씨에스"):
        assert shown in text
    assert "대조할 항목이 없습니다" in page(Role.MANAGER).get(LIST, {"status": "settled"}).content.decode()


def test_a_manager_decides_on_the_page_and_both_sides_read_why(contract: Contract, page: Callable[..., Any]) -> None:
    item, client = Reconciliation.objects.get(), page(Role.MANAGER)

    wrong = client.post(f"{LIST}{item.pk}/settle/", {"decision": "agreed", "note": "서로 확인"})
    done = client.post(
        f"{LIST}{item.pk}/settle/", {"decision": "agreed", "value": "1010", "note": "서로 확인"}, follow=True
    )

    assert (wrong.status_code, done.status_code) == (400, 200)
    assert DailyMetric.objects.get().measures == {"offered": 1010}
    vendors = page(Role.VENDOR_ADMIN, contract.vendor).get(f"{LIST}{item.pk}/")
    assert "서로 확인" in vendors.content.decode()
    assert "1,010" in vendors.content.decode()


def test_a_vendor_reads_its_own_items_and_decides_nothing(contract: Contract, page: Callable[..., Any]) -> None:
    item = Reconciliation.objects.get()
    own, other = page(Role.VENDOR_ADMIN, contract.vendor), page(Role.VENDOR_ADMIN, make.make_vendor())

    assert own.get(f"{LIST}{item.pk}/").context["form"] is None
    assert own.post(f"{LIST}{item.pk}/settle/", {"decision": "first", "note": "x"}).status_code == 403
    assert other.get(f"{LIST}{item.pk}/").status_code == 404
    assert "인입호" not in other.get(LIST).content.decode()
    foreign = page(Role.MANAGER, make.make_vendor())
    assert foreign.post(f"{LIST}{item.pk}/settle/", {"decision": "first", "note": "x"}).status_code == 404
    assert page(Role.EXECUTIVE).get(LIST).status_code == 403
    assert page(Role.ANALYST, language="en").get(f"{LIST}{item.pk}/").status_code == 200


def test_it_makes_a_constant_number_of_queries(contract: Contract, page: Callable[..., Any]) -> None:
    client = page(Role.MANAGER)

    assert_constant_queries(lambda: client.get(LIST), lambda: [report(contract, day) for day in range(9, 13)])
