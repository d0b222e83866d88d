"""A vendor in November 2026 that reports every morning, with a file as its system writes it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from kpis.models import KpiVersion, Measure
from tests import make
from tests.bpo.pages_sample import SEOUL, Programme, make_programme, report

MORNING = datetime(2026, 11, 25, 9, 12, tzinfo=SEOUL)
YESTERDAY = date(2026, 11, 24)
HEADER = "날짜,업무그룹,인입호,응대호,목표시간 내 응대호,처리시간 합,1차 해결 건수,QA 점수 합,QA 평가 건수"
GOOD = [
    "2026-11-23,hanbit-order-voice,1280,1190,1002,299880,737,1092,12",
    "2026-11-24,hanbit-order-voice,1240,1160,980,292320,719,1104,12",
]
BAD = [
    "2026-11-23,hanbit-order-voice,1280,1190,1002,299880,737,1092,12",
    "2026-11-24,hanbit-order-voice,1240,1460,980,292320,719,1104,12",
    "2026-11-31,hanbit-order-voice,1240,1160,980,292320,719,1104,12",
    "2026-11-22,hanbit-order-vioce,1100,1010,850,254520,610,1080,12",
]
"""More answered than offered; a day that does not exist; a queue misspelt."""


def make_november() -> Programme:
    """Make a programme that reported November up to the 22nd, in counts with their relations."""
    programme = make_programme()
    for code, name in (("answered", "응대호"), ("answered_within_threshold", "목표시간 내 응대호")):
        before = "offered" if code == "answered" else "answered"
        Measure.objects.filter(code=code).update(relations=f"{code} <= {before}", name_ko=name)
    Measure.objects.filter(code__in=["handle_s", "qa_points"]).update(unit="s")
    KpiVersion.objects.filter(unit="%").update(bounds=["0", "100"])
    report(programme, date(2026, 11, 1), days=22)
    return programme


def file_of(lines: list[str], encoding: str = "cp949") -> dict[str, Any]:
    """Return an upload as a browser sends it, in Playwright's words."""
    content = "\r\n".join([HEADER, *lines, ""]).encode(encoding)
    return {"name": "일일실적_1124.csv", "mimeType": "text/csv", "buffer": content}


def add_chat(programme: Programme) -> None:
    """Add a chat queue, whose KPIs have their own measures."""
    make.make_queue(programme.contract, "hanbit-order-chat", name="주문 채팅", channel="chat")
    kpi = make.make_kpi("chat_answer_rate", "100 * chat_answered / chat_offered", unit="%", channel="chat")
    make.make_target(programme.contract, kpi, 90)
