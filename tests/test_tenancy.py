"""Who may do what to whose rows, at every address of the API: reliability §7 in the roles and paths of design §8.

The resolver is walked: an address or a method that is not in :data:`MATRIX` fails the build.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from bpo.querysets import PlanQuerySet, ScorecardQuerySet
from kpis.models import DailyMetric, Submission
from tests.bodies import body
from tests.cast import client_for
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.everything import SIDES, World, everything
from tests.routes import METHODS
from tests.tenancy import (
    ACTORS,
    CELLS,
    MATRIX,
    NEED_WEEKS,
    NOBODYS,
    QUERY,
    ROUTES,
    SCOPED,
    UNSCOPED,
    WITH_KEY,
    A,
    B,
    expected,
    key_name,
    names_the_other,
    rules,
    send,
    shown,
    without_id,
)
from vendors.actors import Actor
from vendors.models import Contract, Queue
from vendors.permissions import IsActor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with everything(NOW, django_db_blocker) as made:
        yield made


@pytest.fixture(scope="module")
def clients(world: World) -> dict[str, APIClient]:
    return {name: client_for(world.who(name)) for name in ACTORS}


def test_the_matrix_has_every_address_and_every_method_and_no_other() -> None:
    assert set(CELLS) == set(MATRIX)


@pytest.mark.parametrize(("method", "name"), WITH_KEY)
def test_each_actor_gets_what_the_matrix_says(
    world: World, clients: dict[str, APIClient], method: str, name: str
) -> None:
    route = ROUTES[name]
    nobodys = NOBODYS.get(key_name(name), 10**9 if route.template.endswith(("{pk}/", "{id}/")) else "nobodys")
    for side in SIDES:
        answers = {actor: send(client, method, route, world, side) for actor, client in clients.items()}
        assert {actor: shown(answer) for actor, answer in answers.items()} == expected((method, name), side), side
        for actor, answer in answers.items():
            if answer.status_code == 404:
                missing = send(clients[actor], method, route, world, side, nobodys)
                assert without_id(answer) == without_id(missing), (actor, side)
                assert not names_the_other(actor, answer)


@pytest.mark.parametrize(("method", "name"), [cell for cell in CELLS if cell[0] == "POST" and cell not in WITH_KEY])
def test_nobody_makes_anything_for_another_vendor(
    world: World, clients: dict[str, APIClient], method: str, name: str
) -> None:
    """What a body names of another vendor does not exist: a reference is 400 (404 for cards), a row of figures 422."""
    for side in SIDES:
        answers = {actor: send(client, method, ROUTES[name], world, side) for actor, client in clients.items()}
        assert {actor: shown(answer) for actor, answer in answers.items()} == expected((method, name), side), side
        assert not any(answer.status_code == 400 and not answer.json()["errors"] for answer in answers.values())


@pytest.mark.parametrize("name", [name for method, name in CELLS if (method, name) not in WITH_KEY and method == "GET"])
def test_lists_hold_and_count_only_what_exists_for_the_actor(
    world: World, clients: dict[str, APIClient], name: str
) -> None:
    for actor, rule in rules(("GET", name)).items():
        answer = send(clients[actor], "GET", ROUTES[name], world, A)
        assert shown(answer) == {"!": "401", "-": "403"}.get(rule, "2xx"), actor
        if answer.status_code != 200 or name == "me":
            assert name != "me" or not names_the_other(actor, answer)
            continue
        document = answer.json()
        assert document["count"] == len(document["results"]), actor
        if name.startswith(UNSCOPED) or name in NEED_WEEKS:
            continue
        assert not names_the_other(actor, answer) or (rule == "*"), actor
        both = all(side in answer.content.decode().lower() for side in SIDES)
        assert both is (rule == "*"), (actor, rule)
        assert (document["count"] > 0) is (rule != "0"), actor


FILTERED = (
    "attainment",
    "centre",
    "closing",
    "completeness",
    "contract",
    "correction-request",
    "daily-metric",
    "excused-day",
    "external-factor",
    "forecast",
    "held-submission",
    "holiday",
    "kpi-value",
    "queue",
    "reconciliation",
    "scorecard",
    "submission",
    "target",
)


@pytest.mark.parametrize("noun", FILTERED)
def test_a_filter_by_the_other_vendor_is_empty_and_like_one_by_nobody(
    world: World, clients: dict[str, APIClient], noun: str
) -> None:
    route = ROUTES[f"{noun}-list"]
    joint = "&" if route.name in QUERY else "?"
    for actor, client in clients.items():
        if rules(("GET", route.name))[actor] not in "AB":
            continue
        other = B if rules(("GET", route.name))[actor] == "A" else A
        found = client.get(f"{route.template}{QUERY.get(route.name, '')}{joint}vendor={other}")
        nobody = client.get(f"{route.template}{QUERY.get(route.name, '')}{joint}vendor=nobody")
        assert (found.status_code, found.json()["count"], found.json()["results"]) == (200, 0, [])
        assert found.content == nobody.content


@pytest.mark.parametrize("template", sorted({route.template for route in ROUTES.values()}))
def test_other_methods_do_not_exist_for_anybody(world: World, clients: dict[str, APIClient], template: str) -> None:
    route = next(route for route in ROUTES.values() if route.template == template)
    key = world.keys[A].get(key_name(route.name))
    for method in {*METHODS, "OPTIONS", "TRACE"} - set(route.methods):
        answer = clients["superuser"].generic(method, route.path(key), b"{}", content_type="application/json")
        assert_problem(answer, 405, "method")
    assert_problem(clients["member"].generic("DELETE", route.path(key)), 405, "method")
    assert_problem(clients["anonymous"].generic("DELETE", route.path(key)), 401, "auth_required")


@pytest.mark.parametrize("actor", ["ingest_key", "member", "manager_of_a"])
def test_one_foreign_row_among_own_ones_stores_nothing(world: World, clients: dict[str, APIClient], actor: str) -> None:
    before = DailyMetric.objects.count(), Submission.objects.count()
    rows = [
        {"queue": queue, "date": "2026-08-03", "measures": {"offered": 5}}
        for queue in (world.keys[A]["queue"], world.keys[B]["queue"], "narae-order-vois")
    ]

    document = assert_problem(clients[actor].post("/api/v1/submissions/", {"rows": rows}), 422, "unknown_queue")

    assert [(error["row"], error["field"]) for error in document["errors"]] == [(1, "queue"), (2, "queue")]
    details = [
        error["detail"].replace(row["queue"], "") for error, row in zip(document["errors"], rows[1:], strict=True)
    ]
    assert details[0] == details[1]
    assert (DailyMetric.objects.count(), Submission.objects.count()) == before


@pytest.mark.parametrize(
    ("noun", "change"),
    [
        ("centre", {"vendor": "vendor"}),
        ("contract", {"vendor": "vendor"}),
        ("queue", {"centre": "centre"}),
        ("queue", {"contract": "contract"}),
        ("queue", {"centre": "centre", "contract": "contract"}),
        ("target", {"contract": "contract"}),
        ("target", {"queue": "queue"}),
    ],
)
@pytest.mark.parametrize("actor", ["manager_of_a", "manager", "superuser"])
def test_nothing_moves_to_another_vendor(
    world: World, clients: dict[str, APIClient], actor: str, noun: str, change: dict[str, str]
) -> None:
    path = ROUTES[f"{noun}-detail"].path(world.keys[A][noun])
    sent = {name: world.keys[B][what] for name, what in change.items()}
    answer = clients[actor].patch(path, sent)

    assert answer.status_code == 400, answer.content
    if actor == "manager_of_a":
        # One letter off: where their code were known, it would be suggested.
        unknown = clients[actor].patch(path, {name: f"{code[:-1]}~" for name, code in sent.items()})
        text, other = without_id(answer).decode(), without_id(unknown).decode()
        for code in sent.values():
            text, other = text.replace(code, ""), other.replace(f"{code[:-1]}~", "")
        assert text == other
    assert Queue.objects.filter(centre__vendor__code=A).count() == Contract.objects.filter(vendor__code=A).count() == 1


@pytest.mark.parametrize(
    ("name", "field"), [("centre-list", "vendor"), ("contract-list", "vendor"), ("queue-list", "centre"),
                        ("queue-list", "contract"), ("target-list", "contract"), ("target-list", "queue")]
)  # fmt: skip
def test_a_reference_to_the_other_vendor_reads_like_one_to_nobody(
    world: World, clients: dict[str, APIClient], name: str, field: str
) -> None:
    def refused(code: str) -> str:
        sent = {**body(name, "POST", world.keys[A]), field: code}
        document = assert_problem(clients["manager_of_a"].post(ROUTES[name].template, sent), 400, f"unknown_{field}")
        return json.dumps([document["code"], document["detail"], document["errors"]]).replace(code, "")

    theirs = world.keys[B][field]
    # One letter off: where their code were known, it would be suggested.
    assert refused(theirs) == refused(theirs[:-1] + "~")


@pytest.mark.parametrize(("lock", "name"), [(lock, name) for name in SCOPED for lock in ("role", "rows")])
def test_the_matrix_notices_when_a_lock_is_taken_off(
    world: World, clients: dict[str, APIClient], monkeypatch: pytest.MonkeyPatch, lock: str, name: str
) -> None:
    route, cell = ROUTES[name], ("GET", name)
    if lock == "role":
        monkeypatch.setattr(route.view, "permission_classes", [IsActor])
    else:
        monkeypatch.setattr(Actor, "sees_all_vendors", True)
        monkeypatch.setattr(ScorecardQuerySet, "visible_to", lambda self, actor: self)
        monkeypatch.setattr(PlanQuerySet, "visible_to", lambda self, actor: self)

    telling = [actor for actor, rule in rules(cell).items() if rule in ("-" if lock == "role" else "0A")][:2]
    got = {actor: shown(send(clients[actor], "GET", route, world, B)) for actor in telling}

    assert all(got[actor] != expected(cell, B)[actor] for actor in telling)
    assert telling or MATRIX[cell] == "read parties", "nobody would notice"
