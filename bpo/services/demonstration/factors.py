"""The external factors of the story: the outage, approved, and the campaign, which waits for a decision."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bpo.services.demonstration.story import Story
from kpis.choices import FactorKind
from kpis.models import ExternalFactor
from kpis.services import factors
from vendors.actors import Actor
from vendors.choices import Channel
from vendors.models import Department, Queue
from vendors.services.parties import create_department

ZONE = ZoneInfo("Asia/Seoul")
IT, MARKETING = ("it", "IT operations", "IT운영팀"), ("marketing", "Marketing", "마케팅팀")
REGISTERS = Actor(label="demonstration", is_superuser=True)
DECIDES = Actor(label="system", is_superuser=True)


def tell_factors(story: Story, now: datetime) -> None:
    """Register both once, as far as there are queues that they affect; what is there already stays."""
    if ExternalFactor.objects.exists():
        return
    _tell_outage(story, now)
    _tell_campaign(story, now)


def _tell_outage(story: Story, now: datetime) -> None:
    queues = _queues(story.outage_on, without=Channel.BACKOFFICE)
    if not queues:
        return
    about = {
        "kind": FactorKind.OUTAGE,
        "title": "교환기 장애",
        "description": "교환기 이중화 전환 실패로 전 채널 접속 지연",
        "department": _department(*IT, now=now),
        "starts_at": _at(story.outage_on, 9),
        "ends_at": _at(story.outage_on, 18),
        "evidence": "장애 보고서 2026-017",
    }
    outage = factors.register(about, queues=queues, actor=REGISTERS, now=now)
    factors.confirm(outage.pk, answer="confirmed", note="당사 설비 장애", actor=DECIDES, now=now)
    factors.approve(outage.pk, decision="발주사 설비 장애로 확인", actor=DECIDES, now=now)


def _tell_campaign(story: Story, now: datetime) -> None:
    first, last = story.campaign
    queues = [queue for queue in _queues(first) if queue.service in ("order", "delivery")]
    if not queues:
        return
    about = {
        "kind": FactorKind.CAMPAIGN,
        "title": "가을 할인 행사",
        "department": _department(*MARKETING, now=now),
        "starts_at": _at(first, 0),
        "ends_at": _at(last, 23),
        "is_planned": True,
        "announced_at": _at(first - timedelta(days=9), 10),
        "knowledge_ready_at": _at(first - timedelta(days=1), 17),
    }
    campaign = factors.register(about, queues=queues, actor=REGISTERS, now=now)
    factors.claim(campaign.pk, evidence="행사 공지 메일, 예측 대비 유입 증가", actor=REGISTERS, now=now)


def _department(code: str, name: str, name_ko: str, *, now: datetime) -> Department:
    known = Department.objects.filter(code=code).first()
    return known or create_department({"code": code, "name": name, "name_ko": name_ko}, actor=REGISTERS, now=now)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ZONE)


def _queues(day: date, *, without: str = "") -> list[Queue]:
    """Return the simulated queues that were open on ``day``."""
    rows = Queue.objects.select_related("centre__vendor").filter(opened_on__lte=day).order_by("code")
    return [queue for queue in rows if queue.channel != without]
