"""The life of an external factor: registered, claimed in time, decided by another person, each step kept."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from kpis.calc.facts import Rollup
from kpis.models import ExternalFactor, FactorEvent, FactorSlice, RecalculationMark
from kpis.services import factors
from tests.kpis.factors.world import ENDS, NOW, OUTAGE, SLICE, STARTS, World, make_world, month, outage, part
from tests.make import make_contract, make_figures, make_key, make_measure, make_queue, make_user
from vendors.actors import Actor
from vendors.authentication import actor_of
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, Unprocessable
from vendors.models import ApiKey, AuditEntry, Department, Holiday

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def claimed(world: World, **fields: Any) -> ExternalFactor:
    factor = outage(world, **fields)
    return factors.claim(factor.pk, evidence="Ticket 4711", actor=world.member, now=NOW)


def steps(factor: ExternalFactor) -> list[tuple[str, str]]:
    return list(FactorEvent.objects.filter(factor=factor).values_list("action", "by"))


def test_every_step_is_kept_with_who_and_why(world: World) -> None:
    it = Department.objects.create(code="it", name="IT operations")
    factor = claimed(world, department=it, slices=[SLICE])

    factors.confirm(factor.pk, answer="confirmed", note="Switch failed", actor=world.department, now=NOW)
    factors.ask(factor.pk, note="Since when?", actor=world.manager, now=NOW)
    factors.claim(factor.pk, evidence="Log of the switch", actor=world.member, now=NOW)
    done = factors.approve(factor.pk, decision="As logged", actor=world.manager, now=NOW)

    assert (done.status, done.decided_by, done.decision) == ("approved", "user:mina", "As logged")
    assert steps(factor) == [
        ("register", "user:jisu"),
        ("claim", "user:jisu"),
        ("confirmed", "user:it"),
        ("ask", "user:mina"),
        ("claim", "user:jisu"),
        ("approve", "user:mina"),
    ]
    assert FactorEvent.objects.filter(factor=factor).last().document["department"] == "confirmed"
    assert AuditEntry.objects.filter(action="factor.approve", vendor=world.contract.vendor).exists()


def test_silence_of_the_department_costs_the_vendor_nothing_and_is_printed(world: World) -> None:
    factor = claimed(world, department=Department.objects.create(code="it", name="IT operations"))

    done = factors.approve(factor.pk, decision="On the evidence", actor=world.manager, now=NOW)

    assert (done.status, done.department_answer) == ("approved", "")
    assert FactorEvent.objects.filter(factor=factor).last().document["department"] == "none"


@pytest.mark.parametrize("who", ["filed", "claimed", "key"])
def test_nobody_decides_on_his_own(world: World, who: str) -> None:
    by = world.manager if who == "filed" else world.member
    factor = outage(world, by=by)
    if who == "claimed":
        factors.claim(factor.pk, evidence="Ticket", actor=world.manager, now=NOW)
    actor = world.manager
    if who == "key":
        factor = outage(world, by=world.manager)
        make_key("manager")
        ApiKey.objects.update(created_by=world.manager.user_id)
        actor = Actor("key:1", world.manager.grants, api_key_id=ApiKey.objects.get().pk)

    for decide in (factors.approve, factors.reject):
        with pytest.raises(Conflict, match="own_claim"):
            decide(factor.pk, decision="Mine", actor=actor, now=NOW)
    assert not FactorSlice.objects.exists()


def test_a_rejected_claim_changes_nothing_and_is_over(world: World) -> None:
    factor = claimed(world)

    done = factors.reject(factor.pk, decision="Own staffing", actor=world.manager, now=NOW)

    assert done.status == "rejected"
    assert not RecalculationMark.objects.exists()
    for act in (
        lambda: factors.approve(factor.pk, decision="x", actor=world.second_manager, now=NOW),
        lambda: factors.claim(factor.pk, evidence="x", actor=world.member, now=NOW),
        lambda: factors.withdraw(factor.pk, actor=world.member, now=NOW),
        lambda: factors.change(factor.pk, {"title": "x"}, actor=world.member, now=NOW),
    ):
        with pytest.raises(Conflict, match="decided"):
            act()


def test_a_part_of_the_slices_may_be_approved(world: World) -> None:
    second = make_queue(world.contract, "chat")
    make_figures(second, OUTAGE, offered=10, within=5)
    factor = claimed(world, queues=[world.queue, second], slices=[SLICE, {"queue": "chat", "date": OUTAGE.isoformat()}])

    done = factors.approve(factor.pk, decision="Voice only", slices=[0], actor=world.manager, now=NOW)

    assert done.status == "partly_approved"
    assert list(FactorSlice.objects.values_list("queue__code", flat=True)) == ["voice"]
    with pytest.raises(Conflict):
        factors.approve(factor.pk, decision="And chat", slices=[1], actor=world.manager, now=NOW)


@pytest.mark.parametrize(("days", "holiday", "taken"), [(7, False, True), (8, False, False), (8, True, True)])
def test_a_vendor_claims_within_five_business_days_of_the_end(
    world: World, days: int, holiday: bool, taken: bool
) -> None:
    """The event ended on Wednesday 30 September: the fifth business day is 7 October, the 8th with a holiday."""
    if holiday:
        Holiday.objects.create(country="KR", date=OUTAGE + timedelta(days=5), name="Day off")
    factor = outage(world)
    now = ENDS + timedelta(days=days)

    if taken:
        assert factors.claim(factor.pk, evidence="Ticket", actor=world.member, now=now).status == "claimed"
    else:
        with pytest.raises(Conflict, match="claim_window"):
            factors.claim(factor.pk, evidence="Ticket", actor=world.member, now=now)


def test_what_a_vendor_did_not_claim_in_time_expires_and_what_others_registered_stays(world: World) -> None:
    mine, theirs, waits = outage(world), outage(world, by=world.manager), claimed(world)

    assert factors.expire(ENDS + timedelta(days=7)) == 0
    assert factors.expire(ENDS + timedelta(days=8)) == 1
    assert factors.expire(ENDS + timedelta(days=9)) == 0

    status = dict(ExternalFactor.objects.values_list("pk", "status"))
    assert (status[mine.pk], status[theirs.pk], status[waits.pk]) == ("expired", "draft", "claimed")


def test_a_vendor_claims_its_part_of_an_event_that_affects_others_too(world: World) -> None:
    other = make_queue(make_contract(), "narae-voice")
    event = outage(world, by=world.manager, queues=[world.queue, other])

    claim = factors.claim(event.pk, evidence="Ticket", actor=world.member, now=NOW)

    assert (claim.origin, claim.status) == (event, "claimed")
    assert [queue.code for queue in claim.queues.all()] == ["voice"]
    event.refresh_from_db()
    assert event.status == "draft"


def test_a_manager_of_one_vendor_decides_on_nothing_that_affects_others(world: World) -> None:
    event = outage(world, by=world.second_manager, queues=[world.queue, make_queue(make_contract(), "narae-voice")])
    of_one = actor_of(make_user("hana", Role.MANAGER, world.contract.vendor))

    with pytest.raises(NotFound):
        factors.approve(event.pk, decision="x", actor=of_one, now=NOW)


@pytest.mark.parametrize(
    ("slices", "code"),
    [
        ([{**SLICE, "queue": "other"}], "unknown_queue"),
        ([{**SLICE, "date": "2026-09-29"}], "outside_factor"),
        ([{**SLICE, "date": "30.09.2026"}], "bad_date"),
        ([part(nobody=3)], "unknown_measure"),
        ([part(offered=-1)], "out_of_bounds"),
        ([part(offered="many")], "not_a_number"),
        ([part(backlog=1)], "cannot_be_sliced"),
        ([{"queue": "voice"}], "not_object"),
        ([{**SLICE, "measures": {}}], "not_object"),
        (["x"], "not_object"),
        ([SLICE, SLICE], "duplicate_in_batch"),
    ],
)
def test_slices_that_cannot_be_are_named(world: World, slices: Any, code: str) -> None:
    make_measure("backlog", rollup=Rollup.STOCK)

    with pytest.raises(Unprocessable) as refused:
        outage(world, slices=slices)

    assert {error.code for error in refused.value.errors} == {code}
    assert {error.row for error in refused.value.errors} == {len(slices) - 1}


@pytest.mark.parametrize(
    ("slice_", "code"),
    [
        (part(offered=4_001, within=100), "slice_larger_than_day"),
        (part(offered=1_000, hold=1), "unknown_measure"),
        (part(offered=100, within=200), "relation_broken"),
        (part(offered=3_000), "relation_broken"),
    ],
)
def test_a_slice_that_is_no_part_of_its_day_is_not_approved(world: World, slice_: Any, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        factors.approve(claimed(world, slices=[slice_]).pk, decision="x", actor=world.manager, now=NOW)

    assert refused.value.errors[0].code == code
    assert not FactorSlice.objects.exists()


def test_two_factors_share_a_day_as_long_as_it_holds_both(world: World) -> None:
    first, second, third = (claimed(world, slices=[part(offered=1_500, within=1_000)]) for _ in range(3))
    for factor in (first, second):
        factors.approve(factor.pk, decision="x", actor=world.manager, now=NOW)

    with pytest.raises(Unprocessable) as refused:
        factors.approve(third.pk, decision="x", actor=world.manager, now=NOW)
    assert refused.value.errors[0].code == "slice_larger_than_day"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ends_at": STARTS}, "date_order"),
        ({"ends_at": STARTS + timedelta(days=400)}, "too_long"),
        ({"queues": []}, "required"),
        ({"kpis": ["nps"]}, "unknown_kpi"),
    ],
)
def test_it_refuses_what_is_no_event(world: World, fields: Any, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        outage(world, **fields)


def test_a_claim_says_what_shows_it(world: World) -> None:
    with pytest.raises(Invalid, match="required"):
        factors.claim(outage(world).pk, actor=world.member, now=NOW)


def test_who_may_do_what(world: World) -> None:
    factor = claimed(world)
    executive = actor_of(make_user("exec", Role.EXECUTIVE))
    outsider = actor_of(make_user("out", Role.VENDOR_ADMIN, make_contract().vendor))

    with pytest.raises(Forbidden):
        outage(world, by=executive)
    with pytest.raises(Forbidden):
        factors.approve(factor.pk, decision="x", actor=world.member, now=NOW)
    with pytest.raises(Forbidden):
        factors.confirm(factor.pk, answer="confirmed", actor=world.member, now=NOW)
    with pytest.raises(NotFound):
        factors.withdraw(factor.pk, actor=outsider, now=NOW)
    with pytest.raises(Conflict, match="not_yours"):
        factors.change(outage(world, by=world.manager).pk, {"title": "x"}, actor=world.member, now=NOW)
    assert factors.withdraw(factor.pk, actor=world.member, now=NOW).status == "withdrawn"


def test_it_is_changed_before_it_is_claimed(world: World) -> None:
    factor = outage(world)
    second = make_queue(world.contract, "chat")

    changed = factors.change(
        factor.pk, {"title": "Lines down", "slices": [SLICE]}, queues=[world.queue, second], actor=world.member, now=NOW
    )

    assert (changed.title, [queue.code for queue in changed.queues.order_by("code")]) == (
        "Lines down",
        ["chat", "voice"],
    )
    assert changed.slices == [SLICE]


def test_what_was_approved_cannot_be_changed_in_the_database(world: World) -> None:
    factors.approve(claimed(world).pk, decision="x", actor=world.manager, now=NOW)

    for rows in (FactorSlice.objects.all(), FactorEvent.objects.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.delete()


def test_what_if_says_what_it_would_do_and_stores_nothing(world: World) -> None:
    factor = claimed(world, slices=[SLICE])

    [effect] = factors.what_if(factor, actor=world.manager, now=NOW)

    assert effect["start"] == "2026-09-01"
    [line] = effect["lines"]
    assert line["adjusted_value"] == ["81.23", "82.39"]
    assert line["value"] == ["81.23", "81.23"]
    assert effect["score"] == ["101.5375", "102.9875"]
    assert month(world)[1] == month(world)[0]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_managers_decide_once() -> None:
    world = make_world()
    factor = claimed(world)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def decide(actor: Actor) -> None:
        start.wait()
        try:
            outcomes.append(factors.approve(factor.pk, decision="x", actor=actor, now=NOW).status)
        except Conflict as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[actor]) for actor in (world.manager, world.second_manager)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["approved", "decided"]
    assert FactorSlice.objects.count() == 1
