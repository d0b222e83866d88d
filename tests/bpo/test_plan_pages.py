"""The pages of action plans: the board, one plan, its form, and the ways that lead there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bpo.models import ActionPlan, Alert
from bpo.queries.plan_beginnings import beginning
from bpo.queries.plans import MOST_A_COLUMN
from bpo.services import plans
from kpis.calc.expectation import Effect
from kpis.models import ExternalFactor, FactorQueue, Kpi
from kpis.queries.effects import ContractEffect
from kpis.services import factors
from tests.bpo.pages_sample import AFTER, Programme, signed_in
from tests.bpo.plans_world import MANAGER, vendor_of, words
from tests.checks import assert_constant_queries
from tests.make import make_contract, make_kpi, make_queue
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

BOARD = "/actions/"
FORM = {
    "kind": "corrective", "contract": "hanbit-order", "kpi": "service_level", "title": "회선 증설",
    "next_step": "회선 증설을 요청드립니다.", "owner": "현장대리인", "due_on": "2026-12-01",
}  # fmt: skip


def make(programme: Programme, **fields: Any) -> ActionPlan:
    data = words(programme.contract, **{"due_on": AFTER.date(), **fields})
    return plans.make(data, actor=MANAGER, now=AFTER)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_the_board_has_a_column_for_each_status_and_marks_what_is_late(programme: Programme) -> None:
    late, begun = make(programme, title="Late"), make(programme, title="Begun")
    ActionPlan.objects.filter(pk=late.pk).update(due_on="2026-11-01")
    plans.start(begun.pk, actor=MANAGER, now=AFTER)

    text = text_of(signed_in(Role.MANAGER), BOARD)

    for word in ("착수 전", "진행 중", "완료 (점검 전)", "점검 완료", "기한 지남", "미공유", "Late", "Begun"):
        assert word in text
    text = text_of(signed_in(Role.MANAGER), f"{BOARD}?overdue=1")
    assert "Late" in text
    assert "Begun" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?vendor=hanbit", {"Ours"}),
        ("?contract=hanbit-order", {"Ours"}),
        ("?kpi=other_kpi", {"Theirs"}),
        ("?kind=improvement", {"Theirs"}),
        ("?owner=lead", {"Theirs"}),
        ("?status=cancelled", set()),
        ("?vendor=nobody&kind=x&status=x&kpi=x&contract=x", {"Ours", "Theirs"}),
    ],
)
def test_its_filters_stand_in_the_address(programme: Programme, query: str, found: set[str]) -> None:
    make(programme, title="Ours")
    other = make_contract()
    about = {"title": "Theirs", "kind": "improvement", "owner": "The lead", "kpi": make_kpi("other_kpi")}
    plans.make(words(other, due_on=AFTER.date(), **about), actor=MANAGER, now=AFTER)

    text = text_of(signed_in(Role.MANAGER), f"{BOARD}{query}")

    assert {title for title in ("Ours", "Theirs") if title in text} == found
    assert found or "조건에 맞는 조치 계획이 없습니다" in text


def test_a_vendor_sees_what_is_shared_and_what_it_proposed_and_counts_nothing_else(programme: Programme) -> None:
    draft, shared = make(programme, title="Draft of the client"), make(programme, title="Shared")
    plans.note(shared.pk, note="Before sharing", actor=MANAGER, now=AFTER)
    plans.share(shared.pk, actor=MANAGER, now=AFTER)
    plans.note(shared.pk, note="Hidden from you", internal=True, actor=MANAGER, now=AFTER)
    vendor = signed_in(Role.VENDOR_ADMIN, programme.vendor)

    board, page, today = (text_of(vendor, where) for where in (BOARD, f"{BOARD}{shared.pk}/", "/today/"))

    for text in (board, page, today):
        assert "Draft of the client" not in text
        assert "Hidden from you" not in text
        assert "Before sharing" not in text
    assert '착수 전 <span class="soft">1</span>' in board
    assert "Shared" in today
    assert vendor.get(f"{BOARD}{draft.pk}/").status_code == 404
    assert vendor.post(f"{BOARD}{draft.pk}/start/").status_code == 404
    assert signed_in(Role.VENDOR_ADMIN, make_contract().vendor).get(f"{BOARD}{shared.pk}/").status_code == 404


def test_it_is_made_shared_and_moved_by_both_sides(programme: Programme) -> None:
    manager, vendor = signed_in(Role.MANAGER), signed_in(Role.VENDOR_MEMBER, programme.vendor)

    made = manager.post(f"{BOARD}new/", FORM)
    plan = ActionPlan.objects.get()
    assert made["Location"] == f"{BOARD}{plan.pk}/"
    assert "공유하기 전에는" not in text_of(manager, f"{BOARD}{plan.pk}/")
    manager.post(f"{BOARD}{plan.pk}/share/", {"note": "협의 부탁드립니다."})
    assert "협의 부탁드립니다." in text_of(vendor, f"{BOARD}{plan.pk}/")
    vendor.post(f"{BOARD}{plan.pk}/start/", {"on": "2026-11-20"})
    refused = vendor.post(f"{BOARD}{plan.pk}/finish/", {"on": "2026-11-19", "note": "완료"})
    assert refused.status_code == 400
    assert "착수일보다 앞선 날입니다." in refused.content.decode()
    vendor.post(f"{BOARD}{plan.pk}/finish/", {"note": "2회선 증설"})
    assert vendor.post(f"{BOARD}{plan.pk}/check/", {"outcome": "effective", "note": "x"}).status_code == 403
    manager.post(f"{BOARD}{plan.pk}/check/", {"outcome": "effective", "note": "대기 감소"})

    plan.refresh_from_db()
    assert (plan.status, plan.outcome) == ("checked", "effective")
    assert "효과 있음" in text_of(vendor, f"{BOARD}{plan.pk}/")


def test_a_vendor_proposes_and_changes_its_proposal(programme: Programme) -> None:
    vendor = signed_in(Role.VENDOR_ADMIN, programme.vendor)
    assert "현장대리인" in text_of(vendor, f"{BOARD}new/")

    vendor.post(f"{BOARD}new/", FORM)
    plan = ActionPlan.objects.get()
    assert (plan.is_from_vendor, plan.is_shared) == (True, True)
    assert "회선 증설" in text_of(vendor, f"{BOARD}{plan.pk}/edit/")
    vendor.post(f"{BOARD}{plan.pk}/edit/", {**FORM, "title": "회선 두 배"})

    plan.refresh_from_db()
    assert plan.title == "회선 두 배"
    plans.start(plan.pk, actor=MANAGER, now=AFTER)
    assert vendor.get(f"{BOARD}{plan.pk}/edit/").status_code == 302


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"due_on": "2020-01-01"}, "오늘부터 2년 이내"), ({"due_on": "x"}, "날짜"), ({"contract": "narae"}, "narae")],
)
def test_what_is_wrong_is_said_at_the_form(programme: Programme, wrong: dict[str, str], said: str) -> None:
    answer = signed_in(Role.MANAGER).post(f"{BOARD}new/", {**FORM, **wrong})

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not ActionPlan.objects.exists()


def an_alert(programme: Programme) -> Alert:
    facts = {"value": "77.85", "target": "80", "minimum": "70", "unit": "%", "weight_share": "30"}
    about = {"vendor": programme.vendor, "contract": programme.contract, "kpi": Kpi.objects.get(code="service_level")}
    times = {"opened_at": AFTER, "changed_at": AFTER, "period": "month", "start": "2026-10-01"}
    return Alert.objects.create(kind="below_target", severity="warning", subject="x", facts=facts, **about, **times)


def test_it_begins_at_an_alert_with_the_words_of_its_figures(programme: Programme) -> None:
    alert, manager = an_alert(programme), signed_in(Role.MANAGER)
    address = f"{BOARD}new/?alert={alert.pk}"
    assert address in text_of(manager, f"/alerts/{alert.pk}/")

    form = text_of(manager, address)
    assert "서비스레벨(인입 기준) 2026년 10월 실적은 77.85%" in form or "77.85%" in form
    assert "계약 배점의 30%에 해당합니다." in form
    manager.post(f"{BOARD}new/", {**FORM, "alert": alert.pk})

    assert ActionPlan.objects.get().alert == alert
    assert "회선 증설" in text_of(manager, f"/alerts/{alert.pk}/")


def test_an_alert_is_settled_with_its_cause_and_the_plan_that_follows(programme: Programme) -> None:
    alert, plan, manager = an_alert(programme), make(programme), signed_in(Role.MANAGER)

    manager.post(f"/alerts/{alert.pk}/resolve/", {"note": "증설 요청", "cause": "system", "plan": plan.pk})

    page = text_of(manager, f"/alerts/{alert.pk}/")
    assert "시스템·회선" in page
    assert page.count(f"{BOARD}{plan.pk}/") == 2
    vendor = text_of(signed_in(Role.VENDOR_ADMIN, programme.vendor), f"/alerts/{alert.pk}/")
    assert f"{BOARD}{plan.pk}/" not in vendor


def test_it_begins_at_a_line_of_a_scorecard(programme: Programme) -> None:
    card, manager = programme.card(), signed_in(Role.MANAGER)
    line = card.lines.get(series__kpi__code="service_level")
    address = f"{BOARD}new/?scorecard={card.pk}&line={line.pk}"
    page = text_of(manager, f"/scorecards/{card.pk}/")
    assert address.replace("&", "&amp;") in page
    met = card.lines.filter(series__isnull=False, score__gte=100)
    assert met.exists()
    assert not any(f'line={one.pk}"' in page for one in met)

    form = text_of(manager, address)
    assert f"{line.value:.2f}%" in form
    assert "목표는 80%" in form or "80%" in form
    assert "2026년 10월 평가표에서 배점 30점 중" in form
    manager.post(f"{BOARD}new/", {**FORM, "scorecard": card.pk})

    plan = ActionPlan.objects.get()
    assert plan.scorecard == card
    plans.share(plan.pk, actor=MANAGER, now=AFTER)
    vendor = signed_in(Role.VENDOR_ADMIN, programme.vendor)
    assert f"/scorecards/{card.pk}/" not in text_of(vendor, f"{BOARD}{plan.pk}/")


def an_event(programme: Programme, kind: str = "outage", **fields: Any) -> ExternalFactor:
    about = {"kind": kind, "title": "교환기 장애", "starts_at": AFTER.replace(day=1), "ends_at": AFTER.replace(day=2)}
    return factors.register({**about, **fields}, queues=[programme.queue], actor=MANAGER, now=AFTER)


def an_effect(contract: Any) -> ContractEffect:
    return ContractEffect(contract, make_kpi(), Effect(change=0.41, half_width=0.06, days=2))


def test_what_an_event_did_to_one_vendor_is_not_filled_into_a_plan_for_another(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_contract(name="Narae orders")
    event = an_event(programme)
    monkeypatch.setattr(
        "bpo.queries.plan_beginnings.effects_of",
        lambda *_, **__: [an_effect(programme.contract), an_effect(other)],
    )
    FactorQueue.objects.create(factor=event, queue=make_queue(other))

    several = beginning(MANAGER, {"factor": str(event.pk)}, now=AFTER)
    ours = beginning(MANAGER, {"factor": str(event.pk), "contract": programme.contract.code}, now=AFTER)

    assert several.initial["effect"] == ""
    assert any(other.name in text for text in several.effects)
    assert "+41" in ours.initial["effect"]
    assert other.name not in ours.initial["effect"]
    assert ours.effects == []
    assert "계약별 영향" in text_of(signed_in(Role.MANAGER), f"{BOARD}new/?factor={event.pk}")


def test_a_factor_lists_what_keeps_it_from_coming_back(programme: Programme) -> None:
    event, manager = an_event(programme), signed_in(Role.MANAGER)
    assert f"{BOARD}new/?factor={event.pk}" in text_of(manager, f"/factors/{event.pk}/")
    assert "재발 방지: 교환기 장애" in text_of(manager, f"{BOARD}new/?factor={event.pk}")

    manager.post(f"{BOARD}new/", {**FORM, "kind": "prevention", "contract": "", "kpi": "", "factor": event.pk})

    plan = ActionPlan.objects.get()
    assert (plan.contract, plan.factor, plan.kind) == (None, event, "prevention")
    assert "회선 증설" in text_of(manager, f"/factors/{event.pk}/")
    assert "회선 증설" not in text_of(signed_in(Role.VENDOR_ADMIN, programme.vendor), f"/factors/{event.pk}/")
    assert "회사 전체" in text_of(manager, BOARD)


def test_an_improvement_is_shown_before_and_after_and_asks_for_no_relief(programme: Programme) -> None:
    released = AFTER.replace(month=10, day=10)
    event = an_event(programme, "improvement", starts_at=released, ends_at=released.replace(hour=18))

    page = text_of(signed_in(Role.MANAGER), f"/factors/{event.pk}/")

    assert "전후 비교" in page
    assert "평균처리시간(AHT): 전 252.00초 → 후 252.00초" in page
    assert "개선은 평가 제외가 아니라" in page
    assert "제외 범위" not in page
    for step in ("claim", "confirm", "approve", "reject", "ask"):
        assert f"/factors/{event.pk}/{step}/" not in page
    assert f"/factors/{event.pk}/withdraw/" in page
    later = an_event(programme, "improvement", starts_at=AFTER.replace(day=22), ends_at=AFTER)
    assert "시행 후 일주일 치 실적이 모이면" in text_of(signed_in(Role.MANAGER), f"/factors/{later.pk}/")


def test_today_names_what_is_late_what_is_due_and_what_to_check(programme: Programme) -> None:
    late, due, done = (make(programme, title=title) for title in ("Late one", "Due one", "Done one"))
    ActionPlan.objects.filter(pk=late.pk).update(due_on="2026-11-01")
    plans.start(done.pk, on=AFTER.date(), actor=MANAGER, now=AFTER)
    plans.finish(done.pk, note="Done", actor=MANAGER, now=AFTER)
    ActionPlan.objects.filter(pk=done.pk).update(check_on=AFTER.date())
    for plan in (late, due, done):
        plans.share(plan.pk, actor=MANAGER, now=AFTER)

    manager, vendor = (text_of(signed_in(role, of), "/today/") for role, of in (
        (Role.MANAGER, None), (Role.VENDOR_MEMBER, programme.vendor)))  # fmt: skip

    for text in (manager, vendor):
        assert "기한이 지난 조치" in text
        assert "일주일 안에 기한이 오는 조치" in text
        assert "Due one" in text
    assert "효과를 점검할 조치" in manager
    assert "효과를 점검할 조치" not in vendor
    assert "조치" not in text_of(signed_in(Role.DEPARTMENT), "/today/").split("</header>")[1]


def test_today_names_what_the_other_side_wrote(programme: Programme) -> None:
    later = AFTER.date() + timedelta(days=30)
    ours = make(programme, title="Of the client", due_on=later)
    plans.share(ours.pk, actor=MANAGER, now=AFTER)
    about = words(programme.contract, title="Of the vendor", due_on=later)
    plans.make(about, actor=vendor_of(programme.contract), now=AFTER)

    manager = text_of(signed_in(Role.MANAGER), "/today/")
    vendor = text_of(signed_in(Role.VENDOR_MEMBER, programme.vendor), "/today/")

    assert "운영업체가 제안한 조치" in manager
    assert ("Of the vendor" in manager, "Of the client" in manager) == (True, False)
    assert "착수할 조치" in vendor
    assert ("Of the vendor" in vendor, "Of the client" in vendor) == (False, True)


def test_its_pages_make_a_constant_number_of_queries(programme: Programme) -> None:
    plan, manager = make(programme, kpi=Kpi.objects.get(code="service_level")), signed_in(Role.MANAGER)

    def more() -> None:
        for number in range(4):
            other = make_contract()
            plans.make(words(other, due_on=AFTER.date(), kpi=make_kpi()), actor=MANAGER, now=AFTER)
            plans.note(plan.pk, note=f"Note {number}", actor=MANAGER, now=AFTER)

    assert_constant_queries(lambda: [text_of(manager, address) for address in (BOARD, f"{BOARD}{plan.pk}/")], more)


def test_a_long_column_is_cut_and_says_so(programme: Programme) -> None:
    for _number in range(MOST_A_COLUMN + 1):
        make(programme)

    text = text_of(signed_in(Role.ANALYST), BOARD)

    assert f'<span class="soft">{MOST_A_COLUMN + 1}</span>' in text
    assert "앞부분만 표시합니다" in text
    assert reverse("bpo:plan-new") not in text


def test_who_proposes_nothing_meets_no_form(programme: Programme) -> None:
    plan = plans.make(words(programme.contract, due_on=AFTER.date()), actor=vendor_of(programme.contract), now=AFTER)

    for role in (Role.ANALYST, Role.EXECUTIVE):
        client = signed_in(role)
        assert "여기에서 하실 일은 없습니다." in text_of(client, f"{BOARD}{plan.pk}/")
        assert client.get(f"{BOARD}new/").status_code == 403
    assert "아직 조치 계획이 없습니다" in text_of(signed_in(Role.DEPARTMENT), BOARD)
    assert signed_in(Role.MANAGER).get(f"{BOARD}{plan.pk}/no-such-step/").status_code == 404
