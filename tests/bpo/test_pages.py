"""The web pages of scorecards: who sees which card, in which words, and what the forms do."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pypdf
import pytest
from django.test import Client
from django.urls import reverse

from bpo.choices import DisputeStatus, LineKind, ScorecardStatus
from bpo.models import Dispute, Scorecard
from bpo.services import scorecards
from kpis.models import KpiVersion, Target
from kpis.queries.outlook import outlooks
from tests import make
from tests.bpo.pages_sample import AFTER, MONTH, Programme, make_programme, report, signed_in
from tests.checks import assert_constant_queries
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

LIST = "/scorecards/"


@pytest.fixture
def page() -> Callable[..., Client]:
    return signed_in


def share(programme: Programme) -> Scorecard:
    return scorecards.share(programme.card().pk, actor=make.make_actor(Role.MANAGER), now=AFTER)


def complete(programme: Programme) -> None:
    """Report the two days that were missing and judge what people judge."""
    report_rest = date(2026, 10, 30)
    for number in range(2):
        make.make_figures(
            programme.queue,
            report_rest + timedelta(days=number),
            offered=1000,
            answered=960,
            answered_within_threshold=810,
            handle_s=230_000,
            resolved_first=700,
            qa_points=900,
            qa_checks=10,
        )
    report(programme, days=0)
    manager = make.make_actor(Role.MANAGER)
    for line in programme.card().lines.exclude(kind=LineKind.KPI):
        entry = {"score": 90} if line.kind == LineKind.JUDGED else {"points": 1}
        scorecards.judge(programme.card().pk, line=line.pk, **entry, evidence="report", actor=manager, now=AFTER)


# The list -------------------------------------------------------------------------------------------


def test_it_lists_the_latest_month_with_score_grade_and_status(
    programme: Programme, page: Callable[..., Client]
) -> None:
    text = page(Role.MANAGER).get(LIST).content.decode()

    assert "2026년 10월" in text
    assert "한빛컨택" in text
    assert 'class="mark draft"' in text
    assert 'class="grade"' in text


def test_it_names_the_vendor_by_the_word_of_the_trade(
    programme: Programme, page: Callable[..., Client], settings: Any
) -> None:
    settings.VENDOR_LABEL_KO = "위탁업체"

    assert "위탁업체" in page(Role.MANAGER).get(LIST).content.decode()
    assert "위탁업체" not in page(Role.MANAGER, language="en").get(LIST).content.decode()


def test_it_shows_the_change_to_the_month_before(programme: Programme, page: Callable[..., Client]) -> None:
    report(programme, date(2026, 9, 1), shift=-6, days=30)
    this, last = programme.card().score, programme.card(date(2026, 9, 1)).score

    rows = page(Role.MANAGER).get(LIST, {"month": "2026-10"}).context["page"].rows

    assert rows[0].change == this - last > 0


def test_it_filters_by_vendor_and_status_and_keeps_both_in_the_links(page: Callable[..., Client]) -> None:
    make_programme()
    make_programme("narae", "나래비피오")

    answer = page(Role.MANAGER).get(LIST, {"month": "2026-10", "vendor": "narae", "status": "draft"})

    assert [row.card.contract.vendor.code for row in answer.context["page"].rows] == ["narae"]
    assert "?month=2026-09&amp;vendor=narae&amp;status=draft" in answer.content.decode()


@pytest.mark.parametrize("month", ["2026-13", "October", "2026-10-01", "%00"])
def test_it_says_that_a_month_cannot_be_read(page: Callable[..., Client], month: str) -> None:
    answer = page(Role.MANAGER).get(LIST, {"month": month})

    assert answer.status_code == 400
    assert "2026-10" in answer.content.decode()


def test_it_shows_a_vendor_no_draft_and_no_other_vendor(programme: Programme, page: Callable[..., Client]) -> None:
    other = make_programme("narae", "나래비피오")
    ours = page(Role.VENDOR_ADMIN, programme.vendor)
    assert ours.get(LIST).context["page"].rows == []

    share(programme)
    share(other)
    answer = ours.get(LIST)

    assert [row.card.contract for row in answer.context["page"].rows] == [programme.contract]
    assert "나래비피오" not in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (Role.MANAGER, "monthly targets with weights"),
        (Role.EXECUTIVE, "once it is final"),
        (Role.VENDOR_ADMIN, "keep the daily figures complete"),
        (None, "no role yet"),
    ],
)
def test_it_tells_each_role_what_to_do_when_there_is_nothing(
    page: Callable[..., Client], role: str | None, words: str
) -> None:
    vendor = make.make_vendor() if role == Role.VENDOR_ADMIN else None

    assert words in page(role, vendor, "en").get(LIST).content.decode()


# One card -------------------------------------------------------------------------------------------


def test_it_shows_every_line_with_target_value_weight_points_and_status(
    programme: Programme, page: Callable[..., Client]
) -> None:
    text = page(Role.MANAGER, language="en").get(f"/scorecards/{programme.card().pk}/").content.decode()

    for words in (
        "Service level",
        "answered within 20 s",
        "77.97",
        "97.46",
        "32.49",
        "counts as",
        "Below target",
        "2 days not",
    ):
        assert words in text, words
    assert "Improvement work" in text
    assert "Not judged yet" in text
    assert "Below minimum" in text


@pytest.mark.parametrize("part", ["", "explain/", "share/", "differences/?to=1"])
def test_it_finds_no_card_of_another_vendor(programme: Programme, page: Callable[..., Client], part: str) -> None:
    share(programme)
    outsider = page(Role.VENDOR_ADMIN, make.make_vendor())
    path = f"/scorecards/{programme.card().pk}/{part}"

    answer = outsider.post(path) if part == "share/" else outsider.get(path)

    assert answer.status_code == 404
    said = answer.content.decode()
    assert "한빛" not in said
    assert "site.css" in said
    assert "<h1>찾을 수 없습니다</h1>" in said
    assert '<a class="button main" href="/">시작 화면으로 가기</a>' in said


def test_it_hides_a_shared_card_from_executives_until_it_is_final(
    programme: Programme, page: Callable[..., Client]
) -> None:
    share(programme)

    assert page(Role.EXECUTIVE).get(f"/scorecards/{programme.card().pk}/").status_code == 404


def test_it_refuses_a_reader_without_a_role(programme: Programme, page: Callable[..., Client]) -> None:
    assert page(None).get(f"/scorecards/{programme.card().pk}/").status_code == 403


def test_it_explains_a_figure_by_its_sums_formula_rounding_and_days(
    programme: Programme, page: Callable[..., Client]
) -> None:
    text = page(Role.MANAGER, language="en").get(f"/scorecards/{programme.card().pk}/explain/").content.decode()

    assert "100 × Answered within threshold ÷ Offered" in text
    assert re.search(r"= 100 × [\d,]+ ÷ [\d,]+<br>", text)
    assert "29 of 31 open queue-days" in text
    assert "30 Oct – 31 Oct" in text
    assert "97.4625 × 33.3333 ÷ 100 = <b>32.4875</b>" in text
    assert "1 submission behind this figure" in text


def test_a_formula_stands_with_the_names_of_its_measures(programme: Programme, page: Callable[..., Client]) -> None:
    card, client = programme.card(), page(Role.MANAGER)
    kpi_page = f"/kpis/aht/?contract={card.contract.code}&month={MONTH:%Y-%m}"

    for address in (f"/scorecards/{card.pk}/explain/", kpi_page):
        assert "처리시간 합 ÷ 응대호" in client.get(address).content.decode(), address


# Steps ----------------------------------------------------------------------------------------------


def test_it_takes_a_card_from_draft_to_acknowledged(programme: Programme, page: Callable[..., Client]) -> None:
    complete(programme)
    card, manager, vendor = programme.card(), page(Role.MANAGER), page(Role.VENDOR_ADMIN, programme.vendor)
    line = card.lines.first()

    manager.post(f"/scorecards/{card.pk}/share/")
    # No line is chosen beforehand, so that none is disputed by mistake.
    assert vendor.post(f"/scorecards/{card.pk}/dispute/", {"line": "", "reason": "다릅니다"}).status_code == 400
    assert '<option value="" selected>선택</option>' in vendor.get(f"/scorecards/{card.pk}/").content.decode()
    vendor.post(f"/scorecards/{card.pk}/dispute/", {"line": line.pk, "reason": "다릅니다"})
    dispute = Dispute.objects.get()
    manager.post(f"/scorecards/{card.pk}/resolve/", {"dispute": dispute.pk, "accepted": "no", "resolution": "맞습니다"})
    manager.post(f"/scorecards/{card.pk}/finalise/", {"accept_missing": ""})
    card.refresh_from_db()
    assert card.status == ScorecardStatus.FINAL

    answer = vendor.post(f"/scorecards/{card.pk}/acknowledge/", follow=True)

    card.refresh_from_db()
    dispute.refresh_from_db()
    assert card.status == ScorecardStatus.ACKNOWLEDGED
    assert dispute.status == DisputeStatus.REJECTED
    assert 'class="note success"' in answer.content.decode()
    assert card.frozen.sha256 in answer.content.decode()


def test_it_says_at_the_form_why_finalising_is_refused(programme: Programme, page: Callable[..., Client]) -> None:
    card = share(programme)

    answer = page(Role.MANAGER, language="en").post(f"/scorecards/{card.pk}/finalise/", {})

    text = answer.content.decode()
    assert answer.status_code == 409
    assert 'role="alert"' in text
    assert "29 of 31 queue-days" in text
    card.refresh_from_db()
    assert card.status == ScorecardStatus.SHARED


def test_it_asks_again_for_a_dispute_without_a_reason(programme: Programme, page: Callable[..., Client]) -> None:
    card = share(programme)

    answer = page(Role.VENDOR_ADMIN, programme.vendor).post(
        f"/scorecards/{card.pk}/dispute/", {"line": card.lines.first().pk, "reason": " "}
    )

    assert answer.status_code == 400
    assert "<details" in answer.content.decode()
    assert not Dispute.objects.exists()


@pytest.mark.parametrize("action", ["share", "finalise", "resolve", "judge"])
def test_it_offers_and_allows_a_vendor_no_step_of_the_client(
    programme: Programme, page: Callable[..., Client], action: str
) -> None:
    card, vendor = share(programme), page(Role.VENDOR_ADMIN, programme.vendor)
    url = reverse("bpo:scorecard-step", args=[card.pk, action])
    data = {"dispute": "1", "accepted": "yes", "resolution": "x", "line": card.lines.last().pk, "figure": "1"}

    assert url not in vendor.get(f"/scorecards/{card.pk}/").content.decode()
    assert vendor.post(url, data | {"evidence": "x"}).status_code in (400, 403)
    card.refresh_from_db()
    assert card.status == ScorecardStatus.SHARED


def test_it_refuses_a_step_without_the_csrf_token(programme: Programme) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make.make_user(role=Role.MANAGER))

    assert client.post(f"/scorecards/{programme.card().pk}/share/").status_code == 403
    assert programme.card().status == ScorecardStatus.DRAFT


def test_it_shows_what_a_later_version_says_differently(programme: Programme, page: Callable[..., Client]) -> None:
    complete(programme)
    manager, first = make.make_actor(Role.MANAGER), share(programme)
    scorecards.finalise(first.pk, actor=manager, now=AFTER)
    alone = page(Role.MANAGER, language="en").get(f"/scorecards/{first.pk}/differences/", follow=True)
    first_day = programme.queue.daily_metrics.get(date=MONTH)
    first_day.measures = first_day.measures | {"answered_within_threshold": 1}
    first_day.save()
    report(programme, days=0)
    second = programme.card()
    assert second.version == 2

    client = page(Role.MANAGER, language="en")
    card = client.get(f"/scorecards/{first.pk}/").content.decode()
    answer = client.get(f"/scorecards/{first.pk}/differences/", {"to": second.pk}).content.decode()

    assert alone.redirect_chain == [(f"/scorecards/{first.pk}/", 302)]
    assert "This is the first version" in alone.content.decode()
    unsaid = client.get(f"/scorecards/{second.pk}/differences/")
    assert unsaid.headers["Location"] == f"/scorecards/{second.pk}/differences/?to={first.pk}"
    assert "corrected after this scorecard was finalised" in card
    assert "Differences between v1 and v2" in answer
    assert "Service level" in answer


# Every page -----------------------------------------------------------------------------------------


def test_it_uses_no_inline_script_or_style(programme: Programme, page: Callable[..., Client]) -> None:
    client = page(Role.MANAGER)
    card = programme.card()

    for path in (LIST, f"/scorecards/{card.pk}/", f"/scorecards/{card.pk}/explain/", "/no-such-page/"):
        text = client.get(path).content.decode()
        assert "<script" not in text
        assert "<style" not in text
        assert not re.search(r"\s(style|on[a-z]+)=", text), path
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert "https://" not in text


def test_it_makes_as_many_queries_for_five_cards_as_for_one(page: Callable[..., Client]) -> None:
    make_programme("first", "하나")
    client = page(Role.MANAGER)

    def grow() -> None:
        for number in range(4):
            make_programme(f"more-{number}", f"더 {number}")

    assert_constant_queries(lambda: client.get(LIST, {"month": "2026-10"}), grow)


@pytest.mark.parametrize("part", ["", "explain/"])
def test_it_makes_as_many_queries_for_a_card_with_more_lines_and_disputes(
    programme: Programme, page: Callable[..., Client], part: str
) -> None:
    client, card = page(Role.MANAGER), share(programme)
    vendor = make.make_actor(Role.VENDOR_ADMIN, programme.vendor)
    lines = [line.pk for line in card.lines.all()]
    scorecards.dispute(card.pk, line=lines[0], reason="x", actor=vendor, now=AFTER)

    def grow() -> None:
        for line in lines[1:5]:
            scorecards.dispute(card.pk, line=line, reason="x", actor=vendor, now=AFTER)
        kpi = make.make_kpi("more", "100 * answered / offered")
        make.make_target(programme.contract, kpi, 80, weight=5)
        report(programme, days=0)

    assert_constant_queries(lambda: client.get(f"/scorecards/{card.pk}/{part}"), grow)


def test_a_target_that_is_a_range_is_shown_with_both_its_ends_everywhere(programme: Programme) -> None:
    Target.objects.filter(series__kpi__code="aht").update(
        attainment_mode="band", minimum=180, target=240, target_upper=330, minimum_upper=420
    )
    KpiVersion.objects.filter(kpi__code="aht").update(direction="band")
    report(programme, days=0)
    card, client = programme.card(), signed_in(Role.MANAGER)
    where = f"/scorecards/{card.pk}"
    written = ('240–330<span class="unit">초</span>', '180–420<span class="unit">초</span>')

    for address in (f"{where}/", f"{where}/explain/", "/kpis/aht/?contract=hanbit-order&month=2026-10"):
        page = client.get(address).content.decode()
        assert all(text in page for text in written), address
    line = next(line for line in client.get(f"/api/v1{where}/").json()["lines"] if line["kpi"] == "aht")
    assert (line["target"], line["target_upper"], line["minimum_upper"]) == ("240", "330", "420")
    pdf = pypdf.PdfReader(io.BytesIO(client.get(f"{where}.pdf").content)).pages[0].extract_text()
    assert "240–330초" in pdf
    assert "180–420초" in pdf
    note = pd.read_excel(io.BytesIO(client.get(f"{where}.xlsx").content), header=None, engine="calamine").to_string()
    assert "목표 240–330초, 최소 180–420초" in note
    outlook = next(
        row
        for row in outlooks({programme.contract.pk: MONTH}, now=AFTER)[programme.contract.pk]
        if row.kpi.code == "aht"
    )
    assert (outlook.target, outlook.target_upper) == (240, 330)
