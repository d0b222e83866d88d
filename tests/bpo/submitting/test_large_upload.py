"""A file with more rows than are checked at once: a job checks it, and its sender sends it from the page of the job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from kpis.choices import ImportStatus
from kpis.imports.jobs import KEPT_FOR, run_due_imports
from kpis.models import ImportJob, Submission, SubmissionDraft
from tests.bpo.pages_sample import Programme
from tests.bpo.submit_sample import BAD, GOOD, MORNING
from tests.bpo.submitting.entering import figures, text, upload
from vendors.choices import Role, SecondCheck
from vendors.models import ContractTerms

pytestmark = pytest.mark.django_db

CHANGED = ["2026-11-20,hanbit-order-voice,1281,1190,1002,299880,737,1092,12", GOOD[1]]


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bpo.views.submitting.MOST_AT_ONCE", 1)


def checked(client: Client, lines: list[str] = GOOD, now: datetime = MORNING) -> str:
    """Upload lines, have them checked, and return the address of the job."""
    answer = upload(client, lines)
    assert answer.status_code == 302, text(answer)
    run_due_imports(now=now)
    return str(answer["Location"])


def test_it_is_checked_as_a_job_and_stores_nothing_yet(programme: Programme, member: Client) -> None:
    answer = upload(member, GOOD)

    job = ImportJob.objects.get()
    assert answer["Location"] == f"/jobs/{job.pk}/"
    assert (job.vendor, job.submitted_by, job.filename) == (programme.vendor, "user:jisu", "일일실적_1124.csv")
    assert "파일을 점검하고 있습니다" in text(member.get(answer["Location"]))
    assert not SubmissionDraft.objects.exists()

    run_due_imports(now=MORNING)

    shown = text(member.get(answer["Location"]))
    assert "일별 실적 2건을 점검했습니다. 저장된 것은 없습니다." in shown
    assert "이대로 제출" in shown
    assert figures() is None


def test_it_is_sent_from_its_page_with_a_note(member: Client) -> None:
    address = checked(member)

    answer = member.post(f"{address}send/", {"note": "11월 재집계"})
    again = member.post(f"{address}send/", {"note": "twice"})

    assert (answer["Location"], again["Location"]) == (address, address)
    assert "파일을 접수하고 있습니다" in text(member.get(address))
    run_due_imports(now=MORNING)
    receipt = Submission.objects.get(way="file")
    assert (receipt.way, receipt.file_name, receipt.note) == ("file", "일일실적_1124.csv", "11월 재집계")
    assert (receipt.submitted_by, receipt.row_count) == ("user:jisu", 2)
    assert figures()["offered"] == 1240
    shown = member.get(address)
    assert "이대로 제출" not in text(shown)
    assert f'href="/submissions/{receipt.pk}/"' in shown.content.decode()


def test_a_reason_is_asked_for_where_figures_change(member: Client) -> None:
    address = checked(member, CHANGED)

    refused = member.post(f"{address}send/", {"reason": "other"})

    assert refused.status_code == 400
    assert "기타 사유의 내용을 비고에 적어 주세요." in text(refused)
    assert member.post(f"{address}send/", {"reason": "late_data"}).status_code == 302
    run_due_imports(now=MORNING)
    assert Submission.objects.get(way="file").reason == "late_data"


def test_a_bad_file_is_mended_and_uploaded_again(member: Client) -> None:
    address = checked(member, BAD)

    shown = member.get(address)

    assert "저장된 것은 없습니다. 해당 행을 고친 뒤 파일 전체를 다시 보내 주세요." in text(shown)
    assert "/error-report/" in shown.content.decode()
    assert "이대로 제출" not in text(shown)
    assert member.post(f"{address}send/").status_code == 409


def test_only_who_uploaded_it_sends_it(programme: Programme, member: Client, page: Callable[..., Client]) -> None:
    address = checked(member)
    colleague = page(Role.VENDOR_MEMBER, programme.vendor)

    assert "이대로 제출" not in text(colleague.get(address))
    assert colleague.post(f"{address}send/").status_code == 404
    assert page(Role.MANAGER).post(f"{address}send/").status_code == 404
    assert page(Role.ANALYST).post(f"{address}send/").status_code == 403
    assert member.get(f"{address}send/").status_code == 405
    assert ImportJob.objects.get().status == ImportStatus.DONE


def test_a_checked_file_is_kept_for_its_sender_for_a_week(member: Client) -> None:
    address = checked(member)
    run_due_imports(now=MORNING + KEPT_FOR * 2)

    assert "이대로 제출" not in text(member.get(address))
    assert member.post(f"{address}send/").status_code == 409


def test_it_waits_for_a_second_person_where_the_contract_says_so(programme: Programme, member: Client) -> None:
    ContractTerms.objects.update(second_check=SecondCheck.PEOPLE)
    address = checked(member)
    member.post(f"{address}send/")

    run_due_imports(now=MORNING)

    shown: Any = member.get(address)
    held = SubmissionDraft.objects.get()
    assert "확인 대기" in text(shown)
    assert f'href="/submit/{held.pk}/"' in shown.content.decode()
    assert figures() is None


def test_a_small_file_is_checked_at_once(member: Client) -> None:
    assert upload(member, GOOD[:1])["Location"].startswith("/submit/")
    assert not ImportJob.objects.exists()
