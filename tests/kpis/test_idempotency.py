"""``Idempotency-Key``: the same key and body again get the first answer, and nothing happens a second time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from rest_framework.test import APIClient

from bpo.services.sweep import sweep
from kpis.models import IdempotencyKey, Submission
from kpis.services.feed import idempotency
from tests.cast import Cast
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.kpis.feed_measures import make_measures
from vendors import clock
from vendors.authentication import actor_of_key
from vendors.models import ApiKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]

URL = "/api/v1/submissions/"


@pytest.fixture
def cast(cast: Cast) -> Cast:
    make_measures()
    return cast


def send(client: APIClient, key: str, query: str = "", **measures: Any) -> Any:
    row = {"queue": "hanbit-order-voice", "date": "2026-03-02", "measures": measures or {"offered": 1}}
    return client.post(URL + query, {"rows": [row]}, headers={"Idempotency-Key": key})


def test_it_answers_the_same_key_and_body_as_the_first_time(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)

    first, second = send(client, "k-1"), send(client, "k-1")

    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Submission.objects.count() == 1


def test_it_answers_a_partly_accepted_body_again_with_its_errors(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    rows = [
        {"queue": "hanbit-order-voice", "date": "2026-03-02", "measures": {"offered": 1}},
        {"queue": "nowhere", "date": "2026-03-02", "measures": {"offered": 1}},
    ]
    first, second = (
        client.post(URL + "?partial=true", {"rows": rows}, headers={"Idempotency-Key": "k-1"}) for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (207, 207)
    assert second.content == first.content


def test_it_refuses_the_same_key_with_another_body(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    send(client, "k-1")

    assert_problem(send(client, "k-1", offered=2), 422, "idempotency_mismatch")
    assert Submission.objects.count() == 1


def test_it_keeps_the_keys_of_two_senders_apart(api: Api, cast: Cast) -> None:
    send(api(cast.ingest_key), "k-1")

    assert send(api(cast.manager_key), "k-1", offered=2).status_code == 201


def test_it_does_not_use_a_key_up_on_a_dry_run_or_a_refusal(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)

    assert send(client, "k-1", "?dry_run=true").status_code == 200
    assert_problem(send(client, "k-1", offered=-1), 422, "invalid_rows")
    assert send(client, "k-1", offered=2).status_code == 201


@pytest.mark.parametrize("key", ["", "k" * 256, "열쇠".encode().decode("latin-1")])
def test_it_refuses_a_key_that_is_none(api: Api, cast: Cast, key: str) -> None:
    assert_problem(send(api(cast.ingest_key), key), 400, "idempotency_key")


def test_of_two_at_the_same_moment_one_is_stored(api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = api(cast.ingest_key)
    first = send(client, "k-1")
    look, looks = idempotency.earlier, []

    def blind_once(*given: Any) -> Any:
        looks.append(given)
        return None if len(looks) == 1 else look(*given)

    monkeypatch.setattr(idempotency, "earlier", blind_once)
    second = send(client, "k-1")

    assert second.content == first.content
    assert Submission.objects.count() == 1


def test_it_keeps_a_key_for_90_days_and_the_receipt_for_ever(
    api: Api, cast: Cast, frozen_clock: time_machine.Coordinates
) -> None:
    client = api(cast.ingest_key)
    first = send(client, "k-1")

    frozen_clock.move_to(NOW + timedelta(days=90) - timedelta(seconds=1))
    assert idempotency.forget(now=clock.now()) == 0
    assert send(client, "k-1").json()["id"] == first.json()["id"]

    frozen_clock.move_to(NOW + timedelta(days=90))
    anew = send(client, "k-1", offered=2)
    assert (anew.status_code, anew.json()["values"]["changed"]) == (201, 1)
    assert send(client, "k-1", offered=2).headers["Idempotency-Replayed"] == "true"
    assert Submission.objects.count() == 2


def test_the_sweep_forgets_old_keys_and_leaves_the_receipts(
    api: Api, cast: Cast, frozen_clock: time_machine.Coordinates
) -> None:
    send(api(cast.ingest_key), "k-1")
    frozen_clock.move_to(NOW + timedelta(days=91))

    sweep(now=clock.now())

    assert (IdempotencyKey.objects.count(), Submission.objects.count()) == (0, 1)


@contextmanager
def at_work(key_text: str, key: str) -> Iterator[None]:
    """Have somebody else hold a key."""
    begun, done = Event(), Event()

    def another() -> None:
        with transaction.atomic():
            idempotency.hold(idempotency.digest_of(actor_of_key(sender), key))
            begun.set()
            done.wait(10)
        connection.close()

    sender = ApiKey.objects.get(prefix=key_text.split("_")[2])
    thread = Thread(target=another)
    thread.start()
    assert begun.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_at_work_is_a_conflict_to_try_again(
    api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT_MS", 50)
    client = api(cast.ingest_key)

    with at_work(cast.ingest_key, "k-1"):
        answer = send(client, "k-1")
        other_key = send(client, "k-2")

    assert_problem(answer, 409, "in_progress")
    assert answer.headers["Retry-After"] == "2"
    assert other_key.status_code == 201
    assert send(client, "k-1").status_code == 201


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_that_breaks_off_is_no_key_at_work(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)

    with at_work(cast.ingest_key, "k-1"), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '100ms'")
        try:
            answer = send(client, "k-1")
        finally:
            cursor.execute("RESET statement_timeout")

    assert_problem(answer, 503, "busy")
    assert send(client, "k-1").status_code == 201


@pytest.mark.sqlite
def test_receipts_stay_append_only_without_the_column_of_keys() -> None:
    """SQLite makes a table anew for some changes, and a table made anew has lost its triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'kpis_submission'")
        assert cursor.fetchone()[0] == 2
