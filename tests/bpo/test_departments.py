"""Departments are asked each week, and answer by the link of their mail without an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from bpo.models import DepartmentQuestion
from bpo.services.departments import ask_departments, ask_when_due
from bpo.services.departments.tokens import token_of
from kpis.models import ExternalFactor
from tests.make import make_contract, make_queue
from vendors.models import AuditEntry, Department, Queue

pytestmark = pytest.mark.django_db

THURSDAY = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
"""Ten in the morning in Seoul."""
MONDAY = date(2026, 11, 30)
ANSWER = {
    "title": "겨울 할인 방송", "kind": "campaign", "starts_at": "2026-12-01T20:00", "ends_at": "2026-12-01T21:00",
    "services": ["order"], "expected_percent": "30",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(THURSDAY, tick=False) as made:
        yield made


@pytest.fixture
def marketing() -> Department:
    contract = make_contract()
    make_queue(contract, "hanbit-order")
    make_queue(contract, "hanbit-returns")
    Queue.objects.filter(code="hanbit-order").update(service="order")
    Queue.objects.filter(code="hanbit-returns").update(service="returns")
    return Department.objects.create(code="marketing", name="Marketing", name_ko="마케팅", email="mkt@example.com")


def link() -> str:
    """Return the address in the last mail."""
    found = re.search(r"http://localhost:8000(/asked/[^/\s]+/)", mail.outbox[-1].body)
    assert found
    return found[1]


def test_a_department_is_asked_once_a_week_in_its_language(marketing: Department, clock: Any) -> None:
    Department.objects.create(code="it", name="IT", email="it@example.com", language="en")
    Department.objects.create(code="gone", name="Gone", email="gone@example.com", is_active=False)
    Department.objects.create(code="silent", name="Silent")

    assert ask_departments(now=THURSDAY) == {"sent": 2, "failed": 0}
    assert ask_departments(now=THURSDAY) == {"sent": 0, "failed": 0}

    english, korean = mail.outbox
    assert english.subject == "Next week: anything that will move calls?"
    assert korean.subject == "다음 주 콜에 영향을 줄 일정이 있습니까?"
    assert korean.alternatives[0].mimetype == "text/html"
    assert "마케팅" in korean.alternatives[0].content
    assert set(DepartmentQuestion.objects.values_list("week", flat=True)) == {MONDAY}
    clock.move_to(THURSDAY + timedelta(days=7))
    assert ask_departments(now=THURSDAY + timedelta(days=7))["sent"] == 2


def test_the_command_asks_and_says_how_many(marketing: Department, capsys: Any) -> None:
    call_command("ask_departments", "--json")
    call_command("ask_departments")

    assert capsys.readouterr().out.splitlines() == ['{"sent": 1, "failed": 0}', "0 asked, 0 not sent."]


@pytest.mark.parametrize(
    ("hours", "asked"), [(-24, 0), (-2, 0), (0, 1), (24, 1), (24 * 4, 0)],
    ids=["the day before", "before nine", "in time", "a day late", "the next week"],
)  # fmt: skip
def test_the_sweep_asks_from_the_chosen_weekday_on(marketing: Department, hours: int, asked: int) -> None:
    now = THURSDAY + timedelta(hours=hours)
    assert ask_when_due(now=now) == asked
    assert ask_when_due(now=now) == 0


def test_the_sweep_asks_nobody_where_it_is_turned_off(marketing: Department, settings: Any) -> None:
    settings.ASK_DEPARTMENTS_ON = 0
    assert ask_when_due(now=THURSDAY) == 0


def test_a_mail_server_that_is_down_is_tried_again_next_hour(marketing: Department, settings: Any) -> None:
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(CommandError):
        call_command("ask_departments")
    assert DepartmentQuestion.objects.get().sent_at is None

    settings.EMAIL_BACKEND = works
    assert ask_when_due(now=THURSDAY + timedelta(hours=1)) == 1


def test_looking_at_the_link_answers_nothing(marketing: Department) -> None:
    ask_departments(now=THURSDAY)
    page = Client(headers={"accept-language": "en"}).get(link())

    assert "콜에 영향을 줄 일정이 있습니까?" in page.content.decode()
    assert re.search(r'value="order".{0,80}주문', page.content.decode(), re.DOTALL)
    assert DepartmentQuestion.objects.get().answer == ""


def test_nothing_is_planned(marketing: Department) -> None:
    ask_departments(now=THURSDAY)
    for _ in range(2):
        answer = Client().post(link(), {"answer": "none"}, follow=True)

    assert "해당 주에 예정된 일정이 없는 것으로 등록했습니다" in answer.content.decode()
    question = DepartmentQuestion.objects.get()
    assert (question.answer, question.answered_at) == ("none", THURSDAY)
    assert AuditEntry.objects.filter(action="department.answer", actor="department:marketing").count() == 1


def test_five_answers_register_a_planned_factor(marketing: Department) -> None:
    ask_departments(now=THURSDAY)
    for _ in range(2):
        assert Client().post(link(), ANSWER).status_code == 302

    factor = ExternalFactor.objects.get()
    assert (factor.title, factor.kind, factor.expected_percent) == ("겨울 할인 방송", "campaign", 30)
    assert (factor.is_planned, factor.announced_at, factor.status) == (True, THURSDAY, "draft")
    assert (factor.department, factor.filed_by) == (marketing, "department:marketing")
    assert factor.starts_at == datetime(2026, 12, 1, 11, tzinfo=UTC)
    assert [queue.code for queue in factor.queues.all()] == ["hanbit-order"]
    assert DepartmentQuestion.objects.get().answer == "registered"
    assert "겨울 할인 방송" in Client().get(link()).content.decode()
    assert Client().post(link(), {"answer": "none"}).status_code == 409


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"title": ""}, 400),
        ({"kind": "ghost"}, 400),
        ({"services": []}, 400),
        ({"services": ["ghost"]}, 400),
        ({"ends_at": "2026-12-01T19:00"}, 400),
        ({"starts_at": "2026-11-01T19:00", "ends_at": "2026-11-01T20:00"}, 400),
        ({"starts_at": "0001-01-01T00:00"}, 400),
        ({"expected_percent": "999"}, 400),
        ({"title": "a\x00b"}, 400),
    ],
)
def test_what_does_not_fit_is_refused(marketing: Department, change: dict[str, Any], status: int) -> None:
    ask_departments(now=THURSDAY)

    assert Client().post(link(), {**ANSWER, **change}).status_code == status
    assert not ExternalFactor.objects.exists()


def test_a_forged_or_old_link_is_none(marketing: Department, clock: Any) -> None:
    ask_departments(now=THURSDAY)
    good = link()
    forged = [good[:-2] + "x/", "/asked/1/", f"/asked/{token_of(999)}/"]
    assert [Client().get(address).status_code for address in forged] == [404, 404, 404]

    clock.move_to(THURSDAY + timedelta(days=15))
    late = Client(headers={"accept-language": "ko"}).get(good)
    assert late.status_code == 404
    assert "가장 최근 메일의 링크를 열거나" in late.content.decode()
    assert Client().post(good, {"answer": "none"}).status_code == 404


def test_links_are_not_guessed(marketing: Department, settings: Any) -> None:
    settings.SIGN_IN_TRIES_OF_ADDRESS = 2
    ask_departments(now=THURSDAY)
    for _ in range(4):
        assert Client().get(link()).status_code == 200

    codes = [Client().get("/asked/1:forged/").status_code for _ in range(3)]

    assert codes == [404, 404, 429]
    assert Client().get(link())["Retry-After"] == "900"


def test_one_link_sends_no_flood(marketing: Department) -> None:
    ask_departments(now=THURSDAY)
    codes = [Client().post(link(), {**ANSWER, "title": f"방송 {number}"}).status_code for number in range(31)]

    assert codes.count(302) == 20
    assert (codes[20], codes[30]) == (409, 429)
