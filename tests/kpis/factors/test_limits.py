"""What the contract's terms agree to: claimed, answered and decided in time, by what method, and how much a month."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from kpis.choices import FactorMethod
from kpis.models import ExternalFactor, FactorEvent, FactorSlice
from kpis.services import factors
from kpis.services.factors.deadlines import Deadlines, answer_until, claim_until
from tests.kpis.factors.world import ENDS, NOW, SLICE, STARTS, World, make_world, outage, part
from tests.make import make_contract, make_figures, make_queue
from vendors.errors import Conflict
from vendors.models import ContractTerms, Department

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def agree(world: World, **relief: Any) -> None:
    ContractTerms.objects.filter(contract=world.contract).update(relief=relief)


def claimed(world: World, *slices: Any, **fields: Any) -> ExternalFactor:
    factor = outage(world, slices=list(slices), **fields)
    return factors.claim(factor.pk, evidence="Ticket 4711", actor=world.member, now=NOW)


def approve(world: World, factor: ExternalFactor, now: datetime = NOW, **options: Any) -> ExternalFactor:
    return factors.approve(factor.pk, decision="As logged", actor=world.manager, now=now, **options)


def earlier(world: World, days: int, **fields: Any) -> ExternalFactor:
    """Return a claim for the whole of so many days before the outage, made by the manager's colleague."""
    given = {"starts_at": STARTS - timedelta(days=days), "ends_at": ENDS - timedelta(days=1), **fields}
    factor = outage(world, by=world.second_manager, **given)
    return factors.claim(factor.pk, evidence="Ticket", actor=world.second_manager, now=NOW)


def test_the_window_of_a_claim_is_that_of_the_terms(world: World) -> None:
    factor = outage(world)
    queues = [world.queue]
    # From Thursday the 1st on; Chuseok's and the foundation day's holidays are not in this world.
    assert claim_until(factor, queues) == date(2026, 10, 7)

    agree(world, claim_days=3)

    assert claim_until(factor, queues) == date(2026, 10, 5)
    with pytest.raises(Conflict) as refused:
        factors.claim(factor.pk, evidence="Late", actor=world.member, now=NOW)
    assert refused.value.code == "claim_window"
    assert "2026-10-05" in str(refused.value.detail)
    assert factors.expire(NOW) == 1


def test_of_several_contracts_the_longest_window_holds(world: World) -> None:
    agree(world, claim_days=3)
    other = make_queue(make_contract(world.contract.vendor), "chat")

    factor = outage(world, by=world.manager, queues=[world.queue, other])

    assert claim_until(factor, [world.queue, other]) == date(2026, 10, 7)


def test_nobody_decides_before_the_department_had_its_days(world: World) -> None:
    agree(world, answer_days=2, decision_days=10)
    it = Department.objects.create(code="it", name="IT operations")
    factor = claimed(world, SLICE, department=it)
    assert answer_until(factor, [world.queue]) == date(2026, 10, 8)
    assert Deadlines([(factor, [world.queue])]).decision(factor) == date(2026, 10, 20)

    for act in (factors.approve, factors.reject):
        with pytest.raises(Conflict) as refused:
            act(factor.pk, decision="Now", actor=world.manager, now=NOW)
        assert refused.value.code == "answer_awaited"

    assert approve(world, factor, NOW + timedelta(days=3)).status == "approved"
    assert FactorEvent.objects.filter(factor=factor).last().document["department"] == "none"


def test_an_answer_ends_the_waiting_and_a_late_one_is_called_late(world: World) -> None:
    agree(world, answer_days=2)
    it = Department.objects.create(code="it", name="IT operations")
    prompt, late = claimed(world, SLICE, department=it), claimed(world, part(offered=5, within=5), department=it)

    factors.confirm(prompt.pk, answer="confirmed", actor=world.department, now=NOW)
    factors.confirm(late.pk, answer="denied", actor=world.department, now=NOW + timedelta(days=3))

    assert approve(world, prompt).status == "approved"
    documents = FactorEvent.objects.filter(action__in=("confirmed", "denied")).order_by("id")
    assert list(documents.values_list("document", flat=True)) == [{}, {"late": True}]


