"""The executive overview: its figures are the ledger's, its sentences say them, and it costs the same at any size."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from bpo.models import Scorecard
from bpo.queries.overview import overview
from bpo.queries.overview_words import sentences
from kpis.calc.facts import PeriodKind
from kpis.models import Attainment, DailyMetric, FactorSlice
from kpis.services import factors
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests import make
from tests.bpo.pages_sample import AFTER, MONTH, SEOUL, Programme, make_programme, report, signed_in
from tests.checks import queries_of
from tests.make import make_actor
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

PAGE = "/overview/"
OCTOBER = {"on": "2026-10-15"}
MANAGER = make_actor(Role.MANAGER)


def read(day: date | None = MONTH, kind: PeriodKind = PeriodKind.MONTH, actor: Any = MANAGER) -> Any:
    return overview(actor, kind, day, now=AFTER)


def text_of(client: Client, **query: str) -> str:
    return re.sub(r"\s+", " ", client.get(PAGE, query).content.decode())


def test_a_months_row_is_its_card_and_its_attainments(programme: Programme) -> None:
    page = read()

    (row,) = page.rows
    card = programme.card()
    assert (row.card.pk, row.score, row.is_provisional) == (card.pk, card.score, True)
    stored = {one.series.kpi.code: one for one in Attainment.objects.select_related("series__kpi").filter(start=MONTH)}
    assert {cell.kpi.code: cell.value for cell in row.cells.values()} == {
        code: one.value for code, one in stored.items()
    }
    assert {cell.kpi.code: cell.standing for cell in row.cells.values()}["service_level"] == "below_target"


def test_a_programmes_score_is_the_mean_of_its_contracts(programme: Programme) -> None:
    make_programme("narae", "나래", shift=4)

    page = read()

    scores = [card.score for card in Scorecard.objects.all()]
    assert page.score == (sum(scores) / 2).quantize(Decimal("0.01"))
    assert [row.contract.vendor.code for row in page.ranked] == ["narae", "hanbit"]
    assert page.year == page.score


def test_the_moves_of_a_row_sum_up_to_its_change_and_name_the_culprit(programme: Programme) -> None:
    report(programme, date(2026, 9, 1), shift=5)

    page = read()

    (row,) = page.rows
    assert row.change is not None
    assert row.change < 0
    assert page.kpis[row.moved[0].key].code == "service_level"
    told = sentences(page)
    assert len(told) == 3
    assert f"{page.score:.2f}" in told[0]
    assert f"{abs(page.change):.2f}" in told[0]
    assert "서비스레벨" in told[1]
    assert f"{abs(row.moved[0].points):.2f}" in told[1]


@pytest.mark.parametrize(
    ("language", "word"), [("ko", "대외 변수 1건"), ("en", "1 approved external factor is taken out")]
)
def test_gross_and_adjusted_stand_side_by_side_and_in_the_sentence(
    programme: Programme, language: str, word: str
) -> None:
    DailyMetric.objects.filter(date=date(2026, 10, 5)).update(measures={"offered": 2000, "answered": 400})
    mark(contract_ids=[programme.contract.pk], first_on=MONTH, last_on=MONTH)
    start = datetime(2026, 10, 5, 9, tzinfo=SEOUL)
    about = {"kind": "outage", "title": "교환기 장애", "starts_at": start, "ends_at": start + timedelta(hours=2)}
    slices = [{"queue": programme.queue.code, "date": "2026-10-05", "measures": None}]
    now = start + timedelta(days=1)
    made = factors.register(
        {**about, "slices": slices},
        queues=[programme.queue],
        actor=make_actor(Role.VENDOR_ADMIN, programme.vendor),
        now=now,
    )
    factors.claim(made.pk, evidence="ticket", actor=make_actor(Role.VENDOR_ADMIN, programme.vendor), now=now)
    factors.approve(made.pk, decision="as logged", actor=MANAGER, now=AFTER)
    drain(now=AFTER)
    assert FactorSlice.objects.exists()

    page = read()

    assert [factor.title for factor in page.factors] == ["교환기 장애"]
    text = text_of(signed_in(Role.MANAGER, language=language), **OCTOBER)
    assert "교환기 장애" in text
    assert word in text
    _row, cell = page.lifted[0]
    assert cell.kpi.code == "answer_rate"
    assert cell.uplift == Decimal("3.53")


def test_an_executive_reads_provisional_figures_marked_so_and_no_draft(programme: Programme) -> None:
    actor = make_actor(Role.EXECUTIVE)

    page = read(actor=actor)

    assert (page.rows[0].card, page.rows[0].is_provisional) == (None, True)
    assert page.rows[0].score is not None
    text = text_of(signed_in(Role.EXECUTIVE), **OCTOBER)
    assert "잠정" in text
    assert f"/scorecards/{programme.card().pk}/" not in text


def test_a_vendor_sees_itself_alone(programme: Programme) -> None:
    other = make_programme("narae", "나래")

    text = text_of(signed_in(Role.VENDOR_ADMIN, programme.vendor), **OCTOBER)

    assert "한빛컨택" in text
    assert "나래" not in text
    assert "나래" not in text_of(signed_in(Role.VENDOR_ADMIN, programme.vendor), vendor=other.vendor.code, **OCTOBER)


@pytest.mark.parametrize("grain", ["week", "month", "quarter", "year"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_grain_has_its_page_in_both_languages(programme: Programme, grain: str, language: str) -> None:
    text = text_of(signed_in(Role.MANAGER, language=language), grain=grain, **OCTOBER)

    assert "한빛컨택 주문 상담" in text
    assert {"ko": "경영 요약", "en": "Executive overview"}[language] in text


def test_a_quarter_is_pooled_from_the_counts_and_held_against_the_monthly_targets(programme: Programme) -> None:
    report(programme, date(2026, 9, 1), shift=5, days=10)
    answered = offered = 0
    for _month, shift, days in ((9, 5, 10), (10, 0, 29)):
        for number in range(days):
            calls = 1200 + 40 * ((number * 7) % 11)
            offered, answered = offered + calls, answered + calls * (93 + shift) // 100

    page = overview(MANAGER, PeriodKind.QUARTER, date(2026, 9, 1), now=AFTER)
    last = overview(MANAGER, PeriodKind.YEAR, MONTH, now=AFTER)

    cell = next(cell for cell in last.rows[0].cells.values() if cell.kpi.code == "answer_rate")
    assert cell.value == (Decimal(100 * answered) / offered).quantize(Decimal("0.01"))
    assert (cell.target, cell.standing) == (Decimal(95), "below_target")
    assert page.period.start == date(2026, 7, 1)


def test_contracts_of_other_kpis_stand_under_a_head_of_their_own(programme: Programme) -> None:
    vendor = make.make_vendor("narae")
    contract = make.make_contract(vendor)
    queue = make.make_queue(contract)
    make.make_target(contract, make.make_kpi("backlog_days", "backlog / closed"), 2, weight=100)
    make.make_figures(queue, MONTH, backlog=10, closed=5)
    mark(contract_ids=[contract.pk], first_on=MONTH, last_on=MONTH)
    drain(now=AFTER)

    groups = read().groups

    assert [[kpi.code for kpi in group.columns][:1] for group in groups] == [["service_level"], ["backlog_days"]]


@pytest.mark.parametrize(
    "query", [{"grain": "day"}, {"grain": "x"}, {"on": "2026-13-01"}, {"on": "1999-01-01"}, {"on": "2026-1-1"}]
)
def test_what_cannot_be_read_is_refused(query: dict[str, str]) -> None:
    assert signed_in(Role.MANAGER).get(PAGE, query).status_code == 400


def test_an_empty_programme_says_what_to_do() -> None:
    assert "다른 기간을 선택해 주세요" in text_of(signed_in(Role.MANAGER), **OCTOBER)


@pytest.mark.parametrize(("grain", "most"), [("week", 15), ("month", 11), ("quarter", 15), ("year", 15)])
def test_it_takes_a_constant_number_of_queries_whatever_the_number_of_vendors(
    programme: Programme, grain: str, most: int
) -> None:
    client = signed_in(Role.MANAGER)
    query = {"grain": grain, **OCTOBER}
    client.get(PAGE, query)
    few = len(queries_of(lambda: client.get(PAGE, query)))
    for number in range(4):
        make_programme(f"vendor{number}", f"업체{number}")

    many = len(queries_of(lambda: client.get(PAGE, query)))

    assert many == few <= most


def test_every_line_of_a_contract_counts_also_two_queues_of_one_kpi(programme: Programme) -> None:
    second = make.make_queue(programme.contract, "hanbit-return-voice", name="반품 전화")
    kpi = make.make_kpi("return_rate", "returned / offered")
    for queue, value in ((programme.queue, 50), (second, 100)):
        make.make_target(programme.contract, kpi, 1, queue=queue, weight=45, attainment_mode="ratio")
        for number in range(29):
            day = MONTH + timedelta(days=number)
            row = DailyMetric.objects.filter(queue=queue, date=day).first()
            measures = {**(row.measures if row else {}), "offered": 100, "returned": value}
            if row:
                DailyMetric.objects.filter(pk=row.pk).update(measures=measures)
            else:
                make.make_figures(queue, day, **measures)
    mark(contract_ids=[programme.contract.pk], first_on=MONTH, last_on=MONTH)
    drain(now=AFTER)
    rows = Attainment.objects.filter(start=MONTH, weight__isnull=False)
    weights = sum(row.weight for row in rows if row.weight and row.score is not None)

    (row,) = read(actor=make_actor(Role.EXECUTIVE)).rows

    expected = sum((row.score * row.weight for row in rows if row.score is not None), Decimal(0)) / weights
    assert row.score == expected.quantize(Decimal("0.0001"))


def test_a_period_that_has_just_begun_has_no_score_rather_than_none_at_all(programme: Programme) -> None:
    page = overview(MANAGER, PeriodKind.QUARTER, date(2027, 1, 1), now=AFTER)

    assert {row.score for row in page.rows} <= {None}


def test_a_new_contract_moves_the_score_and_not_the_change(programme: Programme) -> None:
    report(programme, date(2026, 9, 1), shift=5)
    make_programme("narae", "나래", shift=-20)

    page = read()

    old = next(row for row in page.rows if row.before is not None)
    assert page.change == old.change.quantize(Decimal("0.01"))
