"""What one sender may use, at the limit and one over: requests a minute of a key, queue-days a day of a vendor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from kpis.models import DailyMetric, Submission
from kpis.services.submissions import submit
from tests.cast import Cast
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.kpis.feed_measures import make_measures
from tests.make import make_key, make_queue
from vendors import clock
from vendors.actors import SYSTEM
from vendors.api.throttling import RequestRate
from vendors.authentication import actor_of
from vendors.errors import TooMany
from vendors.services import usage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]

ME = "/api/v1/me/"
URL = "/api/v1/submissions/"


@pytest.fixture
def cast(cast: Cast) -> Cast:
    make_measures()
    return cast


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    """What a process took of the shared counter is forgotten with the test's database."""
    RequestRate.held.clear()
    RequestRate.owed.clear()
    yield
    RequestRate.held.clear()
    RequestRate.owed.clear()


def rows(number: int, queue: str = "hanbit-order-voice") -> list[dict[str, Any]]:
    first = date(2026, 3, 1)
    return [
        {"queue": queue, "date": (first + timedelta(days=day)).isoformat(), "measures": {"offered": 1}}
        for day in range(number)
    ]


# Requests a minute -----------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 59, 60, 61, 125, 600])
def test_it_lets_as_many_requests_through_as_the_limit_says_and_not_one_more(
    api: Api, cast: Cast, settings: Any, limit: int
) -> None:
    settings.REQUESTS_PER_MINUTE = limit
    client = api(cast.ingest_key)

    assert {client.get(ME).status_code for _ in range(limit)} == {200}
    refused = client.get(ME)

    assert_problem(refused, 429, "throttled")
    assert refused.headers["Retry-After"] == "61"


def test_the_next_minute_begins_anew(
    api: Api, cast: Cast, settings: Any, frozen_clock: time_machine.Coordinates
) -> None:
    settings.REQUESTS_PER_MINUTE = 2
    client = api(cast.ingest_key)
    assert [client.get(ME).status_code for _ in range(3)] == [200, 200, 429]

    frozen_clock.shift(59)
    assert client.get(ME).headers["Retry-After"] == "2"
    frozen_clock.shift(1)

    assert [client.get(ME).status_code for _ in range(3)] == [200, 200, 429]


def test_two_processes_share_one_limit(api: Api, cast: Cast, settings: Any) -> None:
    settings.REQUESTS_PER_MINUTE = 3
    client = api(cast.ingest_key)

    def in_another_process() -> int:
        RequestRate.held.clear()
        return int(client.get(ME).status_code)

    assert [in_another_process() for _ in range(5)] == [200, 200, 200, 429, 429]


def test_another_key_of_the_vendor_and_other_people_are_not_meant(api: Api, cast: Cast, settings: Any) -> None:
    settings.REQUESTS_PER_MINUTE = 1
    assert [api(cast.ingest_key).get(ME).status_code for _ in range(2)] == [200, 429]

    others = (cast.read_key, cast.outsider_key, cast.manager_key, cast.member)
    assert [api(who).get(ME).status_code for who in others] == [200] * 4


