"""``jobs/{id}/``: whose a large file is, who may follow it, and the file with what is wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from kpis.imports import read_workbook
from kpis.imports.jobs import KEPT_FOR, MOST_ATTEMPTS, run_due_imports
from kpis.imports.profiles import create_profile
from kpis.models import ImportJob, ImportProfile, Submission
from kpis.services.feed import idempotency
from tests.cast import Cast
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.kpis.feed_measures import make_measures
from tests.kpis.large_files import large, lines, queued, reads_content, send
from tests.make import make_key
from vendors.actors import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]


@pytest.fixture
def cast(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """A world where three rows are many."""
    make_measures()
    monkeypatch.setattr("kpis.api.submissions.MOST_AT_ONCE", 2)
    return cast


def test_it_reports_the_errors_in_the_senders_own_file(api: Api, cast: Cast) -> None:
    client = api(cast.member)
    job = queued(client, large() + b"nobodys,2026-02-01,1,1\n")
    address = f"/api/v1/jobs/{job.pk}/error-report/"
    assert client.get(address).status_code == 404
    run_due_imports(now=NOW)

    rows = read_workbook(client.get(address).content).sheets[0].rows

    assert len(rows) == 5
    assert "There is no queue" in rows[4].cells[4]
    assert client.get(f"{address}?as=csv").content.startswith("\ufeffqueue,".encode())
    assert_problem(client.get(f"{address}?as=pdf"), 400, "bad_query")
    assert api(cast.outsider).get(address).status_code == 404
    run_due_imports(now=NOW + KEPT_FOR + timedelta(seconds=1))
    assert client.get(address).status_code == 404


def test_it_reports_the_errors_of_a_file_as_its_profile_read_it(api: Api, cast: Cast) -> None:
    mapping = {"queue": cast.queue.code, "columns": {"date": "일자", "offered": "인입"}, "delimiter": "|"}
    create_profile(code="acd", name="ACD", mapping=mapping, vendor=cast.vendor, actor=SYSTEM, now=NOW)
    client = api(cast.member)
    content = "일자|인입\n2026-03-02|1\n2026-03-03|2\n2026-03-04|3\n2026-03-05|x\n".encode("cp949")
    job = queued(client, content, "?profile=acd")
    run_due_imports(now=NOW)
    ImportProfile.objects.update(is_active=False)

    report = client.get(f"/api/v1/jobs/{job.pk}/error-report/?as=csv").content.decode("utf-8-sig").splitlines()

    assert report[4].startswith("2026-03-05,x,")


def test_the_same_key_gets_the_same_job(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    first = send(client, large(), **{"idempotency-key": "march"})

    again = send(client, large(), **{"idempotency-key": "march"})

    assert (again.status_code, again.json()["job"]) == (202, first.json()["job"])
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert_problem(send(client, large(4), **{"idempotency-key": "march"}), 422, "idempotency_mismatch")
    assert send(api(cast.outsider_key), large(), **{"idempotency-key": "march"}).json()["job"] != first.json()["job"]


def test_a_dry_run_does_not_use_the_key_up(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    trial = send(client, large(), "?dry_run=true", **{"idempotency-key": "march"})

    real = send(client, large(), **{"idempotency-key": "march"})

    assert (real.status_code, real.get("Idempotency-Replayed")) == (202, None)
    assert real.json()["job"] != trial.json()["job"]
    run_due_imports(now=NOW)
    assert Submission.objects.get().row_count == 3


def test_a_refused_file_does_not_use_the_key_up(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    refused = send(client, large() + b"nobodys,2026-02-01,1,1\n", **{"idempotency-key": "march"})
    run_due_imports(now=NOW)

    mended = send(client, large(), **{"idempotency-key": "march"})

    assert (mended.status_code, mended.get("Idempotency-Replayed")) == (202, None)
    assert mended.json()["job"] != refused.json()["job"]


def test_a_file_that_was_set_aside_does_not_use_the_key_up(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    send(client, large(), **{"idempotency-key": "march"})
    ImportJob.objects.update(attempts=MOST_ATTEMPTS)
    run_due_imports(now=NOW)

    assert send(client, large(4), **{"idempotency-key": "march"}).status_code == 202


def test_a_key_is_free_again_after_90_days(api: Api, cast: Cast, frozen_clock: time_machine.Coordinates) -> None:
    client = api(cast.ingest_key)
    send(client, large(), **{"idempotency-key": "march"})
    run_due_imports(now=NOW)

    later = NOW + idempotency.KEPT_FOR + timedelta(seconds=1)
    run_due_imports(now=later)
    frozen_clock.move_to(later)

    assert send(client, large(4), **{"idempotency-key": "march"}).status_code == 202


def test_a_key_names_one_body_whether_it_is_large_or_small(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    send(client, large(), **{"idempotency-key": "large"})
    send(client, large(2), **{"idempotency-key": "small"})

    assert_problem(send(client, large(2), **{"idempotency-key": "large"}), 422, "idempotency_mismatch")
    assert_problem(send(client, large(3), **{"idempotency-key": "small"}), 422, "idempotency_mismatch")
    assert ImportJob.objects.count() == 1


def test_what_a_sandbox_key_sends_does_not_use_the_key_up(api: Api, cast: Cast) -> None:
    client = api(make_key("vendor", cast.vendor, ("ingest",), is_sandbox=True))

    answers = [send(client, large(), **{"idempotency-key": "march"}) for _time in range(2)]

    assert len({answer.json()["job"] for answer in answers}) == 2
    assert [answer.get("Idempotency-Replayed") for answer in answers] == [None, None]


def test_a_job_is_seen_by_its_vendor_only(api: Api, cast: Cast) -> None:
    address = f"/api/v1/jobs/{queued(api(cast.manager)).pk}/"

    assert api(cast.member).get(address).json()["total"] == 3
    assert api(cast.outsider).get(address).status_code == 404
    assert api(cast.executive).get(address).status_code == 403


def test_a_job_of_several_vendors_is_the_companys_however_many_queues_it_names(api: Api, cast: Cast) -> None:
    unknown = "".join(line for number in range(600) for line in lines(1, queue=f"a{number:03}"))
    others = "".join(lines(1, queue=cast.other_queue.code))

    assert queued(api(cast.manager), large() + unknown.encode()).vendor == cast.vendor
    assert queued(api(cast.manager), large() + (unknown + others).encode()).vendor is None


def test_a_key_follows_the_jobs_it_sent_itself(api: Api, cast: Cast) -> None:
    client = api(cast.client_key)
    sent = queued(client, large() + b"nobodys,2026-02-01,1,1\n")
    anothers = queued(api(cast.ingest_key))
    run_due_imports(now=NOW)

    assert client.get(f"/api/v1/jobs/{sent.pk}/").json()["status"] == "failed"
    assert client.get(f"/api/v1/jobs/{sent.pk}/error-report/").status_code == 200
    assert_problem(client.get(f"/api/v1/jobs/{anothers.pk}/"), 404, "not_found")
    assert api(make_key("client", scopes=("ingest",))).get(f"/api/v1/jobs/{sent.pk}/").status_code == 404
    assert api(cast.manager).get(f"/api/v1/jobs/{sent.pk}/").status_code == 200


def test_a_vendors_key_follows_its_own_job_of_no_vendor(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    sent = queued(client)
    ImportJob.objects.update(vendor=None)

    assert client.get(f"/api/v1/jobs/{sent.pk}/").status_code == 200
    assert api(cast.member).get(f"/api/v1/jobs/{sent.pk}/").status_code == 404


def test_a_key_that_sends_nothing_follows_nothing(api: Api, cast: Cast) -> None:
    job = queued(api(cast.ingest_key))

    assert_problem(api(cast.executive_key).get(f"/api/v1/jobs/{job.pk}/"), 403, "scope")


def test_it_tells_how_far_a_job_is_without_reading_the_file(api: Api, cast: Cast) -> None:
    client = api(cast.member)
    job = queued(client, large() + b"nobodys,2026-02-01,1,1\n")
    run_due_imports(now=NOW)

    with CaptureQueriesContext(connection) as queries:
        shown = client.get(f"/api/v1/jobs/{job.pk}/").json()

    assert shown["has_report"] is True
    assert not reads_content(queries)


def test_it_answers_a_file_sent_again_without_reading_the_first(api: Api, cast: Cast) -> None:
    client = api(cast.ingest_key)
    send(client, large(), **{"idempotency-key": "march"})

    with CaptureQueriesContext(connection) as queries:
        again = send(client, large(), **{"idempotency-key": "march"})

    assert again["Idempotency-Replayed"] == "true"
    assert not reads_content(queries)


def test_a_job_of_several_vendors_is_the_companys(api: Api, cast: Cast) -> None:
    content = large() + "".join(lines(1, queue=cast.other_queue.code)).encode()

    job = queued(api(cast.manager), content)

    assert job.vendor is None
    assert api(cast.member).get(f"/api/v1/jobs/{job.pk}/").status_code == 404
    assert api(cast.manager).get(f"/api/v1/jobs/{job.pk}/").status_code == 200
