"""A queue-day whose figures wait for a second person reads so, and is not complete before it is confirmed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from kpis.calc.completeness import DayState
from kpis.models import SubmissionDraft
from kpis.queries.completeness import QueueDays, QueueDayState
from kpis.services import drafts, second_check
from kpis.services.submissions import submit
from tests.checks import assert_constant_queries
from tests.conftest import NOW
from tests.make import make_actor, make_contract, make_kpi, make_queue, make_target, make_user
from vendors.choices import Role, SecondCheck
from vendors.models import Contract, ContractQueue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

DAY = date(2026, 11, 20)


@pytest.fixture
def contract(db: None) -> Contract:
    made = make_contract(code="hanbit-2026", second_check=SecondCheck.PEOPLE)
    make_target(made, make_kpi("answer_share", formula="100 * answered / offered"), 80)
    make_queue(made, "voice")
    return made


def send(contract: Contract, day: date | str = DAY, **measures: int | None) -> None:
    name = "month" if isinstance(day, str) else "date"
    rows = [{"queue": "voice", name: str(day), "measures": measures}]
    result = submit(actor=make_actor(Role.VENDOR_MEMBER, contract.vendor), rows=rows, now=NOW)
    assert result.status == "held"


def on(contract: Contract, day: date = DAY) -> QueueDayState:
    links = ContractQueue.objects.filter(contract=contract)
    found: QueueDayState = QueueDays(links, start=day, end=day + timedelta(days=1), now=NOW)[0]
    return found


def test_held_figures_read_as_awaiting_and_count_as_not_complete(contract: Contract) -> None:
    send(contract, offered=10, answered=9)

    found = on(contract)
    assert (found.state, found.is_expected, found.is_complete) == (DayState.AWAITING, True, False)
    assert (found.has_figures, found.missing) == (False, ("answered", "offered"))
    assert found.awaiting == ("answered", "offered")
    assert on(contract, DAY - timedelta(days=1)).state is DayState.MISSING


def test_a_month_total_that_is_held_stands_for_its_days(contract: Contract) -> None:
    send(contract, "2026-10", offered=100, answered=90)

    assert on(contract, date(2026, 10, 31)).state is DayState.AWAITING
    assert on(contract, date(2026, 11, 1)).state is DayState.MISSING


def test_what_is_returned_is_missing_again_and_what_is_confirmed_is_reported(contract: Contract) -> None:
    admin = make_actor(Role.VENDOR_ADMIN, contract.vendor)
    send(contract, offered=10, answered=9)
    second_check.send_back(SubmissionDraft.objects.get().pk, reason="Wrong file", actor=admin, now=NOW)
    assert on(contract).state is DayState.MISSING

    send(contract, offered=11, answered=9)
    drafts.confirm(SubmissionDraft.objects.get(status="held").pk, actor=admin, now=NOW)
    assert on(contract).state is DayState.REPORTED


def test_the_api_names_the_state(contract: Contract, api: Callable[[Any], Any]) -> None:
    send(contract, offered=10, answered=9)

    reader = make_user("reader", Role.MANAGER)
    answer = api(reader).get("/api/v1/completeness/", {"from": "2026-11-19", "to": "2026-11-21"}).json()

    assert [(row["state"], row["awaiting"]) for row in answer["results"]] == [
        ("missing", []),
        ("awaiting", ["answered", "offered"]),
    ]


@pytest.mark.parametrize(("language", "word"), [("ko", "확인 대기"), ("en", "Awaiting confirmation")])
def test_matrix_calendar_and_day_say_so(contract: Contract, language: str, word: str) -> None:
    send(contract, offered=10, answered=9)
    client = Client(headers={"accept-language": language})
    client.force_login(make_user("reader", Role.VENDOR_MEMBER, contract.vendor))

    pages = [f"/completeness/?month=2026-11&vendor={contract.vendor.code}"]
    pages += [f"/completeness/{contract.vendor.code}/{rest}" for rest in ("?month=2026-11", f"{DAY}/")]
    for page in pages:
        assert word in client.get(page).content.decode(), page
    day = client.get(pages[-1])
    assert [row.queue.code for row in day.context["page"].awaiting] == ["voice"]
    assert day.context["page"].gaps == []
    assert not {"미제출", "not reported"} & set(re.findall(r"</svg>([^<]+)<", day.content.decode()))
    assert "/submissions/" in day.content.decode()


def test_many_held_bodies_cost_no_more_queries(contract: Contract) -> None:
    send(contract, offered=10, answered=9)

    def grow() -> None:
        for ago in range(1, 6):
            send(contract, DAY - timedelta(days=ago), offered=10, answered=9)

    links = ContractQueue.objects.filter(contract=contract)
    assert_constant_queries(
        lambda: QueueDays(links, start=date(2026, 11, 1), end=date(2026, 12, 1), now=NOW)[:],
        grow,
    )