def test_a_refused_request_is_not_read_and_costs_no_counting(
    api: Api, cast: Cast, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.REQUESTS_PER_MINUTE = 1
    client = api(cast.ingest_key)
    assert [client.get(ME).status_code for _ in range(2)] == [200, 429]

    with django_assert_max_num_queries(1):
        assert_problem(client.post(URL, {"rows": rows(100)}), 429, "throttled")


def test_no_limit_counts_nothing(api: Api, cast: Cast, settings: Any) -> None:
    settings.REQUESTS_PER_MINUTE = 0
    assert api(cast.ingest_key).get(ME).status_code == 200
    assert usage.used(f"requests:key:{cast.ingest_key.split('_')[2]}", clock.now()) is None


def test_while_the_counter_cannot_be_written_the_process_counts_by_itself(
    api: Api, cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_given: Any, **_named: Any) -> bool:
        raise OperationalError("database is locked")

    settings.REQUESTS_PER_MINUTE = 3
    client = api(cast.ingest_key)
    with monkeypatch.context() as patch:
        patch.setattr(usage, "take", busy)
        assert [client.get(ME).status_code for _ in range(2)] == [200] * 2

    # Once it can be written, what was let through is counted with the rest.
    assert [client.get(ME).status_code for _ in range(2)] == [200, 429]


def test_what_was_counted_before_counts_while_the_database_is_busy(
    api: Api, cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REQUESTS_PER_MINUTE = 10
    client = api(cast.ingest_key)
    before = [client.get("/api/v1/me/").status_code for _ in range(7)]

    def busy(*_given: Any, **_named: Any) -> bool:
        raise OperationalError("database is locked")

    monkeypatch.setattr(usage, "take", busy)
    beside = [client.get("/api/v1/me/").status_code for _ in range(7)]

    assert before + beside == [200] * 10 + [429] * 4


def test_nobody_gets_around_the_limit_by_keeping_the_database_busy(
    api: Api, cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_given: Any, **_named: Any) -> bool:
        raise OperationalError("database is locked")

    settings.REQUESTS_PER_MINUTE = 3
    monkeypatch.setattr(usage, "take", busy)
    assert [api(cast.ingest_key).get(ME).status_code for _ in range(5)] == [200, 200, 200, 429, 429]


# Queue-days a day ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "status"), [(9, 201), (10, 201), (11, 429)])
def test_a_vendor_sends_as_many_queue_days_a_day_as_the_limit_says(
    api: Api, cast: Cast, settings: Any, number: int, status: int
) -> None:
    settings.ROWS_PER_DAY = 10

    answer = api(cast.ingest_key).post(URL, {"rows": rows(number)})

    assert answer.status_code == status
    assert DailyMetric.objects.count() == (number if status == 201 else 0)


def test_it_says_how_many_there_were_and_when_it_begins_anew(
    api: Api, cast: Cast, settings: Any, frozen_clock: time_machine.Coordinates
) -> None:
    settings.ROWS_PER_DAY = 10
    client = api(cast.ingest_key)
    assert client.post(URL, {"rows": rows(8)}).status_code == 201

    refused = client.post(URL, {"rows": rows(3)})

    document = assert_problem(refused, 429, "rows_per_day")
    assert all(word in document["detail"] for word in ("10", "8", "3", "Asia/Seoul"))
    # It is noon in Seoul.
    assert int(refused.headers["Retry-After"]) == 12 * 60 * 60 + 1
    assert Submission.objects.count() == 1
    assert client.post(URL, {"rows": rows(2)}).status_code == 201
    frozen_clock.move_to(datetime(2026, 11, 23, 15, 0, tzinfo=UTC))
    assert client.post(URL, {"rows": rows(10)}).status_code == 201


def test_one_vendors_rows_are_not_counted_for_another(api: Api, cast: Cast, settings: Any) -> None:
    settings.ROWS_PER_DAY = 3
    assert api(cast.ingest_key).post(URL, {"rows": rows(3)}).status_code == 201
    # Another key, the client's feed and people all count for the vendor.
    for who in (make_key("vendor", cast.vendor, ("ingest", "read")), cast.client_key, cast.member, cast.manager):
        assert_problem(api(who).post(URL, {"rows": rows(1)}), 429, "rows_per_day")

    assert api(cast.outsider_key).post(URL, {"rows": rows(3, "narae-order-voice")}).status_code == 201


def test_a_body_of_several_vendors_is_counted_in_one_statement_and_refused_for_any_of_them(
    api: Api, cast: Cast, settings: Any
) -> None:
    settings.ROWS_PER_DAY = 3
    manager = actor_of(cast.manager)
    theirs = rows(3, cast.other_queue.code)

    with CaptureQueriesContext(connection) as captured:
        submit(actor=manager, rows=[*rows(2), *theirs], now=NOW)
    with pytest.raises(TooMany):
        submit(actor=manager, rows=[*rows(1), *theirs[:1]], now=NOW)
    submit(actor=manager, rows=rows(1), now=NOW)

    assert sum("vendors_usagecounter" in query["sql"] for query in captured) == 1
    counted = {subject: usage.used(f"rows:{subject.pk}", NOW) for subject in (cast.vendor, cast.other_vendor)}
    assert [found and found.number for found in counted.values()] == [3, 3]


def test_what_is_not_stored_is_not_counted(api: Api, cast: Cast, settings: Any) -> None:
    settings.ROWS_PER_DAY = 2
    client = api(cast.ingest_key)

    assert client.post(f"{URL}?dry_run=true", {"rows": rows(2)}).status_code == 200
    assert client.post(URL, {"rows": [{**rows(1)[0], "queue": "nowhere"}]}).status_code == 422
    assert client.post(URL, {"rows": rows(2)}).status_code == 201


def test_an_operators_command_has_no_limit(cast: Cast, settings: Any) -> None:
    settings.ROWS_PER_DAY = 2
    make_queue(cast.contract)
    assert submit(actor=SYSTEM, rows=rows(5), now=NOW).rows == 5
