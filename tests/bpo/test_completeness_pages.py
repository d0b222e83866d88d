"""The pages of completeness: who has not reported, a vendor's month, one day, and excusing it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from kpis.models import ExcusedDay, ExternalFactor, MonthClose
from kpis.services import factors
from tests import make
from tests.bpo.completeness_sample import NOW, Sample, make_sample
from tests.checks import assert_constant_queries
from vendors.actors import SYSTEM
from vendors.choices import Role
from vendors.models import Queue

pytestmark = pytest.mark.django_db

MATRIX = "/completeness/"


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def sample() -> Sample:
    return make_sample()


@pytest.fixture
def page() -> Callable[..., Client]:
    def signed_in(role: str | None, vendor: Any = None, language: str = "ko") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(make.make_user(role=role, vendor=vendor))
        return client

    return signed_in


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_matrix_begins_with_what_is_missing_the_latest_day_first(sample: Sample, page: Callable[..., Any]) -> None:
    text = text_of(page(Role.MANAGER).get(MATRIX))

    assert text.index("한빛씨에스 2026년 11월 24일 (화)") < text.index("나래컨택 2026년 11월 23일 (월)")
    assert "반려" in text
    assert "2026년 11월 18일 (수)" in text


def test_the_matrix_counts_complete_queue_days_of_those_expected(sample: Sample, page: Callable[..., Any]) -> None:
    answer = page(Role.ANALYST).get(MATRIX)
    rows = {row.vendor.code: row for row in answer.context["page"].rows}

    hanbit = rows["hanbit"].quality
    assert (hanbit.expected, hanbit.complete, hanbit.in_time, hanbit.corrected) == (23, 21, 21, 1)
    narae = rows["narae"].quality
    assert (narae.expected, narae.complete, narae.in_time, narae.corrected) == (12, 11, 10, 0)
    assert str(narae.in_time_share) == "90.9"
    assert [cell.word for cell in rows["narae"].cells] == [
        "reported", "reported", "reported", "reported", "late", "reported", "reported", "reported",
        "excused", "reported", "reported", "missing", "reported", "expected",
    ]  # fmt: skip


def test_one_vendor_is_shown_by_queue_and_a_month_may_be_chosen(sample: Sample, page: Callable[..., Any]) -> None:
    answer = page(Role.MANAGER).get(MATRIX, {"vendor": "hanbit", "month": "2026-11"})

    assert [row.queue.code for row in answer.context["page"].rows] == ["hanbit-chat", "hanbit-voice"]
    assert len(answer.context["page"].days) == 30
    assert page(Role.MANAGER).get(MATRIX, {"month": "nonsense"}).status_code == 400


def test_a_vendor_sees_its_own_days_only(sample: Sample, page: Callable[..., Any]) -> None:
    client = page(Role.VENDOR_MEMBER, sample.vendor)

    assert "나래" not in text_of(client.get(MATRIX, {"vendor": "narae"}))
    assert client.get(f"{MATRIX}narae/").status_code == 404
    assert client.get(f"{MATRIX}narae/2026-11-24/").status_code == 404
    assert "주문 전화" in text_of(client.get(f"{MATRIX}hanbit/2026-11-24/"))


@pytest.mark.parametrize("path", [MATRIX, f"{MATRIX}hanbit/", f"{MATRIX}hanbit/2026-11-24/"])
def test_it_opens_to_who_reads_figures(sample: Sample, page: Callable[..., Any], client: Client, path: str) -> None:
    assert client.get(path).status_code == 302
    assert page(Role.EXECUTIVE).get(path).status_code == 403
    for language in ("ko", "en"):
        answer = page(Role.MANAGER, language=language).get(path)
        assert answer.status_code == 200
        assert f'lang="{language}"' in answer.content.decode()


def test_the_calendar_names_holidays_and_states(sample: Sample, page: Callable[..., Any]) -> None:
    answer = page(Role.VENDOR_ADMIN, sample.vendor).get(f"{MATRIX}hanbit/")
    text = text_of(answer)

    assert "임시공휴일" in text
    assert len(answer.context["page"].weeks) == 6
    assert "11월 24일" in text
    assert page(Role.MANAGER).get(f"{MATRIX}hanbit/", {"month": "2026-02"}).status_code == 200


def test_the_day_says_what_is_missing_what_came_what_was_refused_and_what_changed(
    sample: Sample, page: Callable[..., Any]
) -> None:
    client = page(Role.VENDOR_ADMIN, sample.vendor)

    partial = text_of(client.get(f"{MATRIX}hanbit/2026-11-18/"))
    assert "주문 채팅: 응대호" in partial
    assert f"{sample.contract.name} · {sample.chat.centre.name}" in partial
    refused = text_of(client.get(f"{MATRIX}hanbit/2026-11-24/"))
    assert "0보다 작음 out_of_bounds 1" in refused
    corrected = text_of(client.get(f"{MATRIX}hanbit/2026-11-19/"))
    assert "1,100 1,111" in corrected
    assert "다시 집계" in corrected
    assert client.get(f"{MATRIX}hanbit/2026-11-31/").status_code == 404
    assert client.get(f"{MATRIX}hanbit/nonsense/").status_code == 404


def test_a_manager_excuses_a_day_and_takes_it_back(sample: Sample, page: Callable[..., Any]) -> None:
    client = page(Role.MANAGER)
    path = f"{MATRIX}narae/2026-11-23/"

    wrong = client.post(f"{path}excuse/", {"queues": ["narae-voice"], "cause": "closed", "reason": ""})
    done = client.post(
        f"{path}excuse/", {"queues": ["narae-voice"], "cause": "closed", "reason": "창립일"}, follow=True
    )
    row = ExcusedDay.objects.get(date=date(2026, 11, 23))

    assert wrong.status_code == 400
    assert "창립일" in text_of(done)
    assert done.context["page"].cell.word == "excused"

    back = client.post(f"{MATRIX}excused/{row.pk}/withdraw/", {"reason": "잘못 눌렀습니다"}, follow=True)
    assert back.context["page"].cell.word == "missing"
    assert "잘못 눌렀습니다" in text_of(back)


def test_the_page_says_that_the_month_is_closed_to_excusing(sample: Sample, page: Callable[..., Any]) -> None:
    contract = sample.other.contracts.get()
    MonthClose.objects.create(contract=contract, start=date(2026, 11, 1), number=1, is_closed=True, by="x", at=NOW)
    client, path = page(Role.MANAGER), f"{MATRIX}narae/2026-11-23/"

    refused = client.post(f"{path}excuse/", {"queues": ["narae-voice"], "cause": "closed", "reason": "창립일"})
    row = ExcusedDay.objects.get()
    kept = client.post(f"{MATRIX}excused/{row.pk}/withdraw/", {"reason": "잘못 눌렀습니다"}, follow=True)

    assert refused.status_code == 409
    for answer in (refused, kept):
        assert "2026-11은 마감되었습니다. 먼저 마감을 해제" in text_of(answer)


def test_the_calendar_shows_what_departments_have_planned(sample: Sample, page: Callable[..., Any]) -> None:
    def plan(title: str, queue: Queue, days: int = 1) -> ExternalFactor:
        starts_at = datetime(2026, 11, 28, 1, tzinfo=UTC)
        about = {"kind": "campaign", "title": title, "is_planned": True, "expected_percent": 30}
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(days=days)}
        return factors.register({**about, **times}, queues=[queue], actor=SYSTEM, now=NOW)

    shown, gone = plan("겨울 할인", sample.voice), plan("취소된 방송", sample.voice)
    plan("남의 방송", sample.other_queue)
    factors.withdraw(gone.pk, actor=SYSTEM, now=NOW)

    client = page(Role.VENDOR_MEMBER, sample.vendor)
    answer = client.get("/completeness/hanbit/?month=2026-11")
    text = answer.content.decode()

    # On two days of the grid, for it goes on past midnight, and in the list.
    assert text_of(answer).count("겨울 할인") == 3
    assert "+30 %" in text
    assert f'href="/factors/{shown.pk}/"' in text
    assert "취소된 방송" not in text
    assert "남의 방송" not in text
    assert "겨울 할인" not in client.get("/completeness/hanbit/?month=2026-10").content.decode()


def test_nobody_else_excuses(sample: Sample, page: Callable[..., Any]) -> None:
    sent = {"queues": ["narae-voice"], "cause": "closed", "reason": "x"}
    excused = ExcusedDay.objects.get()

    assert page(Role.VENDOR_ADMIN, sample.other).post(f"{MATRIX}narae/2026-11-23/excuse/", sent).status_code == 403
    theirs = page(Role.MANAGER, sample.vendor)
    assert theirs.post(f"{MATRIX}narae/2026-11-23/excuse/", sent).status_code == 404
    assert theirs.post(f"{MATRIX}excused/{excused.pk}/withdraw/", {"reason": "x"}).status_code == 404
    assert page(Role.VENDOR_ADMIN, sample.other).get(f"{MATRIX}narae/2026-11-23/").context["form"] is None


def test_an_empty_programme_says_what_comes_first(db: None, page: Callable[..., Any]) -> None:
    assert "계약에 업무그룹이 연결되면" in text_of(page(Role.MANAGER).get(MATRIX))


@pytest.mark.parametrize("path", [MATRIX, f"{MATRIX}hanbit/", f"{MATRIX}hanbit/2026-11-24/"])
def test_it_makes_a_constant_number_of_queries(sample: Sample, page: Callable[..., Any], path: str) -> None:
    client = page(Role.MANAGER)

    def grow() -> None:
        for number in range(4):
            queue = make.make_queue(sample.contract)
            make.make_figures(queue, date(2026, 11, 24), offered=5 + number)

    assert_constant_queries(lambda: client.get(path), grow)
