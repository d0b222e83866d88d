"""Two vendors in November 2026 with every state of a day, made by the real services."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kpis.models import Measure
from kpis.services.excuses import excuse
from kpis.services.submissions import submit
from tests import make
from vendors.choices import Role
from vendors.errors import Unprocessable
from vendors.models import Contract, Holiday, Queue, Vendor

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
"""Wednesday noon in Seoul."""
NAMES = {"offered": "인입호", "answered": "응대호"}


@dataclass
class Sample:
    vendor: Vendor
    other: Vendor
    contract: Contract
    voice: Queue
    chat: Queue
    other_queue: Queue


def make_sample() -> Sample:
    """Make hanbit with two queues and narae with one; every state occurs between 12 and 25 November."""
    hanbit = make.make_vendor("hanbit", name="Hanbit", name_ko="한빛씨에스")
    narae = make.make_vendor("narae", name="Narae", name_ko="나래컨택")
    contract, other = make.make_contract(hanbit, "hanbit-2026"), make.make_contract(narae, "narae-2026")
    for of in (contract, other):
        of.terms.update(closing={"daily_cutoff": "10:00"})
        make.make_target(of, make.make_kpi(f"share_of_{of.code[:4]}", formula="100 * answered / offered"), 80)
    for code, korean in NAMES.items():
        Measure.objects.filter(code=code).update(name=code.title(), name_ko=korean)
    sample = Sample(
        hanbit,
        narae,
        contract,
        make.make_queue(contract, "hanbit-voice", name="주문 전화", open_weekdays=[1, 2, 3, 4, 5, 6]),
        make.make_queue(contract, "hanbit-chat", name="주문 채팅", channel="chat", observes_holidays=True),
        make.make_queue(other, "narae-voice", name="배송 전화"),
    )
    Holiday.objects.create(country="KR", date=date(2026, 11, 17), name="Test holiday", name_ko="임시공휴일")
    _report(sample)
    return sample


def _report(sample: Sample) -> None:
    first = date(2026, 11, 1)
    days = [first + timedelta(days=number) for number in range(24)]
    for queue in (sample.voice, sample.chat, sample.other_queue):
        for day in days:
            if (queue, day) not in ((sample.voice, date(2026, 11, 24)), (sample.other_queue, date(2026, 11, 23))):
                _send(queue, day, offered=1200 + day.day, answered=1100)
    _send(sample.voice, date(2026, 11, 19), hours=60, answered=1111)
    excuse(
        queues=[sample.other_queue],
        dates=[date(2026, 11, 20)],
        cause="client",
        reason="교환기 장애로 집계 불가",
        actor=make.make_actor(Role.MANAGER),
        now=NOW,
    )
    with suppress(Unprocessable):
        _send(sample.voice, date(2026, 11, 24), offered=-1)


def _send(queue: Queue, day: date, hours: int = 0, **measures: Any) -> None:
    """Report a day of one queue at 9 the next morning; the 16th late, and the 18th in part only."""
    if day.day == 18 and queue.code == "hanbit-chat":
        measures.pop("answered", None)
    if day.day == 16 and queue.code == "narae-voice":
        hours = 5
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, hours=hours)
    rows = [{"queue": queue.code, "date": day.isoformat(), "measures": measures}]
    actor = make.make_actor(Role.VENDOR_ADMIN, queue.centre.vendor)
    submit(actor=actor, rows=rows, now=at, note="" if not hours else "다시 집계")
