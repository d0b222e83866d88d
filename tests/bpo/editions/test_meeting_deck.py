"""The deck of the monthly meeting: five slides that can be edited, whose figures are the page's, and nothing spills."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bpo.models import Alert
from bpo.queries.overview import overview
from bpo.queries.overview_words import sentences
from bpo.reports.editions import EDITIONS
from bpo.reports.paper import figure_of
from bpo.reports.slides import BODY_END, BODY_TOP, FULL, HEIGHT, WIDTH, Deck, SlideTable, TableCell, Text
from bpo.services import alerts, scorecards
from kpis.calc.facts import PeriodKind
from kpis.services import factors
from tests.bpo.editions.world import (
    EVIL,
    MANAGER,
    OCTOBER,
    approve_outage,
    make_vendors,
    members_of,
    shapes_of,
    slides_of,
)
from tests.bpo.pages_sample import AFTER, MONTH, Programme
from tests.make import make_actor
from vendors.actors import Actor
from vendors.choices import Role
from vendors.models import Contract

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

INCH = 914400


def deck(language: str = "ko", actor: Actor = MANAGER) -> bytes:
    return EDITIONS["meeting_pptx"].render(actor, OCTOBER, language, now=AFTER)


def raise_alert(programme: Programme, kind: str = "below_target") -> Alert:
    kpi = programme.contract.target_series.first().kpi
    facts = {"value": "77.90", "target": "80", "unit": "%"}
    about = {"vendor": programme.vendor, "contract": programme.contract, "kpi": kpi, "facts": facts}
    period = {"period": "month", "start": MONTH, "opened_at": AFTER, "changed_at": AFTER}
    return Alert.objects.create(kind=kind, severity="warning", subject=f"series:{kind}", **about, **period)


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("ko", ["2026년 10월 · 요약", "평가표", "대외 변수", "지난 조치", "다음 조치"]),
        ("en", ["October 2026 · Summary", "Scorecards", "External factors", "Last actions", "Next actions"]),
    ],
)
def test_it_has_five_slides_in_both_languages(programme: Programme, language: str, titles: list[str]) -> None:
    assert [texts[0] for texts in slides_of(deck(language))] == titles


def test_its_figures_are_the_pages(programme: Programme) -> None:
    approve_outage(programme)
    make_vendors(1)

    slides = slides_of(deck())

    page = overview(MANAGER, PeriodKind.MONTH, MONTH, now=AFTER)
    summary, cards, outside = ("\n".join(texts) for texts in slides[:3])
    assert f"{page.score:.2f}" in summary
    assert "잠정" in summary
    assert all(one in summary for one in sentences(page))
    for row in page.rows:
        assert f"{row.score:.2f}" in cards
        assert all(figure_of(cell) in cards for cell in row.cells.values())
    assert "교환기 장애" in outside
    assert "조정 후" in outside


def test_its_charts_are_native_and_its_tables_are_tables(programme: Programme) -> None:
    make_vendors(1)

    found = [(number, "chart" if shape.has_chart else "table" if shape.has_table else "") for number, shape in
             shapes_of(deck())]  # fmt: skip

    assert found.count((1, "chart")) == 2
    assert (2, "table") in found
    (trend, ranking) = (shape.chart for number, shape in shapes_of(deck()) if shape.has_chart)
    page = overview(MANAGER, PeriodKind.MONTH, MONTH, now=AFTER)
    assert [round(value, 2) for value in trend.plots[0].series[0].values] == [float(page.score)]
    assert list(ranking.plots[0].series[0].values) == [float(row.score) for row in page.ranked]
    described = [
        name for name in members_of(deck()).values() if f'descr="계약별 총점: {page.ranked[0].contract.name}' in name
    ]
    assert len(described) == 1


def test_a_name_that_begins_like_a_formula_is_text_also_in_the_sheets_behind_the_charts(programme: Programme) -> None:
    programme.contract.name = programme.vendor.name_ko = EVIL
    programme.contract.save()
    programme.vendor.save()

    content = deck()

    assert any(EVIL in text for text in slides_of(content)[1])
    sheets = {name: text for name, text in members_of(content).items() if "/xl/worksheets/" in name}
    assert len(sheets) == 2
    assert not any("<f>" in text for text in sheets.values())


def test_it_tells_what_was_done_and_what_waits(programme: Programme) -> None:
    done, taken = raise_alert(programme), raise_alert(programme, "below_minimum")
    vendor = make_actor(Role.VENDOR_ADMIN, programme.vendor)
    alerts.acknowledge(taken.pk, actor=vendor, now=AFTER)
    alerts.resolve(done.pk, note="야간 인원을 4명 늘림", actor=MANAGER, now=AFTER)
    card = programme.card()
    scorecards.share(card.pk, actor=MANAGER, now=AFTER)
    scorecards.dispute(card.pk, kpi="answer_rate", reason="장애 시간이 빠지지 않음", actor=vendor, now=AFTER)
    start = AFTER - timedelta(hours=3)
    about = {"kind": "outage", "title": "ARS 점검", "starts_at": start, "ends_at": AFTER - timedelta(hours=1)}
    made = factors.register(about, queues=[programme.queue], actor=vendor, now=AFTER)
    factors.claim(made.pk, evidence="ticket", actor=vendor, now=AFTER)

    *_rest, last, following = ("\n".join(texts) for texts in slides_of(deck()))

    assert "야간 인원을 4명 늘림" in last
    assert "목표 수준 미달" in last
    for text in ("최소 수준 미달", "장애 시간이 빠지지 않음", "ARS 점검"):
        assert text in following


def test_no_internal_note_is_in_it_whoever_makes_it(programme: Programme) -> None:
    alerts.resolve(raise_alert(programme).pk, note="계약 해지 검토", internal=True, actor=MANAGER, now=AFTER)

    for actor in (MANAGER, make_actor(Role.EXECUTIVE), make_actor(Role.VENDOR_ADMIN, programme.vendor)):
        text = str(slides_of(deck(actor=actor)))
        assert "계약 해지 검토" not in text
        assert "해결" in text


def test_a_vendor_gets_its_own_alone(programme: Programme) -> None:
    (other,) = make_vendors(1)
    raise_alert(other)

    text = str(slides_of(deck(actor=make_actor(Role.VENDOR_ADMIN, programme.vendor))))

    assert "한빛컨택" in text
    assert "업체1" not in text


def cell(text: str) -> TableCell:
    return TableCell([Text(text, 12, True), Text("▲ 목표 미달", 10), Text("조정 전 81.2%", 9)])


def test_nothing_spills_over_with_six_vendors_and_eight_kpis_in_two_tables() -> None:
    made = Deck("ko", "발")
    widths = [2.4, *([(FULL - 2.4) / 8] * 8)]
    rows = [[cell(f"운영업체 이름이 꽤 긴 곳 {number}"), *[cell("93.12%")] * 8] for number in range(6)]
    table = SlideTable(widths, [cell("고객만족도(CSAT, 상위2점)")] * 9, rows, "표")

    made.tables("평가표", [table, table])

    content = made.bytes("t", AFTER)
    found = [(number, shape) for number, shape in shapes_of(content) if shape.has_table]
    assert sum(len(shape.table.rows) - 1 for _number, shape in found) == 12
    for _number, shape in found:
        height = sum(row.height for row in shape.table.rows)
        assert shape.top >= BODY_TOP * INCH - 1
        assert shape.top + height <= (BODY_END + 0.01) * INCH
        assert shape.left + sum(column.width for column in shape.table.columns) <= WIDTH * INCH


def test_every_shape_of_a_full_deck_stands_on_its_slide(programme: Programme) -> None:
    approve_outage(programme)
    make_vendors(5)
    Contract.objects.update(name="이름이 아주 긴 계약 " * 15)
    for number in range(30):
        Alert.objects.create(
            kind="key_expiring", severity="caution", subject=f"key:{number}", status="acknowledged",
            facts={"key": "k" * 60, "day": "2026-12-01"}, opened_at=AFTER, changed_at=AFTER,
        )  # fmt: skip

    content = deck()

    titles = [texts[0] for texts in slides_of(content)]
    assert titles[0] == "2026년 10월 · 요약"
    assert titles[1].startswith("평가표")
    assert titles[-1].startswith("다음 조치 (")
    for _number, shape in shapes_of(content):
        height = sum(row.height for row in shape.table.rows) if shape.has_table else shape.height
        assert shape.top + height <= HEIGHT * INCH
        assert shape.left + shape.width <= WIDTH * INCH + 1
    assert "외 6건" in str(slides_of(content)[-1])
