"""Seeding public holidays: complete for Korea, repeatable, and second to what people say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kpis.models import RecalculationMark
from tests.cast import Cast
from tests.checks import assert_problem
from vendors.models import Holiday
from vendors.services.holidays import seed_holidays

pytestmark = pytest.mark.django_db


def test_it_knows_substitute_and_temporary_holidays() -> None:
    seed_holidays("KR", range(2024, 2027))

    days = set(Holiday.objects.values_list("date", flat=True))
    assert {date(2024, 10, 1), date(2025, 1, 27), date(2026, 3, 2), date(2026, 7, 17)} <= days
    assert Holiday.objects.get(date=date(2026, 1, 1)).name_ko == "신정연휴"


def test_it_adds_nothing_the_second_time() -> None:
    assert seed_holidays("KR", [2026]) > 10
    assert seed_holidays("KR", [2026]) == 0


def test_it_leaves_what_people_changed() -> None:
    seed_holidays("KR", [2026])
    Holiday.objects.filter(date=date(2026, 5, 5)).update(name="Open day", is_open=True)

    seed_holidays("KR", [2026, 2027])

    assert Holiday.objects.get(date=date(2026, 5, 5)).is_open


@pytest.mark.parametrize(
    "day",
    ["2024-10-01", "2025-01-27", "2025-06-03", "2026-03-02", "2026-05-01", "2026-05-25", "2026-06-03",
     "2026-07-17", "2026-08-17", "2026-10-05"],
)  # fmt: skip
def test_it_has_the_substitute_and_temporary_days_people_ask_about(day: str) -> None:
    seed_holidays("KR", range(2024, 2027))

    assert Holiday.objects.filter(date=date.fromisoformat(day), country="KR", centre=None).exists()


class TestApi:
    """``holidays/``: people's edits, which mark the months they touch."""

    @pytest.fixture(autouse=True)
    def _clock(self, frozen_clock: object) -> None:
        seed_holidays("KR", [2026])

    def test_a_manager_of_all_opens_a_holiday_and_the_seed_does_not_take_it_back(self, cast: Cast, api: Any) -> None:
        cast.contract.queues.update(observes_holidays=True)
        RecalculationMark.objects.all().delete()
        row = Holiday.objects.get(date=date(2026, 10, 5))

        answer = api(cast.manager).patch(f"/api/v1/holidays/{row.pk}/", {"is_open": True}, format="json")
        seed_holidays("KR", [2026])

        assert (answer.status_code, answer.json()["is_open"], answer.json()["is_seeded"]) == (200, True, True)
        assert Holiday.objects.get(pk=row.pk).is_open
        mark = RecalculationMark.objects.get(contract=cast.contract)
        assert (mark.first_on, mark.last_on) == (date(2026, 10, 5), date(2026, 10, 5))

    def test_a_centre_has_days_of_its_own_and_a_day_stands_once(self, cast: Cast, api: Any) -> None:
        sent = {"date": "2026-11-06", "centre": "hanbit-seoul", "name": "Foundation day", "name_ko": "창립기념일"}
        client = api(cast.manager_of_a)

        assert client.post("/api/v1/holidays/", sent, format="json").status_code == 201
        assert_problem(client.post("/api/v1/holidays/", sent, format="json"), 409, "day_twice")
        country = {"date": "2026-11-06", "country": "KR", "name": "For all"}
        assert_problem(client.post("/api/v1/holidays/", country, format="json"), 403, "role")
        assert client.get("/api/v1/holidays/?date=2026-11-06").json()["count"] == 1
        assert api(cast.outsider).get("/api/v1/holidays/?date=2026-11-06").json()["count"] == 0
