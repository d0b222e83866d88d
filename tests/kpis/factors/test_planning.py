"""A department's plan: read from a table or a calendar, registered whole or not at all, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from kpis.imports.planned import MOST_ROWS, read_plan
from kpis.models import ExternalFactor, FactorEvent
from kpis.services import factors
from tests.checks import assert_problem
from tests.kpis.factors.world import NOW, World, make_world
from vendors.errors import DomainError
from vendors.models import Department, Queue

URL = "/api/v1/external-factors/plan/"
TABLE = """title,kind,starts_at,ends_at,services,expected_percent,uid
겨울 할인 방송,캠페인·방송,2026-12-01 20:00,2026-12-01 21:00,order,+30,b-1
App 5.2,,2026-12-03,2026-12-04,order,,r-1
"""
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test
BEGIN:VEVENT
UID:b-1@example.com
SUMMARY:겨울 할인 방송
DTSTART;TZID=Asia/Seoul:20261201T200000
DURATION:PT1H
CATEGORIES:campaign,order
END:VEVENT
BEGIN:VEVENT
UID:r-1@example.com
SUMMARY:App 5.2
DTSTART;VALUE=DATE:20261203
DTEND;VALUE=DATE:20261205
END:VEVENT
BEGIN:VEVENT
UID:x-1@example.com
SUMMARY:Gone
STATUS:CANCELLED
DTSTART:20261203T000000Z
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):
        Department.objects.create(code="marketing", name="Marketing")
        made = make_world()
        Queue.objects.filter(pk=made.queue.pk).update(service="order")
        yield made


def who(name: str) -> User:
    return User.objects.get(username=name)


def plan(text: str = TABLE, **fields: Any) -> dict[str, Any]:
    return {"department": "marketing", "text": text, **fields}


@pytest.mark.parametrize("text", [TABLE, TABLE.replace(",", "\t"), CALENDAR], ids=["csv", "paste", "ics"])
def test_a_table_and_a_calendar_say_the_same(text: str) -> None:
    broadcast, release = read_plan(text.encode()).rows

    assert (broadcast.title, broadcast.kind, broadcast.services) == ("겨울 할인 방송", "campaign", ("order",))
    assert broadcast.starts_at == datetime(2026, 12, 1, 11, tzinfo=UTC)
    assert broadcast.ends_at == datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert (release.title, release.kind) == ("App 5.2", "")
    assert release.starts_at == datetime(2026, 12, 2, 15, tzinfo=UTC)
    assert release.ends_at == datetime(2026, 12, 4, 15, tzinfo=UTC)


def test_korean_headings_are_read_in_any_order() -> None:
    [row] = read_plan(
        "종료,시작,제목,업무,예상 증감\n2026.12.01 21:00,2026.12.01 20:00,방송,주문;반품,-5%".encode()
    ).rows

    assert (row.title, row.services, row.expected_percent) == ("방송", ("주문", "반품"), -5)


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (",,2026-12-01,2026-12-01,order,,", "title", "required"),
        ("x,ghost,2026-12-01,2026-12-01,order,,", "kind", "invalid_choice"),
        ("x,,1 December,2026-12-01,order,,", "starts_at", "bad_moment"),
        ("x,,2026-12-01,2026-02-30,order,,", "ends_at", "bad_moment"),
        ("x,,0001-01-01,2026-12-01,order,,", "starts_at", "bad_moment"),
        ("x,,2026-12-01,2026-12-01,order,9999,", "expected_percent", "out_of_range"),
        ("x,,2026-12-01,2026-12-01,order,many,", "expected_percent", "out_of_range"),
        (f"{'x' * 201},,2026-12-01,2026-12-01,order,,", "title", "too_long"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_its_cure(line: str, field: str, code: str) -> None:
    read = read_plan(f"{TABLE}{line}\n".encode())

    assert [(error.row, error.field, error.code) for error in read.errors] == [(4, field, code)]
    assert len(read.rows) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_file"),
        (b"title,starts_at\nx,2026-12-01\n", "missing_column"),
        (b"BEGIN:VCALENDAR\nhello", "ics_syntax"),
        (b"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nEND:VCALENDAR\n", "no_rows"),
        (TABLE.encode() + b"x,,2026-12-01,2026-12-01,order,,\n" * MOST_ROWS, "too_many_rows"),
    ],
)
def test_what_is_no_plan_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        read_plan(body)
    assert refused.value.code == code


@pytest.mark.parametrize(("language", "name"), [("ko", "제목"), ("en", "Title")])
def test_a_column_that_is_missing_is_named_as_it_may_be_written(language: str, name: str) -> None:
    rest = ",starts_at,ends_at\nx,2026-12-01,2026-12-01\n"
    with translation.override(language), pytest.raises(DomainError) as refused:
        read_plan(f"what{rest}".encode())

    assert f"“{name}”" in str(refused.value.detail)
    assert len(read_plan(f"{name}{rest}".encode()).rows) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("DURATION:PT1H", "RRULE:FREQ=DAILY"), "recurring"),
        (("DTSTART;TZID=Asia/Seoul:20261201T200000\n", ""), "required"),
        (("20261201T200000", "tomorrow"), "bad_moment"),
        (("SUMMARY:겨울 할인 방송", "SUMMARY: "), "required"),
    ],
)
def test_an_event_that_cannot_be_taken_is_named(change: tuple[str, str], code: str) -> None:
    read = read_plan(CALENDAR.replace(*change).encode())

    assert [(error.row, error.code) for error in read.errors] == [(1, code)]


def test_a_check_stores_nothing_and_the_plan_is_registered_once(world: World, api: Callable[[Any], Any]) -> None:
    department = api(who("it"))
    checked = department.post(URL, plan(dry_run=True))
    assert checked.status_code == 200, checked.content
    assert [row["outcome"] for row in checked.json()["rows"]] == ["new", "new"]
    assert not ExternalFactor.objects.exists()

    first = department.post(URL, plan())
    assert first.status_code == 201
    again = department.post(URL, plan()).json()["rows"]

    assert [(row["outcome"], row["queues"]) for row in again] == [("unchanged", ["voice"])] * 2
    assert [row["id"] for row in again] == [row["id"] for row in first.json()["rows"]]
    made = ExternalFactor.objects.get(title="겨울 할인 방송")
    assert (made.is_planned, made.announced_at, made.expected_percent) == (True, NOW, 30)
    assert FactorEvent.objects.count() == 2


def test_a_changed_event_changes_its_factor_until_that_is_claimed(world: World, api: Callable[[Any], Any]) -> None:
    department = api(who("it"))
    department.post(URL, plan())
    later = TABLE.replace("21:00", "22:00")
    assert [row["outcome"] for row in department.post(URL, plan(later)).json()["rows"]] == ["changed", "unchanged"]

    made = ExternalFactor.objects.get(title="겨울 할인 방송")
    assert made.ends_at == datetime(2026, 12, 1, 13, tzinfo=UTC)
    factors.reject(made.pk, decision="no", actor=world.manager, now=NOW)
    assert [row["outcome"] for row in department.post(URL, plan()).json()["rows"]] == ["kept", "unchanged"]


def test_nothing_is_half_written(world: World, api: Callable[[Any], Any]) -> None:
    text = f"{TABLE}Sale,,2026-12-05 10:00,2026-12-05 09:00,order,,s-1\nApp,,2026-12-06,2026-12-06,ordr,,s-2\n,,,,,,\n"
    text += "App 5.2,,2026-12-03,2026-12-04,order,,r-1\n"

    answer = api(who("it")).post(URL, plan(text))

    document = assert_problem(answer, 422, "unknown_service", row=5, field="services")
    assert [(one["row"], one["code"]) for one in document["errors"]] == [
        (4, "date_order"), (5, "unknown_service"), (7, "duplicate_in_batch"),
    ]  # fmt: skip
    assert "Did you mean “order”?" in document["errors"][1]["detail"]
    assert not ExternalFactor.objects.exists()


def test_what_the_rows_do_not_say_is_said_for_all(world: World, api: Callable[[Any], Any]) -> None:
    text = "title,starts_at,ends_at\nRelease,2026-12-01,2026-12-01\n"
    assert_problem(api(who("it")).post(URL, plan(text)), 422, "required", field="services")

    made = api(who("it")).post(URL, plan(text, services=["voice"], kind="policy_change"))

    assert made.json()["rows"][0]["kind"] == "policy_change"
    assert ExternalFactor.objects.get().queues.get() == world.queue


@pytest.mark.parametrize("name", ["order", "주문", "Orders", "voice"])
def test_a_service_is_known_by_its_code_and_by_what_people_call_it(
    world: World, api: Callable[[Any], Any], name: str
) -> None:
    text = "title,starts_at,ends_at\nRelease,2026-12-01,2026-12-01\n"

    made = api(who("it")).post(URL, plan(text, services=[name], kind="policy_change"))

    assert made.status_code == 201, made.content
    assert ExternalFactor.objects.get().queues.filter(pk=world.queue.pk).exists()


def test_the_page_checks_first(world: World) -> None:
    client = Client(headers={"accept-language": "ko"})
    client.force_login(who("it"))
    fields = {"department": "marketing", "kind": "campaign"}

    checked = client.post("/factors/plan/", {**fields, "file": SimpleUploadedFile("plan.ics", CALENDAR.encode())})
    assert checked.status_code == 422
    assert "2행" in checked.content.decode()
    checked = client.post("/factors/plan/", {**fields, "services": "order", "text": TABLE})
    assert checked.status_code == 200
    assert "겨울 할인 방송" in checked.content.decode()
    assert not ExternalFactor.objects.exists()
    done = client.post(
        "/factors/plan/", {**fields, "services": "order", "text": TABLE, "step": "register"}, follow=True
    )

    assert "2건을 등록했습니다." in done.content.decode()
    assert ExternalFactor.objects.count() == 2
    assert client.post("/factors/plan/", fields).status_code == 400
    large = SimpleUploadedFile("plan.csv", b"x" * (1024 * 1024 + 1))
    assert client.post("/factors/plan/", {**fields, "file": large}).status_code == 400
