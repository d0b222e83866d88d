"""What the explanation of a card says is missing: by name, run by run, and never as a 0."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from bpo.queries import cards_for, explained
from bpo.queries.explanation_page import Gap, LineWhy, explanation_lines, gaps_of
from bpo.queries.pages import card_page
from bpo.services import scorecards
from kpis.models import DailyMetric
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.bpo.pages_sample import AFTER, MONTH, Programme, signed_in
from tests.make import make_actor, make_figures
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

MANAGER = make_actor(Role.MANAGER)
LAST = date(2026, 10, 31)


def compute(programme: Programme) -> None:
    mark(contract_ids=[programme.contract.pk], first_on=MONTH, last_on=LAST)
    drain(now=AFTER)
    scorecards.refresh(contract_id=programme.contract.pk, starts=[MONTH], now=AFTER)


def lines_of(programme: Programme) -> dict[str, LineWhy]:
    card = cards_for(MANAGER).get(pk=programme.card().pk)
    page = card_page(card, MANAGER)
    return {row.line["kpi"]: row for row in explanation_lines(card, page.card, explained(card)) if row.line["kpi"]}


def text_of(programme: Programme) -> str:
    page = signed_in(Role.MANAGER).get(f"/scorecards/{programme.card().pk}/explain/").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_of_a_kpi_that_lacks_a_measure_it_names_what_came_and_what_did_not(programme: Programme) -> None:
    DailyMetric.objects.all().delete()
    make_figures(programme.queue, MONTH, is_month=True, offered=1000, answered=900)
    compute(programme)

    line = lines_of(programme)["service_level"]

    assert (list(line.sent), list(line.lacking)) == (["인입호"], ["목표시간 내 응대호"])
    assert {row.value for row in line.inputs} == {"–"}
    text = text_of(programme)
    assert "제출됨: 인입호 빠짐: 목표시간 내 응대호" in text
    assert "100 × 0" not in text


def test_of_a_kpi_of_which_nothing_came_it_names_what_is_asked(programme: Programme) -> None:
    DailyMetric.objects.all().delete()
    make_figures(programme.queue, MONTH, is_month=True, offered=1000, answered=900)
    compute(programme)

    line = lines_of(programme)["qa_score"]

    assert (line.sent, sorted(line.lacking)) == ([], ["QA 점수 합", "QA 평가 건수"])
    assert "보고된 실적이 없습니다. 빠짐: QA 점수 합, QA 평가 건수" in text_of(programme)


def test_a_month_that_is_missing_as_a_whole_is_one_line_and_not_its_days(programme: Programme) -> None:
    DailyMetric.objects.all().delete()
    make_figures(programme.queue, MONTH, is_month=True, offered=1000, answered=900)
    compute(programme)

    assert lines_of(programme)["qa_score"].gaps == [Gap("", MONTH, LAST, 31, is_month=True)]
    assert lines_of(programme)["answer_rate"].gaps == []
    assert "2026년 10월 전체" in text_of(programme)


def test_missing_days_are_told_run_by_run(programme: Programme) -> None:
    DailyMetric.objects.filter(date__in=[date(2026, 10, 5), date(2026, 10, 6), date(2026, 10, 9)]).delete()
    compute(programme)

    gaps = lines_of(programme)["answer_rate"].gaps

    assert [(gap.first.day, gap.last.day, gap.days) for gap in gaps] == [(5, 6, 2), (9, 9, 1), (30, 31, 2)]
    assert "주문 전화 10월 5일 – 10월 6일 (2일)" in text_of(programme)


def test_a_measure_that_came_on_some_days_is_not_named_as_missing(programme: Programme) -> None:
    DailyMetric.objects.filter(date=date(2026, 10, 5)).update(measures={"offered": 1300})
    compute(programme)

    line = lines_of(programme)["answer_rate"]

    assert (sorted(line.sent), list(line.lacking)) == (["응대호", "인입호"], [])
    assert line.is_summed
    assert "빠짐" not in text_of(programme)


def test_the_explanation_as_json_says_it_in_codes(programme: Programme) -> None:
    DailyMetric.objects.all().delete()
    make_figures(programme.queue, MONTH, is_month=True, offered=1000, answered=900)
    compute(programme)

    answer = signed_in(Role.MANAGER).get(f"/api/v1/scorecards/{programme.card().pk}/explain/").json()

    (line,) = (row for row in answer["lines"] if row["kpi"] == "service_level")
    assert line["measures"] == {"reported": ["offered"], "missing": ["answered_within_threshold"]}
    assert line["month_totals"] == ["hanbit-order-voice"]


def figure_of(*missing: tuple[str, int], reported: int = 1, as_of: str = "2026-11-01") -> dict[str, Any]:
    days = [{"queue": queue, "date": f"2026-10-{day:02}"} for queue, day in missing]
    return {
        "period": {"start": "2026-10-01", "end": "2026-11-01"},
        "as_of": as_of,
        "days": {"reported": reported, "missing": len(days), "missing_days": days},
    }


def test_runs_of_different_queues_stay_apart_and_a_queue_with_a_total_is_one_line() -> None:
    figure = figure_of(("1", 3), ("1", 4), ("2", 5), ("2", 6), ("3", 1), ("3", 8))

    gaps = gaps_of(figure, ["night"], {"1": "Day", "2": "Evening", "3": "Night", "night": "Night"})

    assert [(gap.queue, gap.first.day, gap.last.day, gap.days, gap.is_month) for gap in gaps] == [
        ("Day", 3, 4, 2, False),
        ("Evening", 5, 6, 2, False),
        ("Night", 1, 31, 2, True),
    ]


def test_a_month_that_is_not_over_is_told_by_its_days() -> None:
    (gap,) = gaps_of(figure_of(("1", 1), ("1", 2), reported=0, as_of="2026-10-03"), [], {"1": "Day"})

    assert (gap.queue, gap.first.day, gap.last.day, gap.is_month) == ("Day", 1, 2, False)
