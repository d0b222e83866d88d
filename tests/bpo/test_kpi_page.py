"""The page of one KPI: its days are the reported ones, its month is the formula of the sums, and it leads on."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from bpo.queries.kpi_page import KpiPage, kpi_page, series_for
from kpis.models import DailyMetric
from kpis.services import factors
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.bpo.pages_sample import AFTER, MONTH, SEOUL, Programme, make_programme, report, signed_in
from tests.checks import assert_constant_queries
from tests.make import make_actor, make_figures, make_queue
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

MANAGER = make_actor(Role.MANAGER)
PAGE = "/kpis/answer_rate/"
QUERY = {"contract": "hanbit-order", "month": "2026-10"}


def read(month: date = MONTH, kpi: str = "answer_rate", now: datetime = AFTER) -> KpiPage:
    series = series_for(MANAGER, kpi, "hanbit-order", "")
    assert series is not None
    page = kpi_page(series, month, MANAGER, now=now)
    assert page is not None
    return page


def test_each_day_is_what_was_reported_and_the_blank_ones_are_incomplete(programme: Programme) -> None:
    page = read()

    points = {point.date.day: point for point in page.course.points}
    assert len(points) == 31
    assert (points[1].value, points[1].volume) == (Decimal("93.00"), Decimal(1200))
    assert [day.day for day in page.missing] == [30, 31]
    assert (points[30].value, points[30].expected, points[30].reported) == (None, 1, 0)
    answered, offered = (
        sum(row.measures[name] for row in DailyMetric.objects.filter(date__month=10))
        for name in ("answered", "offered")
    )
    assert page.value == (Decimal(100) * answered / offered).quantize(Decimal("0.01"))
    assert (page.target, page.minimum, page.status) == (95, 88, "below_target")


def test_a_day_has_limits_once_twelve_weeks_are_known_and_one_beyond_them_is_outside(programme: Programme) -> None:
    for month in (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)):
        report(programme, month)
    DailyMetric.objects.filter(date=date(2026, 10, 14)).update(measures={"offered": 1300, "answered": 600})
    drain(now=AFTER)

    page = read()

    points = {point.date.day: point for point in page.course.points}
    low, value, high = points[13].low, points[13].value, points[13].high
    assert None not in (low, value, high)
    assert low < value < high
    assert [day for day, point in points.items() if point.is_outside] == [14]
    assert page.course.weekdays is not None
    assert {round(value) for value in page.course.weekdays} == {93}


def test_without_a_past_there_are_no_limits(programme: Programme) -> None:
    assert {point.low for point in read().course.points} == {None}
    assert read().course.weekdays is None


def test_what_an_approved_factor_took_out_stands_beside_and_marks_its_days(programme: Programme) -> None:
    DailyMetric.objects.filter(date=date(2026, 10, 5)).update(measures={"offered": 2000, "answered": 400})
    start = datetime(2026, 10, 5, tzinfo=SEOUL)
    times = {"starts_at": start, "ends_at": start + timedelta(days=1)}
    slices = [{"queue": programme.queue.code, "date": "2026-10-05", "measures": {"offered": 900, "answered": 0}}]
    vendor = {"actor": make_actor(Role.VENDOR_ADMIN, programme.vendor), "now": start + timedelta(days=1)}
    about = {"kind": "outage", "title": "교환기 장애", **times, "slices": slices}
    made = factors.register(about, queues=[programme.queue], **vendor)
    factors.claim(made.pk, evidence="ticket", **vendor)
    factors.approve(made.pk, decision="as logged", actor=MANAGER, now=AFTER)
    mark(contract_ids=[programme.contract.pk], first_on=MONTH, last_on=MONTH)
    drain(now=AFTER)

    page = read()

    point = page.course.points[4]
    assert (point.value, point.adjusted) == (Decimal("20.00"), Decimal("36.36"))
    assert page.is_changed
    assert [factor.title for factor in page.factors_on(date(2026, 10, 5))] == ["교환기 장애"]
    assert date(2026, 10, 5) in page.course.unusual
    # From midnight to midnight in Seoul: neither the day before nor the one after, in whatever zone it is kept.
    assert page.factors_on(date(2026, 10, 4)) == page.factors_on(date(2026, 10, 6)) == []


def test_queues_and_vendors_stand_side_by_side_pooled_from_their_counts(programme: Programme) -> None:
    second = make_queue(programme.contract, "hanbit-return-voice", name="반품 전화")
    make_figures(second, MONTH, offered=100, answered=50)
    make_programme("narae", "나래", shift=2)

    page = read()

    assert [(share.label, share.value) for share in page.queues][1] == ("반품 전화", Decimal("50.00"))
    assert [(share.label, share.is_own) for share in page.vendors] == [("한빛컨택", True), ("나래", False)]


def test_channels_stand_side_by_side_each_the_formula_of_its_sums(programme: Programme) -> None:
    assert read().channels == []
    for number, answered in ((1, 50), (2, 100)):
        chat = make_queue(programme.contract, f"hanbit-chat-{number}", channel="chat")
        make_figures(chat, MONTH, offered=100 * number, answered=answered)

    page = read()

    voice, chat = sorted(page.channels, key=lambda share: -share.volume)
    assert (chat.label, chat.value, chat.volume) == ("채팅", Decimal("50.00"), 300)
    assert voice.volume + chat.volume == sum(share.volume for share in page.queues)
    assert "<h2>채널</h2>" in signed_in(Role.MANAGER).get(PAGE, QUERY).content.decode()


def test_an_open_month_says_what_the_rest_needs(programme: Programme) -> None:
    now = datetime(2026, 10, 20, 12, tzinfo=SEOUL)

    page = read(now=now)

    assert page.outlook is not None
    assert page.outlook.rate is not None
    assert len(page.course.points) == 20


@pytest.mark.parametrize(
    ("language", "words"), [("ko", ("일별 추이", "서비스레벨")), ("en", ("Day by day", "Service level"))]
)
def test_the_page_draws_and_tells_the_same_in_both_languages(
    programme: Programme, language: str, words: tuple[str, str]
) -> None:
    answer = signed_in(Role.MANAGER, language=language).get("/kpis/service_level/", QUERY)
    text = answer.content.decode()

    assert answer.status_code == 200
    assert all(word in text for word in words)
    assert text.count('class="dot"') + text.count('class="outside" d="M5') >= 29
    assert "<desc" in text
    assert re.search(r"/completeness/hanbit/2026-10-01/", text)
    assert 'style="' not in text


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (PAGE, {"contract": "hanbit-order", "month": "2026-13"}, 400),
        (PAGE, {"contract": "nowhere"}, 404),
        (PAGE, {}, 404),
        ("/kpis/nothing/", QUERY, 404),
        (PAGE, {**QUERY, "queue": "hanbit-order-voice"}, 404),
        (PAGE, {"contract": "hanbit-order", "month": "2020-01"}, 200),
    ],
)
def test_what_is_not_there_says_so(programme: Programme, path: str, query: dict[str, str], status: int) -> None:
    answer = signed_in(Role.MANAGER).get(path, query)

    assert answer.status_code == status
    if status == 200:
        assert "이달에 적용되는 목표가 없습니다" in answer.content.decode()


def test_another_vendors_kpi_is_not_there_and_no_other_vendor_is_named(programme: Programme) -> None:
    other = make_programme("narae", "나래")

    assert signed_in(Role.VENDOR_ADMIN, other.vendor).get(PAGE, QUERY).status_code == 404
    text = signed_in(Role.VENDOR_ADMIN, programme.vendor).get(PAGE, QUERY).content.decode()
    assert "나래" not in text


def test_the_scorecards_lines_lead_to_it(programme: Programme) -> None:
    text = signed_in(Role.MANAGER).get(f"/scorecards/{programme.card().pk}/").content.decode()

    assert "/kpis/answer_rate/?contract=hanbit-order&amp;month=2026-10" in text


def test_it_costs_the_same_whatever_the_number_of_vendors(programme: Programme) -> None:
    client = signed_in(Role.MANAGER)
    make_programme("narae", "나래")

    def grow() -> None:
        for number in range(4):
            make_programme(f"vendor{number}", f"업체{number}")

    assert_constant_queries(lambda: client.get(PAGE, QUERY), grow)


def test_the_way_from_the_target_leads_by_mix_vendor_and_factors_to_the_gross_figure(programme: Programme) -> None:
    second = make_queue(programme.contract, "hanbit-return-voice", name="반품 전화")
    report(programme, date(2026, 9, 1))
    for number in range(28):
        make_figures(second, date(2026, 9, 1) + timedelta(days=number), offered=1000, answered=900)
        make_figures(second, MONTH + timedelta(days=number), offered=2000, answered=1800)
    start = datetime(2026, 10, 5, 9, tzinfo=SEOUL)
    slices = [{"queue": programme.queue.code, "date": "2026-10-05", "measures": {"offered": 900, "answered": 500}}]
    about = {"kind": "outage", "title": "교환기 장애", "starts_at": start, "ends_at": start + timedelta(hours=2)}
    vendor = {"actor": make_actor(Role.VENDOR_ADMIN, programme.vendor), "now": start + timedelta(days=1)}
    made = factors.register({**about, "slices": slices}, queues=[programme.queue], **vendor)
    factors.claim(made.pk, evidence="ticket", **vendor)
    factors.approve(made.pk, decision="as logged", actor=MANAGER, now=AFTER)

    page = read()

    assert [leg.kind for leg in page.way] == ["mix", "vendor", "factor"]
    assert page.way[0].size < 0
    assert page.way[-1].label == "교환기 장애"
    assert page.way[0].start == 95
    assert page.way[-1].end.quantize(Decimal("0.01")) == page.value
    text = signed_in(Role.MANAGER).get(PAGE, QUERY).content.decode()
    assert "목표에서 실적까지" in text


def test_a_mean_that_never_strayed_has_no_limits(programme: Programme) -> None:
    for month in (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)):
        report(programme, month)

    assert {point.low for point in read(kpi="aht").course.points} == {None}
