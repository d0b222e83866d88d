"""What people may type into the address of a page: it is shown, or refused; it never breaks the page."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client

from tests import make
from tests.bpo.submit_sample import MORNING, make_november
from vendors.choices import Role

pytestmark = pytest.mark.django_db

MONTHS = ("0001-01", "1899-12", "2026-02", "2101-01", "9999-11", "9999-12", "2026-13", "2026-1", "2026-W4", "x")
DAYS = ("0001-01-01", "1899-12-31", "2026-02-29", "9999-12-31", "20261101", "2026-W45-1", "x")
WORDS = ("0", "-1", "99999999999999999999", "1.5", "\x00", "٣", "x")
OF_A_MONTH = (
    "/submissions/?month=",
    "/completeness/?month=",
    "/completeness/hanbit/?month=",
    "/month-ends/?month=",
    "/quality/?month=",
    "/scorecards/?month=",
    "/submit/form.xlsx?contract=hanbit-order&month=",
    "/api/v1/blank-forms/hanbit-order/?month=",
)
OF_A_DAY = (
    "/submit/?date=",
    "/submit/?way=paste&date=",
    "/completeness/hanbit/",
    "/corrections/new/?queue=hanbit-order-voice&date=",
)
OF_A_WORD = (
    "/actions/?kind=",
    "/actions/?kpi=",
    "/actions/?overdue=",
    "/actions/?owner=",
    "/actions/?status=",
    "/actions/?vendor=",
    "/actions/new/?alert=",
    "/actions/new/?factor=",
    "/actions/new/?scorecard=",
    "/actions/new/?contract=",
    "/alerts/?kind=",
    "/alerts/?severity=",
    "/alerts/?status=",
    "/alerts/?vendor=",
    "/submissions/?way=",
    "/submissions/?vendor=",
    "/completeness/?days=",
    "/completeness/?vendor=",
    "/corrections/?status=",
    "/corrections/new/?queue=",
    "/quality/?vendor=",
    "/reconciliations/?status=",
    "/scorecards/?vendor=",
    "/scorecards/?status=",
    "/targets/hanbit-order/?year=",
    "/targets/hanbit-order/?level=",
    "/targets/hanbit-order/?add=",
    "/targets/hanbit-order/?kpi=answer_rate&value=",
    "/targets/hanbit-order/export.csv?year=",
    "/submit/?contract=",
    "/submit/?draft=",
    "/submit/?way=",
)


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def manager() -> Client:
    make_november()
    client = Client(raise_request_exception=False)
    client.force_login(make.make_user(role=Role.MANAGER))
    return client


@pytest.mark.parametrize(("addresses", "given"), [(OF_A_MONTH, MONTHS), (OF_A_DAY, DAYS), (OF_A_WORD, WORDS)])
def test_it_is_shown_or_refused(manager: Client, addresses: tuple[str, ...], given: tuple[str, ...]) -> None:
    answers = {f"{address}{text}": manager.get(f"{address}{text}") for address in addresses for text in given}

    broken = [address for address, answer in answers.items() if answer.status_code >= 500]
    assert not broken


@pytest.mark.parametrize("page", OF_A_MONTH)
def test_a_month_outside_of_the_calendar_is_refused(manager: Client, page: str) -> None:
    assert manager.get(f"{page}9999-12").status_code == 400
    assert manager.get(f"{page}2026-11").status_code == 200


@pytest.mark.parametrize(
    ("page", "given"),
    [
        ("/submissions/?vendor=\x00", None),
        ("/month-ends/close/", {"month": "2026-10", "contract": "hanbit-order", "reason": "\x00"}),
        ("/submit/?way=paste", {"table": "date\tqueue\n\x00\t\x00"}),
    ],
)
def test_a_character_that_no_text_keeps_is_refused(manager: Client, page: str, given: dict[str, str] | None) -> None:
    answer = manager.get(page) if given is None else manager.post(page, given)

    assert answer.status_code == 400