def test_without_terms_or_department_nobody_waits(world: World) -> None:
    agree(world, answer_days=2)
    factor = claimed(world, SLICE)

    assert answer_until(factor, [world.queue]) is None
    assert Deadlines([(factor, [world.queue])]).decision(factor) is None
    assert answer_until(outage(world), [world.queue]) is None
    mine = outage(world)
    assert Deadlines([(mine, [world.queue])]).decision(mine) is None
    assert approve(world, factor).status == "approved"


def test_a_method_that_is_not_agreed_is_refused_with_those_that_are(world: World) -> None:
    agree(world, methods=["replace"])
    factor = claimed(world, SLICE)

    with pytest.raises(Conflict) as refused:
        approve(world, factor)

    assert refused.value.code == "method_not_agreed"
    assert str(FactorMethod.REPLACE.label) in str(refused.value.detail)
    others = {one["method"]: one["code"] for one in factors.alternatives(factor, actor=world.manager, now=NOW)}
    assert (others["cap"], others["replace"]) == ("method_not_agreed", "")


@pytest.mark.parametrize(
    ("terms", "cap", "used", "wanted", "left"),
    [
        ({"most_days": 2}, "most_days", "1", "3", "1"),
        ({"most_points": "1"}, "most_points", "0.57", "1.16", "0.43"),
        ({"most_share": "1"}, "most_share", "0.81", "1.61", "0.19"),
    ],
)
def test_what_is_over_a_cap_is_refused_and_says_what_is_left(
    world: World, terms: dict[str, Any], cap: str, used: str, wanted: str, left: str
) -> None:
    half = part(offered=500, within=50)
    approve(world, claimed(world, half))
    agree(world, **terms)
    factor = earlier(world, 2) if cap == "most_days" else claimed(world, half)

    (row,) = [one.as_dict() for one in factors.caps(factor, actor=world.manager, now=NOW)]
    assert (row["cap"], row["used"], row["with_this"], row["left"]) == (cap, used, wanted, left)
    with pytest.raises(Conflict) as refused:
        approve(world, factor)
    assert refused.value.code == "relief_cap"
    said = str(refused.value.errors[0].detail)
    assert all(number in said for number in (used, wanted, left))
    assert refused.value.extra["caps"] == [row]
    assert not FactorSlice.objects.filter(factor=factor).exists()


def test_part_of_it_is_approved_up_to_the_cap(world: World) -> None:
    agree(world, most_days=1)
    factor = earlier(world, 2)
    with pytest.raises(Conflict):
        approve(world, factor)

    assert approve(world, factor, slices=[0]).status == "partly_approved"
    # What takes no more than is out already goes beyond nothing.
    again = earlier(world, 2)
    assert approve(world, again, slices=[0]).status == "partly_approved"


def test_a_day_that_lowers_a_figure_uses_no_points(world: World) -> None:
    agree(world, most_points="0")
    make_figures(make_queue(world.contract, "chat"), date(2026, 9, 29), offered=10, within=0)
    good = part(offered=1_000, within=1_000)

    assert approve(world, claimed(world, good)).status == "approved"


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_two_approvals_at_once_cannot_pass_a_cap() -> None:
    world = make_world()
    other = make_queue(world.contract, "chat")
    make_figures(other, date(2026, 9, 30), offered=100, within=50)
    agree(world, most_days=1)
    claims = [claimed(world), claimed(world, queues=[other])]
    done: list[str] = []
    start = threading.Barrier(2)

    def decide(factor: ExternalFactor) -> None:
        try:
            start.wait()
            done.append(approve(world, factor).status)
        except Conflict as refused:
            done.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[one]) for one in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == ["approved", "relief_cap"]
    assert FactorSlice.objects.count() == 1


def test_the_numbers_of_a_cap_are_plain(world: World) -> None:
    agree(world, most_points="2.5", most_share="10", most_days=3)
    factor = claimed(world, SLICE)

    found = {one.cap: one for one in factors.caps(factor, actor=world.manager, now=NOW)}

    assert found["most_points"].use == (Decimal("2.5"), Decimal(0), Decimal("1.16"))
    assert found["most_share"].use == (Decimal(10), Decimal(0), Decimal("1.61"))
    assert found["most_days"].use == (Decimal(3), Decimal(0), Decimal(1))
