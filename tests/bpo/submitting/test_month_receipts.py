"""The receipt of totals of months: whose they are, of which month, and every contract's month as a whole."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from kpis.calc.facts import QueueDay
from kpis.models import Submission
from kpis.queries import receipts
from kpis.queries.receipts import contract_outlooks, month_totals
from tests.bpo.pages_sample import AFTER, MONTH, Programme, make_programme, signed_in
from tests.checks import assert_constant_queries
from tests.make import make_contract, make_figures, make_queue
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

SEPTEMBER = date(2026, 9, 1)


def send(*rows: dict[str, Any]) -> Submission:
    answer = signed_in(Role.MANAGER).post("/api/v1/submissions/", {"rows": list(rows)}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return Submission.objects.get(pk=answer.json()["id"])


def total(programme: Programme, month: str = "2026-09") -> dict[str, Any]:
    return {"queue": programme.queue.code, "month": month, "measures": {"offered": 1000, "answered": 900}}


def text_of(submission: Submission) -> str:
    page = signed_in(Role.MANAGER).get(f"/submissions/{submission.pk}/").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_it_names_every_vendor_of_the_sheet_and_the_month(programme: Programme) -> None:
    other = make_programme("narae", "나래")

    text = text_of(send(total(programme), total(other)))

    assert "운영업체 나래, 한빛컨택 · 2026년 9월 · 월 집계(일별 없음)" in text
    assert "업무그룹별 월 집계 2건이 저장되어 반영됩니다." in text
    assert "9월 1일" not in text
    assert text.count("월 전체") == 2 * 5
    assert "월 누계" not in text


def test_one_of_days_is_told_by_its_days(programme: Programme) -> None:
    day = {"queue": programme.queue.code, "date": "2026-10-30", "measures": {"offered": 1000, "answered": 900}}

    text = text_of(send(day))

    assert "운영업체 한빛컨택 · 2026년 10월 30일" in text
    assert "기준일 2026년 10월 30일" in text
    assert "업무그룹별 일 실적 1건이 저장되어 반영됩니다." in text


def test_contracts_beyond_those_shown_are_counted(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_programme("narae", "나래")
    monkeypatch.setattr(receipts, "MOST_CONTRACTS", 1)
    monkeypatch.setattr("bpo.queries.submit_pages.MOST_CONTRACTS", 1)

    assert "나머지 계약 1건은 평가표에서 볼 수 있습니다." in text_of(send(total(programme), total(other)))


def test_what_is_not_stored_yet_is_known_as_a_total_too(programme: Programme) -> None:
    days = {programme.contract.pk: SEPTEMBER}
    changed = [QueueDay(programme.queue.pk, SEPTEMBER, {"offered": 1000, "answered": 900}, True)]

    assert month_totals(days) == frozenset()
    assert month_totals(days, changed) == {programme.contract.pk}
    (outlook,) = contract_outlooks({programme.contract.pk: (SEPTEMBER, SEPTEMBER)}, AFTER, changed)
    assert outlook.is_month


def test_another_month_of_the_contract_is_none_of_its_business(programme: Programme) -> None:
    make_figures(programme.queue, SEPTEMBER, is_month=True, offered=1)

    assert month_totals({programme.contract.pk: date(2026, 10, 30)}) == frozenset()
    assert month_totals({programme.contract.pk: date(2026, 9, 30)}) == {programme.contract.pk}


def test_it_takes_two_queries_for_any_number_of_contracts(programme: Programme) -> None:
    days = {programme.contract.pk: MONTH}

    def grow() -> None:
        contract = make_contract(programme.vendor)
        make_figures(make_queue(contract), MONTH, is_month=True, offered=1)
        days[contract.pk] = MONTH

    assert_constant_queries(lambda: month_totals(days), grow)
