"""What pages say of a month for which nothing, little, or only a total was reported: never a 0 that nobody earned."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override
from python_calamine import CalamineWorkbook

from bpo.choices import ReportKind, ScorecardStatus
from bpo.models import Scorecard, SetUp
from bpo.queries import blockers, cards_for
from bpo.queries.cards import presented
from bpo.queries.kpi_page import kpi_page, series_for
from bpo.queries.overview import Overview, overview
from bpo.queries.overview_words import sentences
from bpo.queries.pages import CardPage, card_page, month_page
from bpo.queries.period_facts import period_facts
from bpo.queries.programme import contracts_made
from bpo.queries.report_content import content_of
from bpo.reports import overview_print
from bpo.reports.scorecard_print import notice, printed
from bpo.reports.scorecard_sheet import scorecard_xlsx
from bpo.services import scorecards
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import period_of
from kpis.models import DailyMetric
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.bpo.pages_sample import AFTER, MONTH, Programme, make_programme, report, signed_in
from tests.make import make_actor, make_figures
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

MANAGER = make_actor(Role.MANAGER)
NOVEMBER = date(2026, 11, 1)
NO_GRADE = ""
POINTS, FIRST_LINE = 9, 10
"""Where the points stand in the workbook, and the first row of lines."""


def begin_november(*programmes: Programme) -> None:
    """Have the month that has just begun computed, without a figure."""
    for programme in programmes:
        mark(contract_ids=[programme.contract.pk], first_on=NOVEMBER, last_on=date(2026, 11, 30))
    drain(now=AFTER)
    for programme in programmes:
        scorecards.refresh(contract_id=programme.contract.pk, starts=[NOVEMBER], now=AFTER)


def report_total(programme: Programme, **measures: int) -> None:
    """Have October known as its total alone."""
    DailyMetric.objects.all().delete()
    make_figures(programme.queue, MONTH, is_month=True, **measures)
    compute(programme)


def compute(programme: Programme) -> None:
    mark(contract_ids=[programme.contract.pk], first_on=MONTH, last_on=date(2026, 10, 31))
    drain(now=AFTER)
    scorecards.refresh(contract_id=programme.contract.pk, starts=[MONTH], now=AFTER)


def page_of(card: Scorecard) -> CardPage:
    return card_page(cards_for(MANAGER).get(pk=card.pk), MANAGER)


def read(day: date | None = None, kind: PeriodKind = PeriodKind.MONTH) -> Overview:
    return overview(MANAGER, kind, day, now=AFTER)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class TestNothingReported:
    def test_the_arithmetic_answers_0_and_every_page_says_nothing_came(self, programme: Programme) -> None:
        begin_november(programme)
        card = programme.card(NOVEMBER)

        assert (card.score, card.grade, card.weight_covered) == (0, "D", 0)
        assert presented(cards_for(MANAGER).get(pk=card.pk))["score"] == "0.0000"
        assert (card.is_unreported, card.stated_score, card.stated_grade) == (True, None, NO_GRADE)

        page = page_of(card)
        assert (page.card["score"], page.card["score_before_gates"], page.card["grade"]) == (None, None, NO_GRADE)
        assert {line["points"] for line in page.card["lines"]} == {None}

    def test_the_list_the_card_and_the_overview_show_a_dash_and_no_arrow(self, programme: Programme) -> None:
        begin_november(programme)
        manager = signed_in(Role.MANAGER)

        listed = text_of(manager, "/scorecards/?month=2026-11")
        card = text_of(manager, f"/scorecards/{programme.card(NOVEMBER).pk}/")
        summed = text_of(manager, "/overview/?on=2026-11-05")

        for text in (listed, card, summed):
            assert "미제출" in text
            assert not re.search(r"\b0\.00 (?!%)|▼| D ", text)
        assert "이달 실적이 아직 제출되지 않아 총점과 등급이 없습니다." in card
        assert "2026년 11월 실적이 아직 제출되지 않아 점수가 없습니다." in summed
        why = text_of(manager, f"/scorecards/{programme.card(NOVEMBER).pk}/explain/")
        assert ("그때부터 반영합니다" in why, "0점으로 반영" in why) == (True, False)

    def test_figures_that_serve_no_kpi_are_said_to_have_come(self, programme: Programme) -> None:
        begin_november(programme)
        address = f"/scorecards/{programme.card(NOVEMBER).pk}/"
        manager = signed_in(Role.MANAGER)
        make_figures(programme.queue, date(2026, 12, 1), offered=5)
        assert "이달 실적이 아직 제출되지 않아" in text_of(manager, address)

        make_figures(programme.queue, date(2026, 11, 3), transferred=5)

        text = text_of(manager, address)
        assert "이달 실적은 들어왔지만 이 지표들을 계산할 수 있는 항목이 없어 총점과 등급이 없습니다." in text
        assert "아직 제출되지 않아" not in text

    def test_the_printed_page_and_the_workbook_show_it_too(self, programme: Programme) -> None:
        begin_november(programme)
        page = page_of(programme.card(NOVEMBER))

        told = printed(page)
        rows = CalamineWorkbook.from_filelike(io.BytesIO(scorecard_xlsx(page))).get_sheet_by_index(0).to_python()

        assert (told["score"]["text"], told["grade"]["text"]) == ("–", "–")
        assert "미제출" in notice(page)
        assert {row[POINTS] for row in rows[FIRST_LINE : FIRST_LINE + len(page.card["lines"]) + 1]} == {""}

    def test_it_has_no_share_in_the_mean_nor_in_the_sentences(self, programme: Programme) -> None:
        other = make_programme("narae", "나래")
        begin_november(programme, other)
        report(other, NOVEMBER, days=22)

        page = read(NOVEMBER)

        assert page.score == programme_score(other, NOVEMBER)
        assert [row.contract.vendor.code for row in page.ranked] == ["narae"]
        assert {row.contract.vendor.code: row.change for row in page.rows}["hanbit"] is None
        first, second, _third = sentences(page)
        assert "실적을 제출하지 않은 계약 1건은 평균에서 뺐습니다." in first
        assert "한빛컨택" not in second

    def test_reports_and_printed_overviews_say_nothing_came(self, programme: Programme) -> None:
        begin_november(programme)
        november = period_of(PeriodKind.MONTH, NOVEMBER)

        with override("ko"):
            (table,) = overview_print.printed(period_facts(MANAGER, november, now=AFTER))["tables"]
            (contract,) = content_of(ReportKind.EXECUTIVE, MANAGER, november, now=AFTER)["contracts"]

        _name, total, *_cells = table["rows"][0]
        assert (total["text"], total["under"]) == ("–", ["미제출"])
        assert (contract["score"], contract["grade"], contract["state"]) == ("–", NO_GRADE, "미제출")

    def test_a_week_of_nothing_has_no_score_either(self, programme: Programme) -> None:
        page = read(date(2026, 11, 18), PeriodKind.WEEK)

        assert [row.score for row in page.rows] == [None]
        assert page.score is None
        assert len(sentences(page)) == 1

    def test_a_closed_card_keeps_what_it_was_closed_with(self, programme: Programme) -> None:
        begin_november(programme)
        card = programme.card(NOVEMBER)
        card.status = ScorecardStatus.FINAL

        assert (card.is_unreported, card.stated_score, card.stated_grade) == (False, 0, "D")


def programme_score(programme: Programme, month: date) -> Decimal:
    score = programme.card(month).score
    assert score is not None
    return score.quantize(Decimal("0.01"))


class TestTheMonthThatIsShown:
    def test_the_list_and_the_overview_open_on_the_newest_month_with_figures(self, programme: Programme) -> None:
        begin_november(programme)

        assert month_page(MANAGER, month=None, today=date(2026, 11, 23)).month == MONTH
        assert month_page(MANAGER, month=NOVEMBER, today=date(2026, 11, 23)).month == NOVEMBER
        assert read().period.start == MONTH
        assert read(NOVEMBER).period.start == NOVEMBER

        report(programme, NOVEMBER, days=1)

        assert month_page(MANAGER, month=None, today=date(2026, 11, 23)).month == NOVEMBER
        assert read().period.start == NOVEMBER

    def test_with_nothing_at_all_they_open_where_there_is_a_card(self, programme: Programme) -> None:
        DailyMetric.objects.all().delete()
        compute(programme)

        assert month_page(MANAGER, month=None, today=date(2026, 11, 23)).month == MONTH
        assert read().period.start == NOVEMBER

    def test_a_vendor_asked_for_opens_its_own_newest_month(self, programme: Programme) -> None:
        other = make_programme("narae", "나래")
        report(other, NOVEMBER, days=3)
        begin_november(programme)

        page = month_page(MANAGER, month=None, vendor="hanbit", today=date(2026, 11, 23))

        assert page.month == MONTH
        assert overview(MANAGER, PeriodKind.MONTH, None, now=AFTER, vendor="hanbit").period.start == MONTH


class TestPartAndPending:
    def test_a_part_of_the_weight_is_said_next_to_the_score(self, programme: Programme) -> None:
        report_total(programme, offered=1000, answered=900)
        card = programme.card()

        assert card.share_counted == card.weight_covered == 25
        manager = signed_in(Role.MANAGER)
        for address in ("/scorecards/?month=2026-10", "/overview/?on=2026-10-05", f"/scorecards/{card.pk}/"):
            assert "잠정 · 배점의 25%만 반영" in text_of(manager, address)

    def test_figures_that_came_and_are_not_computed_yet_are_said_to_be(self, programme: Programme) -> None:
        begin_november(programme)
        card = programme.card(NOVEMBER)
        mark(contract_ids=[programme.contract.pk], first_on=date(2026, 11, 3), last_on=date(2026, 11, 3))
        manager = signed_in(Role.MANAGER)

        assert "– 계산 중" in text_of(manager, "/scorecards/?month=2026-11")
        assert "계산 중" in text_of(manager, "/overview/?on=2026-11-05")
        assert "이달의 새 실적을 계산하고 있습니다." in text_of(manager, f"/scorecards/{card.pk}/")
        assert "계산 중" not in text_of(manager, "/scorecards/?month=2026-10")

    def test_the_page_of_a_set_up_has_no_score_until_it_is_computed(self, programme: Programme) -> None:
        made = SetUp(made={"contracts": [programme.contract.code]})
        (before,) = contracts_made(made, MANAGER, "2026-10")
        mark(contract_ids=[programme.contract.pk], first_on=MONTH, last_on=MONTH)

        (row,) = contracts_made(made, MANAGER, "2026-10")

        assert before.card is not None
        assert row.card is not None
        assert (before.card.score, before.card.is_pending) == (programme.card().score, False)
        assert (row.card.score, row.card.is_pending) == (None, True)

    def test_the_page_of_a_set_up_leads_to_the_newest_month_with_figures(self, programme: Programme) -> None:
        made = SetUp(made={"contracts": [programme.contract.code]})
        begin_november(programme)
        (empty,) = contracts_made(made, MANAGER, "2026-09")
        report(programme, NOVEMBER, days=2)
        (row,) = contracts_made(made, MANAGER, "2026-09")

        assert [one.card and one.card.start for one in (empty, row)] == [MONTH, NOVEMBER]


class TestMonthTotals:
    def test_a_total_counts_as_its_days_on_the_kpis_page(self, programme: Programme) -> None:
        report_total(programme, offered=1000, answered=900)
        series = series_for(MANAGER, "answer_rate", "hanbit-order", "")
        assert series is not None

        page = kpi_page(series, MONTH, MANAGER, now=AFTER)

        assert page is not None
        assert (page.value, page.missing, page.is_of_totals) == (Decimal("90.00"), [], True)
        assert {(point.reported, point.expected, point.of_total) for point in page.course.points} == {(1, 1, 1)}
        text = text_of(signed_in(Role.MANAGER), "/kpis/answer_rate/?contract=hanbit-order&month=2026-10")
        assert "미제출이 있는 날 0 일 월 집계(일별 없음)" in text
        assert "이달 실적은 월 집계만 있어 일별로 그릴 값이 없습니다." in text

    def test_of_a_total_that_lacks_a_measure_every_day_is_missing(self, programme: Programme) -> None:
        report_total(programme, offered=1000, answered=900)
        series = series_for(MANAGER, "service_level", "hanbit-order", "")
        assert series is not None

        page = kpi_page(series, MONTH, MANAGER, now=AFTER)

        assert page is not None
        assert (len(page.missing), page.is_of_totals) == (31, False)

    def test_the_card_names_the_kpi_its_completeness_is_of(self, programme: Programme) -> None:
        report_total(programme, offered=1000, answered=900, answered_within_threshold=800, handle_s=1, resolved_first=5)
        page = page_of(programme.card())

        assert (page.card["completeness"], [line["kpi"] for line in page.least_complete]) == ("0.0000", ["qa_score"])
        text = text_of(signed_in(Role.MANAGER), f"/scorecards/{programme.card().pk}/")
        assert "가장 낮은 지표: 상담품질 점수 0/31" in text
        assert "월 집계(일별 없음)" in text
        facts = {fact["label"]: fact["text"] for fact in printed(page)["facts"]}
        assert "가장 낮은 지표: 상담품질 점수" in facts["제출률(일)"]

    def test_the_list_counts_the_kpis_that_came(self, programme: Programme) -> None:
        manager = signed_in(Role.MANAGER)
        assert "개 제출" not in text_of(manager, "/scorecards/?month=2026-10")

        report_total(programme, offered=1000, answered=900)

        assert "0.0 % 지표 5개 중 1개 제출 쓰지 않는 지표 빼기" in text_of(manager, "/scorecards/?month=2026-10")
        analyst = text_of(signed_in(Role.ANALYST), "/scorecards/?month=2026-10")
        assert "개 제출" in analyst
        assert "쓰지 않는 지표 빼기" not in analyst

    def test_finalising_holds_each_kpi_to_the_bar_as_the_card_shows_it(self, programme: Programme) -> None:
        report_total(programme, offered=1000, answered=900, answered_within_threshold=800, handle_s=1, resolved_first=5)
        card = programme.card()

        held = [one.line for one in blockers(card, AFTER) if one.code == "below_completeness_bar"]

        assert held == [line["id"] for line in page_of(card).least_complete]

    def test_the_month_of_completeness_labels_it(self, programme: Programme) -> None:
        address = "/completeness/hanbit/?month=2026-10"
        manager = signed_in(Role.MANAGER)
        assert "월 집계(일별 없음)" not in text_of(manager, address)

        report_total(programme, offered=1000, answered=900)

        assert "월 집계(일별 없음) · 월 집계는 들어 있는 실적에 한해" in text_of(manager, address)

    def test_the_overview_labels_the_contract(self, programme: Programme) -> None:
        assert not read(MONTH).rows[0].is_of_totals

        report_total(programme, offered=1000, answered=900)

        assert read(MONTH).rows[0].is_of_totals
        assert read(MONTH, PeriodKind.QUARTER).rows[0].is_of_totals
        assert "월 집계(일별 없음)" in text_of(signed_in(Role.MANAGER), "/overview/?on=2026-10-05")


class TestTheCard:
    def test_more_than_100_is_explained_where_it_stands(self, programme: Programme) -> None:
        card = programme.card()
        address = f"/scorecards/{card.pk}/"
        manager = signed_in(Role.MANAGER)
        assert "100점이 목표 달성입니다." not in text_of(manager, address)

        Scorecard.objects.filter(pk=card.pk).update(score=Decimal("103.2500"))

        assert "100점이 목표 달성입니다. 목표를 넘긴 실적은" in text_of(manager, address)

    def test_scores_around_gates_are_written_as_the_total_is(self, programme: Programme) -> None:
        Scorecard.objects.filter(pk=programme.card().pk).update(
            score=Decimal("66.5695"), score_before_gates=Decimal("66.5695")
        )

        text = text_of(signed_in(Role.MANAGER), f"/scorecards/{programme.card().pk}/")

        assert "66.57" in text
        assert "66.5695" not in text

    def test_the_small_lines_are_explained_only_where_some_are_drawn(self, programme: Programme) -> None:
        address = f"/scorecards/{programme.card().pk}/"
        manager = signed_in(Role.MANAGER)
        assert "작은 그래프는" not in text_of(manager, address)

        report(programme, date(2026, 9, 1))

        assert "작은 그래프는" in text_of(manager, address)


def test_the_newest_month_is_found_in_a_constant_number_of_queries(
    programme: Programme, django_assert_max_num_queries: Any
) -> None:
    begin_november(programme)
    make_programme("narae", "나래")

    with django_assert_max_num_queries(16):
        read()
