"""The overview as a file: one printed page, and a workbook whose numbers are numbers; both say what the page says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bpo.queries.overview import overview
from bpo.queries.overview_words import sentences
from bpo.reports.editions import EDITIONS
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import period_of
from tests.bpo.editions.world import (
    EVIL,
    MANAGER,
    OCTOBER,
    approve_outage,
    make_vendors,
    members_of,
    pages_of,
    sheets_of,
)
from tests.bpo.pages_sample import AFTER, MONTH, Programme, report, signed_in
from tests.cast import client_for
from tests.make import make_actor, make_user
from vendors.choices import Role

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]


def pdf(language: str = "ko", **about: object) -> bytes:
    return EDITIONS["overview_pdf"].render(MANAGER, OCTOBER, language, now=AFTER, **about)


def xlsx(language: str = "ko") -> bytes:
    return EDITIONS["overview_xlsx"].render(MANAGER, OCTOBER, language, now=AFTER)


def test_the_printed_page_says_what_the_page_says(programme: Programme) -> None:
    approve_outage(programme)
    make_vendors()

    (text,) = pages_of(pdf())

    page = overview(MANAGER, PeriodKind.MONTH, MONTH, now=AFTER)
    for word in (
        "2026년 10월",
        "작성",
        "검토",
        "승인",
        "잠정",
        f"{page.score:.2f}",
        "교환기 장애",
        "조정 전",
        "조정 후",
    ):
        assert word in text
    for sentence in (" ".join(one.split()) for one in sentences(page)):
        assert sentence in text
    for row in page.rows:
        assert row.contract.name in text
        assert f"{row.score:.2f}" in text
    assert "▲ 목표 미달" in text
    assert "● 달성" in text


def test_it_is_complete_in_english(programme: Programme) -> None:
    for row in (programme.contract, programme.vendor):
        row.name = row.name_ko = "Hanbit"
        row.save()

    (text,) = pages_of(pdf("en"))

    for word in ("October 2026", "Executive overview", "Prepared", "Below target", "points on average"):
        assert word in text
    assert not any("가" <= letter <= "힣" for letter in text)


def test_six_vendors_of_five_kpis_still_stand_on_one_page(programme: Programme) -> None:
    approve_outage(programme)
    make_vendors(5)

    assert len(pages_of(pdf())) == 1


def test_a_period_without_figures_says_so(programme: Programme) -> None:
    march = period_of(PeriodKind.MONTH, MONTH.replace(month=3))

    (text,) = pages_of(EDITIONS["overview_pdf"].render(MANAGER, march, "ko", now=AFTER))

    assert "이 기간의 실적이 없습니다" in text


@pytest.mark.parametrize("kind", [PeriodKind.WEEK, PeriodKind.QUARTER, PeriodKind.YEAR])
def test_every_grain_has_its_files(programme: Programme, kind: PeriodKind) -> None:
    period = period_of(kind, MONTH)
    for name in ("overview_pdf", "overview_xlsx", "meeting_pptx"):
        assert EDITIONS[name].render(MANAGER, period, "ko", now=AFTER)


def test_what_a_vendor_is_called_is_text_and_never_markup_or_a_formula(programme: Programme) -> None:
    programme.vendor.name = programme.vendor.name_ko = EVIL + " #set page(width: 1cm)"
    programme.vendor.save()

    assert EVIL in pages_of(pdf())[0]
    content = xlsx()
    assert sheets_of(content)["지표별 실적"].iloc[0, 0].startswith(EVIL)
    assert not [name for name, text in members_of(content).items() if "<f>" in text]


def test_the_numbers_of_the_workbook_are_those_of_the_api(programme: Programme) -> None:
    approve_outage(programme)

    table = sheets_of(xlsx("en"))["KPI results"].set_index("KPI code")

    rows = client_for(make_user("reader", Role.MANAGER)).get("/api/v1/attainments/?start=2026-10-01").json()["results"]
    assert len(rows) == len(table) == 5
    fields = {"Target": "target", "Gross": "value", "Adjusted": "adjusted_value", "Score": "score"}
    for row in rows:
        for column, field in fields.items():
            assert Decimal(str(table.loc[row["kpi"], column])) == Decimal(row[field]), (row["kpi"], column)


def test_the_workbook_has_native_charts_units_a_frozen_head_and_a_print_set_up(programme: Programme) -> None:
    report(programme, MONTH.replace(month=9), shift=5)

    members = members_of(xlsx())

    charts = [text for name, text in members.items() if name.startswith("xl/charts/chart")]
    assert ["<c:lineChart>" in chart for chart in charts] == [True, False]
    assert "<c:barChart>" in charts[1]
    assert '#,##0.00"%"' in members["xl/styles.xml"].replace("&quot;", '"')
    sheet = members["xl/worksheets/sheet2.xml"]
    assert 'state="frozen"' in sheet
    assert 'paperSize="9"' in sheet
    assert 'orientation="landscape"' in sheet
    assert {"지표 정의", "대외 변수"} <= sheets_of(xlsx()).keys()


def test_the_workbook_has_definitions_and_factors(programme: Programme) -> None:
    approve_outage(programme)

    sheets = sheets_of(xlsx())

    assert "100 * answered / offered" in set(sheets["지표 정의"]["수식"])
    assert list(sheets["대외 변수"]["대외 변수"]) == ["교환기 장애"]
    (lifted,) = sheets["조정 전과 조정 후"].query("지표 == '응대율'").to_dict("records")
    assert lifted["조정 후"] - lifted["조정 전"] == pytest.approx(lifted["증감"])


def test_the_last_point_of_the_trend_is_the_score_of_the_page(programme: Programme) -> None:
    report(programme, MONTH.replace(month=9), shift=5)
    make_vendors(1)

    scores = sheets_of(xlsx())["점수 추이"]

    page = overview(MANAGER, PeriodKind.MONTH, MONTH, now=AFTER)
    before = overview(MANAGER, PeriodKind.MONTH, MONTH.replace(month=9), now=AFTER)
    assert list(scores.iloc[:, 0]) == ["2026년 9월", "2026년 10월"]
    assert [Decimal(str(one)) for one in scores.iloc[:, 1]] == [before.score, page.score]


def test_one_vendor_alone_is_named_whether_it_was_asked_for_or_asks(programme: Programme) -> None:
    make_vendors(1)

    (text,) = pages_of(pdf(vendor=programme.vendor.code))
    vendor = make_actor(Role.VENDOR_ADMIN, programme.vendor)
    (own,) = pages_of(EDITIONS["overview_pdf"].render(vendor, OCTOBER, "ko", now=AFTER))

    for one in (text, own):
        assert "경영 요약 · 한빛컨택" in one
        assert "업체1" not in one
    assert "모든 운영업체" in pages_of(pdf())[0]


def test_an_executive_gets_provisional_figures_marked_so_and_no_grade_of_a_draft(programme: Programme) -> None:
    programme.card().__class__.objects.update(grade="Z")
    render = EDITIONS["overview_pdf"].render

    (text,) = pages_of(render(make_actor(Role.EXECUTIVE), OCTOBER, "ko", now=AFTER))

    assert "잠정" in text
    assert " Z " not in text
    assert " Z " in pages_of(pdf())[0]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_offers_them_without_script(programme: Programme, language: str) -> None:
    client = signed_in(Role.MANAGER, language=language)

    text = client.get("/overview/", {"on": "2026-10-15"}).content.decode()

    for name, edition in EDITIONS.items():
        address = f"/overview/{name}/?grain=month&amp;on=2026-10-01"
        assert f'href="{address}"' in text
        answer = client.get(address.replace("&amp;", "&"))
        assert answer["Content-Type"] == edition.media_type
        assert answer["Content-Disposition"] == f'attachment; filename="{edition.file_name(OCTOBER, language)}"'
