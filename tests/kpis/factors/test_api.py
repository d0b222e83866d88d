"""``external-factors/`` and ``departments/`` over REST: a claim from its registering to adjusted attainments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from kpis.queries.outlook import outlooks
from kpis.services.recalculation import drain
from tests.checks import assert_problem
from tests.kpis.factors.world import NOW, OUTAGE, SLICE, World, make_world, outage
from tests.make import make_contract, make_queue, make_user
from vendors.choices import Role
from vendors.models import Department

pytestmark = pytest.mark.django_db
URL = "/api/v1/external-factors/"
BODY = {
    "kind": "outage",
    "title": "Phone system down",
    "department": "it",
    "starts_at": "2026-09-30T01:00:00Z",
    "ends_at": "2026-09-30T03:30:00Z",
    "queues": ["voice"],
    "slices": [SLICE],
}
Api = Callable[[Any], Any]


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):
        Department.objects.create(code="it", name="IT operations", owner="Kim", email="it@example.com")
        yield make_world()


def who(name: str) -> User:
    return User.objects.get(username=name)


def test_a_claim_becomes_adjusted_attainments(world: World, api: Api) -> None:
    member, manager = api(who("jisu")), api(who("mina"))

    made = member.post(URL, BODY).json()
    assert (made["status"], made["queues"], made["slices"], made["department"]) == ("draft", ["voice"], [SLICE], "it")
    one = f"{URL}{made['id']}/"
    assert member.post(f"{one}claim/", {"evidence": "Ticket 4711"}).json()["status"] == "claimed"
    assert api(who("it")).post(f"{one}confirm/", {"answer": "confirmed"}).json()["department_answer"] == "confirmed"
    [effect] = manager.post(f"{one}what-if/").json()["months"]
    assert effect["lines"][0]["adjusted_value"] == ["81.23", "82.39"]
    done = manager.post(f"{one}approve/", {"decision": "Our outage"}).json()
    drain(now=NOW)

    assert (done["status"], done["decided_by"]) == ("approved", "user:mina")
    assert [step["action"] for step in done["history"]] == ["register", "claim", "confirmed", "approve"]
    [row] = manager.get("/api/v1/attainments/?period=month&start=2026-09-01").json()["results"]
    assert (row["value"], row["adjusted_value"], row["score"]) == ("81.23", "82.39", "102.9875")
    assert row["uplift"] == "1.16"
    query = "kpi=service_level&period=month&from=2026-09-01&to=2026-10-01&group_by=queue"
    [value] = manager.get(f"/api/v1/kpi-values/?{query}").json()["results"]
    assert (value["value"], value["adjusted_value"], value["uplift"]) == ("81.23", "82.39", "1.16")
    assert value["flags"] == ["adjusted"]
    [outlook] = outlooks({world.contract.pk: OUTAGE}, now=NOW)[world.contract.pk]
    assert (outlook.month_value, outlook.status) == (Decimal("82.39"), row["status"])


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"kind": "ghost"}, 400, "invalid_choice"),
        ({"title": ""}, 400, "blank"),
        ({"queues": ["nobodys"]}, 400, "unknown_queue"),
        ({"queues": []}, 400, "required"),
        ({"department": "ghosts"}, 400, "unknown_department"),
        ({"ends_at": "2026-09-30T00:00:00Z"}, 400, "date_order"),
        ({"starts_at": "yesterday"}, 400, "invalid"),
        ({"slices": [{"queue": "voice"}]}, 422, "not_object"),
        ({"status": "approved"}, 400, "unknown_field"),
        ({"unknown": 1}, 400, "unknown_field"),
    ],
)
def test_a_body_that_cannot_be_is_refused_with_its_field(
    world: World, api: Api, change: dict[str, Any], status: int, code: str
) -> None:
    answer = api(who("mina")).post(URL, {**BODY, **change})

    assert answer.status_code == status, answer.content
    assert code in {error["code"] for error in answer.json()["errors"]} | {answer.json()["code"]}


def test_it_is_changed_before_it_is_claimed_and_not_after(world: World, api: Api) -> None:
    member = api(who("jisu"))
    one = f"{URL}{member.post(URL, BODY).json()['id']}/"

    assert member.patch(one, {"title": "Lines down", "slices": []}).json()["slices"] == []
    member.post(f"{one}claim/", {"evidence": "Ticket"})
    assert_problem(member.patch(one, {"title": "x"}), 409, "decided")


def test_a_vendor_sees_of_a_shared_event_its_own_part(world: World, api: Api) -> None:
    other = make_contract()
    make_user("out", Role.VENDOR_ADMIN, other.vendor)
    theirs = make_queue(other, "narae-voice")
    slices = [SLICE, {"queue": "narae-voice", "date": OUTAGE.isoformat(), "measures": None}]
    event = outage(world, by=world.manager, queues=[world.queue, theirs], slices=slices)

    shown = api(who("out")).get(f"{URL}{event.pk}/").json()
    assert (shown["queues"], [one["queue"] for one in shown["slices"]]) == (["narae-voice"], ["narae-voice"])
    assert api(who("mina")).get(f"{URL}{event.pk}/").json()["queues"] == ["narae-voice", "voice"]


def test_the_people_of_a_department_are_shown_inside_the_company_only(world: World, api: Api) -> None:
    assert api(who("mina")).get("/api/v1/departments/it/").json()["email"] == "it@example.com"
    assert api(who("jisu")).get("/api/v1/departments/it/").json() == {
        "code": "it", "name": "IT operations", "name_ko": "", "owner": "", "deputy": "", "email": "", "language": "ko",
        "is_active": True,
    }  # fmt: skip


def test_it_is_found_by_what_it_is_about(world: World, api: Api) -> None:
    mine = outage(world)
    outage(world, kind="recall", by=world.manager)
    vendor = world.contract.vendor.code

    for query in (
        "kind=outage",
        "queue=voice&kind=outage",
        f"vendor={vendor}&kind=outage",
        "is_planned=false&kind=outage",
    ):
        found = api(who("mina")).get(f"{URL}?{query}").json()["results"]
        assert [row["id"] for row in found] == [mine.pk], query
    assert api(who("mina")).get(f"{URL}?queue=nobodys").json()["count"] == 0
