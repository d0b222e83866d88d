"""A correction request of several days of one queue and month, filed on the page."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from bpo.models import CorrectionRequest
from bpo.queries.correction_form import values_to_correct
from bpo.views.correction_new import MOST_DAYS
from tests.bpo.corrections_world import a_closed_april
from tests.checks import assert_constant_queries
from tests.make import make_user
from vendors.choices import Role
from vendors.models import Contract, Queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

NEW = "/corrections/new/"


@pytest.fixture
def contract(frozen_clock: Any) -> Contract:
    return a_closed_april()


@pytest.fixture
def queue(contract: Contract) -> Queue:
    return contract.queues.get()


@pytest.fixture
def vendor(contract: Contract) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_user("jisu", Role.VENDOR_MEMBER, contract.vendor))
    return client


def days_of(answer: Any) -> list[str]:
    return [str(day.date) for day in answer.context["days"]]


def test_a_day_is_added_and_what_was_typed_stays(vendor: Client, queue: Queue) -> None:
    sent = {"queue": queue.code, "date": ["2026-04-15"], "another": "2026-04-16", "value-offered": "3100"}

    answer = vendor.post(NEW, sent | {"do": "add"})

    assert days_of(answer) == ["2026-04-15", "2026-04-16"]
    page = answer.content.decode()
    assert page.count('type="hidden" name="date"') == 2
    assert 'name="value-offered" inputmode="decimal" autocomplete="off" maxlength="64" value="3100"' in page
    assert 'for="value-2026-04-16-offered"' in page
    assert not CorrectionRequest.objects.exists()


def test_the_enter_key_shows_the_effect_and_files_nothing(vendor: Client, queue: Queue) -> None:
    sent = {"queue": queue.code, "date": "2026-04-15", "another": "", "value-offered": "3100", "do": "add"}

    assert vendor.post(NEW, sent).context["is_preview"]
    assert not CorrectionRequest.objects.exists()


def test_several_days_are_one_request_and_untouched_days_no_part_of_it(vendor: Client, queue: Queue) -> None:
    sent = {
        "queue": queue.code,
        "date": ["2026-04-15", "2026-04-16", "2026-04-17"],
        "value-offered": "3100",
        "value-2026-04-17-in_time": "1400",
        "reason": "late_data",
    }

    shown = vendor.post(NEW, sent | {"do": "preview"})
    assert {change["date"] for change in shown.context["changes"]} == {"2026-04-15", "2026-04-17"}
    filed = vendor.post(NEW, sent | {"do": "file"})

    request = CorrectionRequest.objects.get()
    assert filed.url == f"/corrections/{request.pk}/"  # type: ignore[attr-defined]
    assert request.rows == [
        {"queue": queue.code, "date": "2026-04-15", "measures": {"offered": "3100"}},
        {"queue": queue.code, "date": "2026-04-17", "measures": {"in_time": "1400"}},
    ]


def test_days_may_be_named_in_the_address(vendor: Client, queue: Queue) -> None:
    answer = vendor.get(NEW, {"queue": queue.code, "date": ["2026-04-20", "2026-04-15", "2026-04-20", "nonsense"]})

    assert days_of(answer) == ["2026-04-20", "2026-04-15"]


def test_a_fault_names_its_day(vendor: Client, queue: Queue) -> None:
    sent = {
        "queue": queue.code,
        "date": ["2026-04-15", "2026-04-16"],
        "value-offered": "3100",
        "value-2026-04-16-offered": "9,9x",
    }

    answer = vendor.post(NEW, sent | {"do": "preview"})

    assert answer.status_code == 422
    assert [fault["day"] for fault in answer.context["faults"]] == ["2026-04-16"]
    assert "16 April 2026:" in answer.content.decode()


@pytest.mark.parametrize("do", ["add", "preview", "file"])
def test_a_day_of_another_month_is_left_out_and_said(vendor: Client, queue: Queue, do: str) -> None:
    sent = {"queue": queue.code, "date": ["2026-04-15"], "another": "2026-05-01", "value-offered": "3100"}

    answer = vendor.post(NEW, sent | {"do": do, "reason": "late_data"})

    assert answer.status_code == 400
    assert days_of(answer) == ["2026-04-15"]
    assert "All days of a request lie in one month." in answer.content.decode()
    assert not CorrectionRequest.objects.exists()


def test_one_page_takes_so_many_days(vendor: Client, queue: Queue) -> None:
    days = [f"2026-04-{number:02}" for number in range(1, MOST_DAYS + 1)]

    full = vendor.get(NEW, {"queue": queue.code, "date": days})
    assert days_of(full) == days
    assert 'name="another"' not in full.content.decode()

    over = vendor.get(NEW, {"queue": queue.code, "date": [*days, "2026-04-29"]})
    assert over.status_code == 400
    assert days_of(over) == days


def test_many_days_cost_no_more_queries(queue: Queue) -> None:
    days = [date(2026, 4, 1)]

    def grow() -> None:
        days.extend(date(2026, 4, number) for number in range(2, 11))

    assert_constant_queries(lambda: values_to_correct(queue, days), grow)
