"""What a report says: the ledger's figures, three sentences, one decision, and nothing that its reader may not see."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.utils import translation

from bpo.models import ReportSubscription, Scorecard
from bpo.queries.overview import overview
from bpo.queries.overview_words import sentences
from bpo.queries.report_recipients import ALL_STAFF
from bpo.services import reports
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import period_of
from kpis.services import factors
from tests.bpo.editions.world import approve_outage, make_vendors
from tests.bpo.money_world import BY_GRADE, PERCENTS, agree
from tests.bpo.pages_sample import AFTER, MONTH, SEOUL, Programme, make_programme
from tests.bpo.reports.conftest import Readers
from tests.bpo.reports.world import BD7, make_months, make_subscription, sent
from tests.make import make_actor
from vendors.choices import Role
from vendors.models import Contract

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_bd7")]

OCTOBER = period_of(PeriodKind.MONTH, MONTH)
MANAGER, EXECUTIVE = make_actor(Role.MANAGER), make_actor(Role.EXECUTIVE)


def letter(kind: str = "executive", actor: Any = MANAGER, language: str = "en", period: Any = OCTOBER) -> Any:
    subscription = make_subscription(kind=kind, period=period.kind.value)
    return reports.compose(subscription, period, actor=actor, language=language, now=AFTER)


def finalise_october(programme: Programme) -> Scorecard:
    """Have the card final; that its last two days are missing would forbid it, and is not the matter here."""
    Scorecard.objects.filter(pk=programme.card().pk).update(status="final", grade="A")
    return programme.card()


def test_it_says_what_the_overview_says(two_months: Programme) -> None:
    page = overview(MANAGER, PeriodKind.MONTH, MONTH, now=AFTER)

    written = letter()

    content = written.content
    assert content["score"] == f"{page.score:.2f}"
    assert [one["text"] for one in content["sentences"]] == [str(text) for text in english(page)]
    assert content["facts"][:3] == [
        ["Target", "100.00"],
        ["Against the target", f"▼ {100 - page.score:.2f}"],
        ["The period before", f"{page.before:.2f} (▼ {-page.change:.2f})"],
    ]
    assert content["moved"]["rows"][0][0] == "Service level"
    for text in (written.text, written.html):
        assert all(one["text"] in text for one in content["sentences"])
        assert all(f"%%OPEN%%#{anchor}" in text for anchor in ("contracts", "moved", "disturbed", "decision"))
        assert "%%STOP%%" in text
    assert json.loads(json.dumps(content)) == content


def test_it_says_what_the_month_costs_and_never_to_all_staff(two_months: Programme) -> None:
    agree(two_months.contract, {**BY_GRADE, "percents": dict.fromkeys(PERCENTS, Decimal(-2))}, MONTH)

    written, staff = letter(), letter("all_staff", ALL_STAFF)

    assert dict(written.content["facts"])["Expected reductions of the month"] == "−₩2,400,000"
    assert "−₩2,400,000" in written.text
    assert "−₩2,400,000" in written.html
    assert "Expected reductions of the month" not in dict(staff.content["facts"])
    assert "₩" not in staff.text + staff.html


def test_a_change_of_some_contracts_is_said_to_be_of_these(two_months: Programme) -> None:
    make_programme("narae", "나래", shift=4)
    page = overview(MANAGER, PeriodKind.MONTH, MONTH, now=AFTER)

    before = dict(letter().content["facts"])["The period before"]

    assert before == f"▼ {-page.change:.2f}, of 1 contract in both"


def english(page: Any) -> list[str]:
    with translation.override("en"):
        return sentences(page)


def test_the_html_asks_no_other_host_and_is_built_of_tables(two_months: Programme) -> None:
    html = letter(language="ko").html

    assert 'lang="ko"' in html
    assert "prefers-color-scheme:dark" in html
    assert not any(mark in html for mark in ("<img", "<script", "http://", "https://", "url("))
    assert html.count("<table") == html.count("</table>") >= 5


def test_a_vendors_name_writes_no_html(two_months: Programme) -> None:
    Contract.objects.update(name="<b>A & B</b>")

    written = letter()

    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in written.html
    assert "<b>A & B</b>" not in written.html
    assert "<b>A & B</b>" in written.text


def test_twice_below_the_minimum_asks_for_the_improvement_plan() -> None:
    make_months(september=-9, october=-10)

    decision = letter().content["decision"]

    assert decision["code"] == "improvement_plan"
    assert "한빛컨택 주문 상담, Service level" in decision["text"]
    assert decision["reasons"][0] == (
        "한빛컨택 주문 상담, Service level: 68.97% in September 2026, 67.97% in October 2026; the minimum is 70.0%."
    )


def test_once_below_the_minimum_does_not() -> None:
    make_months(september=0, october=-10)

    assert letter().content["decision"]["code"] == "finalise"


def test_two_weeks_below_the_minimum_are_no_reason_for_a_plan() -> None:
    make_months(september=-10, october=-10)

    assert letter(period=period_of(PeriodKind.WEEK, date(2026, 10, 14))).content["decision"]["code"] == "none"


def test_a_card_that_waits_is_asked_for_then_a_claim_then_nothing(two_months: Programme) -> None:
    assert letter().content["decision"]["code"] == "finalise"
    now = datetime(2026, 10, 20, 9, tzinfo=SEOUL)
    times = {"starts_at": datetime(2026, 10, 14, 14, tzinfo=SEOUL), "ends_at": datetime(2026, 10, 14, 16, tzinfo=SEOUL)}
    vendor = make_actor(Role.VENDOR_ADMIN, two_months.vendor)
    fields = {"kind": "outage", "title": "Line down", **times}
    made = factors.register(fields, queues=[two_months.queue], actor=vendor, now=now)
    factors.claim(made.pk, evidence="ticket", actor=vendor, now=now)
    finalise_october(two_months)

    decision = letter().content["decision"]

    assert decision["code"] == "relief_claim"
    assert decision["reasons"] == ["Line down (20 October 2026)"]
    factors.reject(made.pk, decision="own staffing", actor=MANAGER, now=AFTER)
    assert letter().content["decision"] == {"code": "none", "text": "No decision is needed.", "reasons": []}
    Contract.objects.update(ends_on=date(2026, 12, 31))
    assert letter().content["decision"]["code"] == "contract_end"


def test_an_executive_reads_what_is_final_and_is_told_what_is_provisional(two_months: Programme) -> None:
    before = letter(actor=EXECUTIVE)

    assert before.content["is_provisional"]
    assert "Provisional" in before.subject
    assert before.content["contracts"][0]["grade"] == ""
    card = finalise_october(two_months)
    after = letter(actor=EXECUTIVE)
    assert not after.content["is_provisional"]
    assert "Provisional" not in after.subject + after.text
    assert after.content["contracts"][0]["score"] == f"{card.score:.2f}"
    assert after.content["contracts"][0]["grade"] == "A"


def test_a_manager_of_one_vendor_reads_of_that_vendor_only(two_months: Programme) -> None:
    make_programme("narae", "나래", shift=4)

    content = letter(actor=make_actor(Role.MANAGER, two_months.vendor)).content

    assert [one["vendor"] for one in content["contracts"]] == ["Hanbit"]
    assert "나래" not in json.dumps(content, ensure_ascii=False)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_edition_for_all_staff_names_no_vendor_and_asks_nothing(two_months: Programme, language: str) -> None:
    make_vendors(2)
    approve_outage(two_months, "한빛 서울센터 교환기 장애")

    written = letter("all_staff", ALL_STAFF, language)

    whole = written.subject + written.text + written.html + json.dumps(written.content, ensure_ascii=False)
    assert not any(name in whole for name in ("Hanbit", "한빛", "hanbit", "교환기", "vendor1", "업체"))
    assert written.content["decision"] is None
    assert len(written.content["sentences"]) == 3
    assert written.content["factors"] == [[{"ko": "장애 1건", "en": "Outage (1)"}[language], "", ""]]


@pytest.mark.parametrize("more", [0, 1])
def test_all_staff_are_told_no_score_of_fewer_than_three_vendors(two_months: Programme, more: int) -> None:
    make_vendors(more)

    content = letter("all_staff", ALL_STAFF).content

    assert content["score"] == "–"
    assert dict(content["facts"]) == {"Target": "100.00", "Against the target": "–", "The period before": "–"}
    assert content["tally"] == []
    assert [one["text"] for one in content["sentences"]] == [
        "There is no figure that can be told without telling of a vendor."
    ]


def test_all_staff_are_told_no_change_that_is_of_one_vendor_alone(two_months: Programme) -> None:
    make_vendors(2)

    written = letter("all_staff", ALL_STAFF)

    assert written.content["score"] != "–"
    assert dict(written.content["facts"])["The period before"] == "–"
    assert "▲" not in written.subject + written.text
    assert "the period before;" not in written.text


def test_a_period_without_figures_says_so(two_months: Programme) -> None:
    written = letter(period=period_of(PeriodKind.MONTH, date(2026, 3, 1)))

    assert [one["text"] for one in written.content["sentences"]] == ["There are no figures for March 2026 yet."]
    assert written.content["score"] == "–"


def test_what_was_sent_stays_when_figures_change(readers: Readers, two_months: Programme) -> None:
    make_subscription(users=[readers.manager])
    sent(BD7)
    kept = ReportSubscription.objects.get().sent.get()
    score = kept.content["score"]

    make_programme("narae", "나래", shift=4)

    kept.refresh_from_db()
    assert kept.content["score"] == score
    assert f">{score}<" in str(mail.outbox[0].alternatives[0][0])
    assert letter().content["score"] != score
    assert kept.made_at == BD7
