"""The action plans of the story: what followed the outage, done and checked; one that is late; one to begin."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bpo.models import ActionPlan
from bpo.services import plans
from bpo.services.demonstration.story import Story, months_ago
from kpis.choices import FactorKind
from kpis.models import ExternalFactor, Kpi
from vendors.actors import Actor
from vendors.models import Contract

ZONE = ZoneInfo("Asia/Seoul")
PLANS = Actor(label="demonstration", is_superuser=True)


def tell_plans(story: Story, now: datetime) -> None:
    """Tell the three once, as far as there are contracts they are about; what is there already stays."""
    if ActionPlan.objects.exists():
        return
    _after_the_outage(story)
    _late(story)
    _to_begin(story, now)


def _after_the_outage(story: Story) -> None:
    """The switch-over is rehearsed after the outage, and the effect is checked five weeks later."""
    contract = Contract.objects.filter(code="hanbit-voice", starts_on__lte=story.outage_on).first()
    event = ExternalFactor.objects.filter(kind=FactorKind.OUTAGE).first()
    if contract is None or event is None:
        return
    begun = story.outage_on + timedelta(days=3)
    plan = _made(
        contract,
        at=begun,
        kind="prevention",
        factor=event,
        kpi="service_level",
        title="교환기 이중화 전환 훈련",
        facts="교환기 이중화 전환이 실패해 하루 동안 전 채널 접속이 지연되었습니다.",
        effect="장애 시간대에 고객 대기가 길어지고 서비스레벨이 낮아졌습니다.",
        cause="system",
        cause_note="자동 전환 절차가 실제 부하에서 시험되지 않았습니다.",
        next_step="분기마다 전환 훈련을 하고 결과를 운영업체와 공유합니다.",
        owner="IT운영팀 통신 담당",
        due_on=begun + timedelta(days=14),
        check_on=begun + timedelta(days=45),
    )
    finished = begun + timedelta(days=12)
    plans.start(plan.pk, actor=PLANS, now=_at(begun + timedelta(days=1)))
    plans.finish(plan.pk, note="전환 훈련 2회 완료, 전환 시간 40초", actor=PLANS, now=_at(finished))
    checked = finished + timedelta(days=33)
    if checked <= story.last_on:
        why = "훈련 뒤 같은 장애가 없었고 서비스레벨도 유지됨"
        plans.check(plan.pk, outcome="effective", note=why, actor=PLANS, now=_at(checked))


def _late(story: Story) -> None:
    """A corrective action of a vendor below its targets, begun and not done in time."""
    begun = months_ago(story.last_on, 1) + timedelta(days=4)
    contract = Contract.objects.filter(code="daon-voice", starts_on__lte=begun).first()
    if contract is None:
        return
    plan = _made(
        contract,
        at=begun,
        kpi="answer_rate",
        title="월요일 오전 응대율 회복",
        facts="월요일 오전에 유입이 몰려 응대율이 목표에 미치지 못하고 있습니다.",
        effect="고객이 다시 전화하면서 오후 유입까지 늘어납니다.",
        cause="volume",
        cause_note="주말 문의가 월요일 오전에 집중됩니다.",
        next_step="월요일 오전 응대율 회복 방안을 제안해 주시기를 요청드립니다. 방법은 운영업체가 정합니다.",
        owner="다온씨에스 현장대리인",
        due_on=begun + timedelta(days=12),
    )
    plans.start(plan.pk, on=begun + timedelta(days=2), actor=PLANS, now=_at(begun + timedelta(days=2)))
    plans.note(
        plan.pk, note="회복 방안을 받았고 적용 시기를 협의 중입니다.", actor=PLANS, now=_at(begun + timedelta(days=9))
    )


def _to_begin(story: Story, now: datetime) -> None:
    """An improvement of the new vendor, agreed on and not begun."""
    contract = Contract.objects.filter(code="saebyeok-voice", starts_on__lte=story.last_on).first()
    if contract is None:
        return
    _made(
        contract,
        at=max(story.last_on - timedelta(days=3), contract.starts_on),
        kind="improvement",
        kpi="fcr",
        title="배송 조회 FAQ 보강",
        facts="신규 센터의 1차 해결률이 다른 센터보다 낮은 수준에서 오르고 있습니다.",
        effect="같은 문의가 다시 들어와 유입이 늘어납니다.",
        cause="knowledge",
        next_step="자주 묻는 배송 문의 20건의 답변을 함께 정리합니다.",
        owner="새벽케어 현장대리인",
        due_on=now.astimezone(ZONE).date() + timedelta(days=5),
    )


def _made(contract: Contract, *, at: date, kpi: str, **words: Any) -> ActionPlan:
    """Make and share a plan, on a day of the story."""
    about = {"contract": contract, "kpi": Kpi.objects.filter(code=kpi).first(), **words}
    plan = plans.make(about, actor=PLANS, now=_at(at))
    return plans.share(plan.pk, actor=PLANS, now=_at(at))


def _at(day: date) -> datetime:
    return datetime.combine(day, time(10), ZONE)
