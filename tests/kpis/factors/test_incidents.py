"""Incidents of another system: opened and resolved become one factor, whatever comes twice or late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from kpis.models import ExternalFactor
from kpis.services import factors
from tests.checks import assert_problem
from tests.kpis.factors.world import NOW, World, make_world
from tests.make import make_key

pytestmark = pytest.mark.django_db
URL = "/api/v1/external-factors/incidents/"
OPENED = {
    "incident": "INC-4711", "event": "opened", "at": "2026-10-05T10:02:31+09:00", "title": "Phone system down",
    "queues": ["voice"],
}  # fmt: skip
RESOLVED = {"incident": "INC-4711", "event": "resolved", "at": "2026-10-05T12:30:05+09:00"}


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):
        yield make_world()


@pytest.fixture
def system(world: World, api: Callable[[Any], Any]) -> Any:
    return api(make_key("client", None, ("incidents",)))


def test_opened_and_resolved_become_one_factor_to_the_minute(system: Any) -> None:
    first = system.post(URL, OPENED)
    assert first.status_code == 200, first.content
    made = ExternalFactor.objects.get()
    assert (made.starts_at, made.ends_at) == (
        datetime(2026, 10, 5, 1, 2, tzinfo=UTC), datetime(2026, 10, 5, 1, 3, tzinfo=UTC),
    )  # fmt: skip

    for event in (RESOLVED, RESOLVED, OPENED):
        assert system.post(URL, event).json()["id"] == made.pk

    made = ExternalFactor.objects.get()
    assert (made.starts_at, made.ends_at) == (
        datetime(2026, 10, 5, 1, 2, tzinfo=UTC), datetime(2026, 10, 5, 3, 31, tzinfo=UTC),
    )  # fmt: skip
    assert (made.kind, made.status, made.title) == ("outage", "draft", "Phone system down")
    assert [event.action for event in made.events.all()] == ["register", "change"]
    assert made.filed_by.startswith("key:")


def test_a_resolution_alone_says_since_when(system: Any) -> None:
    assert_problem(system.post(URL, RESOLVED), 409, "not_opened")

    done = system.post(URL, {**RESOLVED, "opened_at": OPENED["at"], "queues": ["voice"]})

    assert (done.json()["title"], done.json()["starts_at"]) == ("INC-4711", "2026-10-05T01:02:00Z")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"event": "ghost"}, "invalid_choice"),
        ({"queues": []}, "required"),
        ({"queues": ["nobodys"]}, "unknown_queue"),
        ({"incident": ""}, "blank"),
        ({"at": "yesterday"}, "invalid"),
    ],
)
def test_what_does_not_fit_is_refused(system: Any, change: dict[str, Any], code: str) -> None:
    assert_problem(system.post(URL, {**OPENED, **change}), 400, code)
    assert not ExternalFactor.objects.exists()


def test_it_does_not_end_before_it_began(system: Any) -> None:
    system.post(URL, OPENED)
    assert_problem(system.post(URL, {**RESOLVED, "at": "2026-10-05T09:00:00+09:00"}), 400, "date_order")


def test_what_is_decided_stays(world: World, system: Any) -> None:
    system.post(URL, OPENED)
    factors.reject(ExternalFactor.objects.get().pk, decision="no", actor=world.manager, now=NOW)

    assert system.post(URL, RESOLVED).json()["ends_at"] == "2026-10-05T01:03:00Z"


def test_the_key_does_nothing_else(world: World, system: Any, api: Callable[[Any], Any]) -> None:
    about = {"kind": "outage", "title": "x", "starts_at": OPENED["at"], "ends_at": RESOLVED["at"], "queues": ["voice"]}
    assert system.post("/api/v1/external-factors/", about).status_code == 403
    assert system.get("/api/v1/external-factors/").status_code == 403
    assert system.post("/api/v1/submissions/", {"rows": []}).status_code == 403
    assert api(make_key("client", None, ("ingest",))).post(URL, OPENED).status_code == 403
