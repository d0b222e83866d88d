"""Large files: kept as a row, taken in by a worker, all or nothing, once, however often it breaks off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from bpo.services.sweep import sweep
from kpis.imports import jobs
from kpis.imports.jobs import HELD_FOR, KEPT_FOR, MOST_AT_ONCE, run_due_imports, run_import
from kpis.models import DailyMetric, ImportJob, Submission
from kpis.services.submissions import MOST_FILE_ROWS
from tests.cast import Cast
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.kpis.feed_measures import make_measures
from tests.kpis.large_files import HEAD, large, lines, queued, send
from tests.make import make_import_job, make_queue
from vendors.models import ApiKey, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]


@pytest.fixture
def cast(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """A world where three rows are many."""
    make_measures()
    monkeypatch.setattr("kpis.api.submissions.MOST_AT_ONCE", 2)
    return cast


def test_it_answers_202_and_takes_the_file_in_later(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)

    answer = send(client, large())

    ticket = answer.json()
    assert (answer.status_code, ticket["status"], ticket["rows"]) == (202, "queued", 3)
    assert answer["Location"] == ticket["status_url"] == f"/api/v1/jobs/{ticket['job']}/"
    assert not DailyMetric.objects.exists()

    assert run_due_imports(now=NOW) == 1

    job = client.get(ticket["status_url"]).json()
    assert (job["status"], job["done"], job["total"], job["problem"]) == ("done", 3, 3, None)
    assert job["result"]["values"] == {"new": 6, "changed": 0, "unchanged": 0}
    assert job["result"]["file"] == {"kind": "csv", "encoding": "utf-8", "delimiter": "comma"}
    receipt = Submission.objects.get()
    assert (job["submission"], job["content_hash"]) == (str(receipt.pk), receipt.body_hash)
    assert (receipt.vendor, receipt.submitted_by) == (cast.vendor, job["submitted_by"])
    assert ImportJob.objects.get().content is None


def test_it_takes_a_file_in_at_once_up_to_the_limit(api: Api, cast: Cast) -> None:
    assert send(api(cast.ingest_key), large(2)).status_code == 201
    assert MOST_AT_ONCE == 5_000


def test_it_refuses_more_rows_than_a_file_may_have(api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_FILE_ROWS", 3)

    assert send(api(cast.ingest_key), large(3)).status_code == 202
    assert_problem(send(api(cast.ingest_key), large(4)), 413, "too_many_rows")
    assert MOST_FILE_ROWS == 50_000


def test_it_runs_in_process_where_there_is_no_broker(
    api: Api, cast: Cast, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.BROKER_KIND = "none"

    with django_capture_on_commit_callbacks(execute=True):
        job = queued(api(cast.ingest_key))

    job.refresh_from_db()
    assert (job.status, DailyMetric.objects.count()) == ("done", 3)


def test_the_sweep_takes_in_what_a_lost_message_left(api: Api, cast: Cast) -> None:
    queued(api(cast.ingest_key))

    assert sweep(now=NOW)["imports"] == 1
    assert sweep(now=NOW)["imports"] == 0
    assert DailyMetric.objects.count() == 3


def test_it_stores_nothing_of_a_file_with_a_bad_row_and_says_which(api: Api, cast: Cast) -> None:
    client = api(cast.member)
    job = queued(client, large() + b"nobodys,2026-02-01,1,1\n")

    run_due_imports(now=NOW)

    shown = client.get(f"/api/v1/jobs/{job.pk}/").json()
    assert (shown["status"], shown["result"], shown["has_report"]) == ("failed", None, True)
    assert (shown["problem"]["code"], shown["problem"]["status"]) == ("invalid_rows", 422)
    [error] = shown["problem"]["errors"]
    assert (error["row"], error["field"], error["code"]) == (5, "queue", "unknown_queue")
    assert error["detail"].startswith("There is no queue")
    assert not Submission.objects.exists()


def test_it_takes_the_good_rows_where_that_was_asked_for(api: Api, cast: Cast) -> None:
    job = queued(api(cast.member), large() + b"nobodys,2026-02-01,1,1\n", "?partial=true")

    run_due_imports(now=NOW)

    job.refresh_from_db()
    assert (job.status, job.result["rows"], len(job.result["errors"])) == ("done", 3, 1)
    assert job.content is not None


def test_it_only_checks_in_a_dry_run(api: Api, cast: Cast) -> None:
    job = queued(api(cast.member), query="?dry_run=true")

    run_due_imports(now=NOW)

    job.refresh_from_db()
    assert (job.status, job.result["id"], job.result["rows"]) == ("done", None, 3)
    assert not DailyMetric.objects.exists()


def test_it_tells_its_progress_while_rows_are_checked(api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpis.services.submissions.MOST_ROWS", 2)
    seen: list[tuple[int, int]] = []
    noted = jobs._note_progress

    def note(job: ImportJob, done: int, total: int) -> None:
        noted(job, done, total)
        row = ImportJob.objects.get(pk=job.pk)
        seen.append((row.done, row.total))

    monkeypatch.setattr(jobs, "_note_progress", note)
    queued(api(cast.ingest_key), large(5))

    run_due_imports(now=NOW)

    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_it_sets_a_file_aside_that_breaks_off_three_times(
    api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any, **_options: Any) -> None:
        raise OperationalError("gone")

    job = queued(api(cast.ingest_key))
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "take_in", broken)
        assert [run_due_imports(now=NOW) for _attempt in range(4)] == [1, 1, 1, 0]

    job.refresh_from_db()
    assert (job.status, job.attempts) == ("quarantined", 3)
    assert run_due_imports(now=NOW) == 0


def test_a_file_whose_worker_died_is_due_again_after_a_while(api: Api, cast: Cast) -> None:
    job = queued(api(cast.ingest_key))
    assert jobs._claim(job.pk, NOW)

    assert run_due_imports(now=NOW + HELD_FOR) == 0
    assert run_due_imports(now=NOW + HELD_FOR + timedelta(seconds=1)) == 1
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("done", 2)


def test_an_attempt_that_stored_everything_and_died_is_answered_by_its_receipt(
    api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(*_arguments: Any, **_options: Any) -> None:
        raise OperationalError("gone")

    job = queued(api(cast.ingest_key))
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "_end", died)
        run_import(job.pk, now=NOW)
    assert Submission.objects.count() == 1

    run_import(job.pk, now=NOW)

    job.refresh_from_db()
    assert (job.status, job.submission, Submission.objects.count()) == ("done", Submission.objects.get(), 1)


def test_a_file_is_run_by_one_worker(api: Api, cast: Cast) -> None:
    job = queued(api(cast.ingest_key))

    assert [run_import(job.pk, now=NOW), run_import(job.pk, now=NOW)] == [True, False]


@pytest.mark.parametrize("since", ["revoked", "expired", "suspended"])
def test_a_sender_whose_key_is_not_taken_any_more_gets_nothing_stored(api: Api, cast: Cast, since: str) -> None:
    job = queued(api(cast.ingest_key))
    if since == "suspended":
        Vendor.objects.update(is_active=False)
    else:
        ApiKey.objects.update(**{"revoked_at" if since == "revoked" else "expires_at": NOW})

    run_due_imports(now=NOW)

    job.refresh_from_db()
    assert (job.status, job.problem["code"]) == ("failed", "forbidden")
    assert not DailyMetric.objects.exists()


def test_it_answers_in_the_language_of_the_sender(api: Api, cast: Cast) -> None:
    client = api(cast.member)
    client.credentials(HTTP_ACCEPT_LANGUAGE="ko")
    job = queued(client, large() + b"nobodys,2026-02-01,1,1\n")

    run_due_imports(now=NOW)

    job.refresh_from_db()
    assert "업무그룹" in job.problem["errors"][0]["detail"]


@pytest.mark.slow
def test_it_takes_in_fifty_thousand_rows_as_one(api: Api, cast: Cast) -> None:
    queues = [make_queue(cast.contract, f"q{number}").code for number in range(160)]
    content = (HEAD + "".join(line for queue in queues for line in lines(312, queue=queue))).encode()
    job = queued(api(cast.ingest_key), content + large(80)[len(HEAD) :])

    run_due_imports(now=NOW)

    job.refresh_from_db()
    assert (job.status, job.done, DailyMetric.objects.count()) == ("done", 50_000, 50_000), job.problem
    assert Submission.objects.count() == 1


def test_it_forgets_nothing_that_is_not_over(cast: Cast) -> None:
    make_import_job(created_at=NOW - 2 * KEPT_FOR, status="running", leased_until=NOW + HELD_FOR)

    run_due_imports(now=NOW)

    assert ImportJob.objects.get().content is not None
