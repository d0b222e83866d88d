"""``report-subscriptions/`` and ``sent-reports/``."""

from __future__ import annotations

from typing import Any

import pytest

from bpo.models import ReportSubscription, SentReport
from tests.bpo.reports.conftest import Readers
from tests.bpo.reports.world import BD7, make_subscription, sent
from tests.cast import client_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_bd7")]

PATH = "/api/v1/report-subscriptions/"


def test_it_is_made_with_what_has_a_default_left_out(readers: Readers) -> None:
    answer = client_for(readers.manager).post(PATH, {"name": "Board", "users": ["sora"]})

    assert answer.status_code == 201, answer.content
    made = ReportSubscription.objects.get()
    assert answer.json() == {
        "id": made.pk, "name": "Board", "kind": "executive", "period": "month", "business_day": 7, "at": "08:30",
        "language": "ko", "users": ["sora"], "roles": [], "addresses": [], "attachments": [], "link_days": 30,
        "is_active": True, "next_at": "2026-12-08T23:30:00Z", "created_at": "2026-11-09T23:30:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({}, "name", "required"),
        ({"name": "x", "users": ["nobody"]}, "users", "unknown_user"),
        ({"name": "x", "users": ["bora"]}, "users", "user_may_not_read"),
        ({"name": "x", "roles": ["vendor_admin"]}, "roles", "role_may_not_read"),
        ({"name": "x", "roles": "manager"}, "roles", "not_a_list"),
        ({"name": "x", "addresses": ["all@example.com"]}, "addresses", "addresses_of_nobody"),
        ({"name": "x", "business_day": 0}, "business_day", "min_value"),
        ({"name": "x", "at": 830}, "at", "invalid"),
        ({"name": "x", "attachments": ["deck"]}, "attachments", "unknown_edition"),
        ({"name": "x", "since": "2026-01-01"}, "since", "unknown_field"),
    ],
)
def test_a_wrong_field_is_a_problem_that_names_it(readers: Readers, data: Any, field: str, code: str) -> None:
    answer = client_for(readers.manager).post(PATH, data)

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert error["detail"]
    assert not ReportSubscription.objects.exists()


def test_it_rests_and_is_sent_by_hand_once(readers: Readers) -> None:
    made = make_subscription(users=[readers.executive])
    client = client_for(readers.manager)

    assert client.post(f"{PATH}{made.pk}/send-now/").json() == {"mails": 1}
    again = client.post(f"{PATH}{made.pk}/send-now/")
    assert (again.status_code, again.json()["code"]) == (409, "sent_already")
    rested = client.patch(f"{PATH}{made.pk}/", {"is_active": False})
    assert (rested.status_code, rested.json()["next_at"]) == (200, None)


def test_what_was_sent_is_read_with_how_far_it_got(readers: Readers) -> None:
    make_subscription(users=[readers.executive, readers.manager])
    sent(BD7)

    listed = client_for(readers.manager).get("/api/v1/sent-reports/", {"status": "sent", "start": "2026-10-01"}).json()

    assert listed["count"] == 2
    first = listed["results"][0]
    assert (first["address"], first["status"], first["is_late"]) == ("mina@example.com", "sent", False)
    assert not {"text", "html", "content"} & first.keys()
    own = client_for(readers.executive).get("/api/v1/sent-reports/").json()
    assert [row["user"] for row in own["results"]] == ["sora"]
    other = SentReport.objects.get(user=readers.manager)
    assert client_for(readers.executive).get(f"/api/v1/sent-reports/{other.pk}/").status_code == 404


@pytest.mark.parametrize("number", ["9" * 30, "9223372036854775808", "-1", "1.5"])
def test_a_number_that_no_subscription_has_is_refused(readers: Readers, number: str) -> None:
    answer = client_for(readers.manager).get("/api/v1/sent-reports/", {"subscription": number})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "subscription")
