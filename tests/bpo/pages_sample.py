"""A small programme for the tests of the pages: figures reported, drained and drafted by the real services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client

from bpo.choices import LineKind
from bpo.models import JudgedItem, Scorecard
from bpo.services import scorecards
from kpis.models import Kpi, Measure
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests import make
from vendors.models import Contract, Queue, Vendor

SEOUL = ZoneInfo("Asia/Seoul")
MONTH = date(2026, 10, 1)
AFTER = datetime(2026, 11, 23, 12, 0, tzinfo=SEOUL)

KPIS = (
    (
        "service_level",
        "Service level",
        "서비스레벨(인입 기준)",
        "100 * answered_within_threshold / offered",
        "%",
        "higher",
    ),
    ("answer_rate", "Answer rate", "응대율", "100 * answered / offered", "%", "higher"),
    ("aht", "Average handle time", "평균처리시간(AHT)", "handle_s / answered", "s", "lower"),
    ("fcr", "First-contact resolution", "1차 해결률(FCR)", "100 * resolved_first / answered", "%", "higher"),
    ("qa_score", "Quality score", "상담품질 점수", "qa_points / qa_checks", "points", "higher"),
)
MEASURES = {
    "offered": "인입호",
    "answered": "응대호",
    "answered_within_threshold": "목표시간 내 응대호",
    "handle_s": "처리시간 합",
    "resolved_first": "1차 해결 건수",
    "qa_points": "QA 점수 합",
    "qa_checks": "QA 평가 건수",
}
TARGETS: dict[str, dict[str, Any]] = {
    "service_level": {"target": 80, "minimum": 70, "weight": 30, "parameters": {"threshold_seconds": 20}},
    "answer_rate": {"target": 95, "minimum": 88, "weight": 25},
    "aht": {"target": 240, "minimum": 300, "weight": 15, "attainment_mode": "linear_lower", "decimals": 1},
    "fcr": {"target": 75, "minimum": 65, "weight": 10},
    "qa_score": {"target": 90, "weight": 10, "decimals": 1},
}


@dataclass
class Programme:
    """One contract with its queue and five KPIs."""

    vendor: Vendor
    contract: Contract
    queue: Queue

    def card(self, start: date = MONTH) -> Scorecard:
        return Scorecard.objects.filter(contract=self.contract, start=start).order_by("version").last()


def make_programme(
    code: str = "hanbit", name_ko: str = "한빛컨택", *, month: date = MONTH, shift: int = 0
) -> Programme:
    """Make a vendor whose queue reported the month, all but its last two days, and its drafted card."""
    vendor = make.make_vendor(code, name=code.title(), name_ko=name_ko)
    contract = make.make_contract(
        vendor,
        f"{code}-order",
        name=f"{name_ko} 주문 상담",
        gates=[{"kind": "cap_grade", "value": "B", "label": "개인정보 사고"}],
    )
    queue = make.make_queue(contract, f"{code}-order-voice", name="주문 전화")
    for kpi in make_kpis():
        make.make_target(contract, kpi, **TARGETS[kpi.code])
    JudgedItem.objects.create(
        contract=contract, kind=LineKind.JUDGED, name="Improvement work", name_ko="개선 활동", weight=10
    )
    JudgedItem.objects.create(
        contract=contract, kind=LineKind.ADJUSTMENT, name="Praise and complaints", name_ko="칭찬·민원 가감점", cap=3
    )
    programme = Programme(vendor, contract, queue)
    report(programme, month, shift)
    return programme


def make_kpis() -> list[Kpi]:
    found = {kpi.code: kpi for kpi in Kpi.objects.filter(code__in=TARGETS)}
    for code, name, name_ko, formula, unit, direction in KPIS:
        if code not in found:
            found[code] = make.make_kpi(code, formula, unit=unit, direction=direction)
            Kpi.objects.filter(pk=found[code].pk).update(name=name, name_ko=name_ko)
    for code, name in MEASURES.items():
        Measure.objects.filter(code=code).update(name=code.replace("_", " ").capitalize(), name_ko=name)
    return [found[code] for code in TARGETS]


def report(programme: Programme, month: date = MONTH, shift: int = 0, days: int = 29) -> None:
    """Report ``days`` days of ``month`` and compute everything."""
    submission = make.make_submission(
        vendor=programme.vendor, received_at=AFTER, submitted_by="key:1a2b3c4d", result={"values": {"new": 7 * days}}
    )
    for number in range(days):
        offered = 1200 + 40 * ((number * 7) % 11)
        answered = offered * (93 + shift) // 100
        figures = {
            "offered": offered,
            "answered": answered,
            "answered_within_threshold": offered * (78 + shift) // 100,
            "handle_s": answered * 252,
            "resolved_first": answered * 62 // 100,
            "qa_points": 12 * 91,
            "qa_checks": 12,
        }
        row = make.make_figures(programme.queue, month + timedelta(days=number), **figures)
        type(row).objects.filter(pk=row.pk).update(submission=submission)
    mark(contract_ids=[programme.contract.pk], first_on=month, last_on=month + timedelta(days=30))
    drain(now=AFTER)
    scorecards.refresh(contract_id=programme.contract.pk, starts=[month], now=AFTER)


def signed_in(role: str | None, vendor: Any = None, language: str = "ko") -> Client:
    """Return a browser in which somebody of that role has signed in."""
    client = Client(headers={"accept-language": language})
    client.force_login(make.make_user(role=role, vendor=vendor))
    return client
