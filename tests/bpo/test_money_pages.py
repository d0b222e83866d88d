"""Money in the overview, on the client's own card and on the page of a department."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bpo.models import Scorecard
from bpo.queries.overview import overview
from bpo.services.money import price
from kpis.calc.facts import PeriodKind
from kpis.models import ExternalFactor
from kpis.services import factors
from kpis.services.factors.costs import costs_of
from kpis.services.recalculation import drain
from tests.bpo.money_world import BY_GRADE, PERCENTS, agree, by_kpi
from tests.bpo.pages_sample import AFTER, MONTH, Programme, make_programme, signed_in
from tests.bpo.scorecard_world import APRIL, IN_MAY, MANAGER, card_of, compute
from tests.bpo.test_card_money import minimum_80
from tests.cast import client_for
from tests.checks import queries_of
from tests.make import make_actor, make_user
from vendors.choices import Role
from vendors.models import Contract, Department, Queue

pytestmark = pytest.mark.django_db

DEAR = {grade: percent - 1 for grade, percent in PERCENTS.items()}
"""Every grade a per cent lower than usual, so that most months are reduced."""


@pytest.mark.usefixtures("after_the_month")
def test_the_overview_adds_up_the_reductions_of_every_scheme_within_its_queries(programme: Programme) -> None:
    shifts = {"narae": -30, "areum": -30, "dasom": 0}
    others = [make_programme(code, f"{code} 상담", shift=shift) for code, shift in shifts.items()]
    unit = {"kind": "unit", "price": Decimal(100), "measure": "answered"}
    agree(programme.contract, {**BY_GRADE, "percents": DEAR}, MONTH)
    repeat = {"repeat_from": 2, "repeat_multiplier": Decimal(2)}
    agree(others[0].contract, by_kpi(service_level=50, answer_rate=60) | repeat, MONTH)
    agree(others[1].contract, {**BY_GRADE, "fees": [unit]}, MONTH)
    Contract.objects.filter(pk=others[2].contract.pk).update(is_pilot=True)
    agree(others[2].contract, BY_GRADE, MONTH)
    manager = signed_in(Role.MANAGER, language="ko")
    address = "/overview/?on=2026-10-01"

    page = overview(make_actor(Role.MANAGER), PeriodKind.MONTH, MONTH, now=AFTER)

    worth = {row.contract.pk: row.money for row in page.rows}
    ours, theirs, billed, pilot = (worth[one.contract.pk] for one in (programme, *others))
    assert ours is not None
    assert ours.adjustment == 1_200_000 * DEAR[programme.card().grade]
    assert theirs is not None
    assert theirs.adjustment == -12_000_000
    assert billed is not None
    assert billed.statement is not None
    assert billed.statement.fee == 100 * sum(row.measures["answered"] for row in others[1].queue.daily_metrics.all())
    assert pilot is not None
    assert (pilot.reason, pilot.adjustment) == ("pilot", None)
    reductions = [money.adjustment for money in worth.values() if money and money.adjustment]
    assert page.at_risk == {"KRW": sum(min(amount, Decimal(0)) for amount in reductions)}
    shown = manager.get(address).content.decode()
    assert "−12,000,000원" in shown
    assert "시범 운영이라 정산에 반영하지 않습니다." in shown
    asked = queries_of(lambda: manager.get(address))
    assert len(asked) <= 15, "\n".join(asked)


@pytest.mark.usefixtures("after_the_month")
def test_a_vendor_reads_an_estimate_of_its_month_before_it_is_shown_the_card(programme: Programme) -> None:
    agree(programme.contract, {**BY_GRADE, "percents": DEAR}, MONTH)
    vendor = make_actor(Role.VENDOR_ADMIN, programme.vendor)

    (row,) = overview(vendor, PeriodKind.MONTH, MONTH, now=AFTER).rows

    assert row.card is None
    assert row.money is not None
    assert row.money.is_estimate
    assert row.money.adjustment == 1_200_000 * DEAR[row.money.grade]
    client = signed_in(Role.VENDOR_ADMIN, programme.vendor, language="ko")
    page = client.get("/overview/?on=2026-10-01").content.decode()
    assert "예상 " in page
    assert f"등급 {row.money.grade}" in page


def sale(contract: Contract, queue: Queue, department: Department) -> ExternalFactor:
    about = {
        "kind": "campaign", "title": "Sale", "starts_at": datetime(2026, 4, 1, tzinfo=UTC),
        "ends_at": datetime(2026, 4, 2, 10, tzinfo=UTC), "department": department,
    }  # fmt: skip
    return factors.register(about, queues=[queue], actor=MANAGER, now=IN_MAY)


@pytest.mark.usefixtures("frozen_clock")
def test_what_waits_and_what_was_decided_stand_in_won_where_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    contract, queue = minimum_80()
    agree(contract, by_kpi(service_level=50))
    compute(contract)
    it = Department.objects.create(code="it", name="IT", name_ko="IT운영팀")
    made = sale(contract, queue, it)
    factors.claim(made.pk, evidence="mail", actor=MANAGER, now=IN_MAY)

    waiting = overview(make_actor(Role.EXECUTIVE), PeriodKind.MONTH, APRIL, now=IN_MAY).waiting_relief
    other = make_actor(Role.MANAGER)
    factors.approve(made.pk, decision="yes", actor=second(other), now=IN_MAY)
    drain(now=IN_MAY)

    assert waiting == {"KRW": 6_000_000}
    assert overview(other, PeriodKind.MONTH, APRIL, now=IN_MAY).waiting_relief == {}
    assert Scorecard.objects.get(pk=card_of(contract).pk).score is not None
    analyst = client_for(make_user(role=Role.ANALYST))
    lost = analyst.get("/api/v1/client-scorecard/?start=2026-04-10").json()["results"][0]
    assert [(row["department"], row["money"]) for row in lost["lost_by_quarter"]] == [("it", {"KRW": "6000000"})]
    assert_department_reads_its_own(contract, monkeypatch)


@pytest.mark.usefixtures("frozen_clock")
@pytest.mark.parametrize("also", [(), (3,)], ids=["alone", "beside another"])
def test_relief_that_leaves_nothing_to_judge_is_worth_the_whole_reduction(also: tuple[int, ...]) -> None:
    contract, queue = minimum_80()
    agree(contract, by_kpi(service_level=50))
    compute(contract)
    it = Department.objects.create(code="it", name="IT", name_ko="IT운영팀")
    # Both together or the one alone: all twenty days are taken out by the first.
    for first, last, department in ((1, 30, it), *((day, day, None) for day in also)):
        about = {
            "kind": "campaign", "title": "Sale", "starts_at": datetime(2026, 4, first, tzinfo=UTC),
            "ends_at": datetime(2026, 4, last, 10, tzinfo=UTC), "method": "exclude", "department": department,
        }  # fmt: skip
        made = factors.register(about, queues=[queue], actor=MANAGER, now=IN_MAY)
        factors.claim(made.pk, evidence="mail", actor=MANAGER, now=IN_MAY)
        factors.approve(made.pk, decision="yes", actor=second(make_actor(Role.MANAGER)), now=IN_MAY)
    drain(now=IN_MAY)

    analyst = client_for(make_user(role=Role.ANALYST))
    lost = analyst.get("/api/v1/client-scorecard/?start=2026-04-10").json()["results"][0]

    money = {row["department"]: row["money"] for row in lost["lost_by_quarter"]}
    assert money["it"] == {"KRW": "6000000"}


@pytest.mark.usefixtures("frozen_clock")
def test_pricing_takes_as_many_queries_for_more_events() -> None:
    contract, queue = minimum_80()
    repeat = {"repeat_from": 2, "repeat_multiplier": Decimal(2)}
    fee = {"kind": "unit", "price": Decimal(1200), "measure": "answered"}
    agree(contract, by_kpi(service_level=50) | repeat | {"fees": [fee]})
    compute(contract)

    def asked(day: int) -> tuple[int, list[Decimal]]:
        about = {
            "kind": "campaign", "title": "Sale", "starts_at": datetime(2026, 4, day, tzinfo=UTC),
            "ends_at": datetime(2026, 4, day, 10, tzinfo=UTC), "method": "exclude",
        }  # fmt: skip
        made = factors.register(about, queues=[queue], actor=MANAGER, now=IN_MAY)
        factors.approve(made.pk, decision="yes", actor=second(make_actor(Role.MANAGER)), now=IN_MAY)
        drain(now=IN_MAY)
        costs = costs_of(APRIL, date(2026, 5, 1), actor=MANAGER, now=IN_MAY)
        found: dict[Any, Decimal] = {}
        queries = queries_of(lambda: found.update(price(costs, now=IN_MAY)))
        return len(queries), list(found.values())

    (first, _), (_, _), (last, worth) = asked(1), asked(2), asked(3)

    assert len(worth) == 3
    assert last <= first


def second(actor: Any) -> Any:
    return replace(actor, label="user:second")


def assert_department_reads_its_own(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vendors.clock.now", lambda: IN_MAY)
    page = signed_in(Role.DEPARTMENT, language="ko").get("/departments/it/").content.decode()

    assert "+6,000,000원" in page
    assert contract.name not in page
    assert contract.vendor.name not in page
