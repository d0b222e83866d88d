"""Closes the demonstration's past months as people would: shared, disputed once, made final, acknowledged."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from bpo.choices import LineKind, ScorecardStatus
from bpo.models import Scorecard
from bpo.services.demonstration.story import months_ago
from bpo.services.scorecards import acknowledge, dispute, finalise, share
from vendors.actors import Actor
from vendors.errors import Conflict

ZONE = ZoneInfo("Asia/Seoul")
SHARE_ON, FINALISE_ON, ACKNOWLEDGE_ON = 9, 13, 16
"""Days of the following month; later than the longest time a shipped KPI takes to settle."""
DISPUTED_CONTRACT = "hanbit-voice"
REASON = "전산 장애 영향이 반영되지 않았습니다. (가상)"
MISSING_ACCEPTED = "누락일을 운영업체와 함께 확인함 (가상)"


@transaction.atomic
def close_months(contract: str, this_month: date, actor: Actor, now: datetime) -> None:
    """Take every card of a month before ``this_month`` as far as it has come by ``now``.

    The latest closed month stays in review (one card disputed), the one before is final, earlier ones acknowledged.
    A month that cannot be finalised (too many days missing) stays in review, as it would in life.
    """
    latest = months_ago(this_month, 1)
    cards = Scorecard.objects.filter(contract__code=contract, start__lt=this_month, status=ScorecardStatus.DRAFT)
    for card in cards.order_by("start", "version"):
        card.events.filter(action="create").update(at=_in_the_month_after(card.start, 1, now))
        share(card.pk, actor=actor, now=_in_the_month_after(card.start, SHARE_ON, now))
        if card.start == latest:
            if contract == DISPUTED_CONTRACT:
                _dispute(card, actor, _in_the_month_after(card.start, SHARE_ON + 2, now))
        elif _finalised(card, actor, now) and card.start < months_ago(latest, 1):
            acknowledge(card.pk, actor=actor, now=_in_the_month_after(card.start, ACKNOWLEDGE_ON, now))


def _finalised(card: Scorecard, actor: Actor, now: datetime) -> bool:
    moment = _in_the_month_after(card.start, FINALISE_ON, now)
    try:
        with transaction.atomic():
            finalise(card.pk, accept_missing=MISSING_ACCEPTED, actor=actor, now=moment)
    except Conflict:
        return False
    return True


def _dispute(card: Scorecard, actor: Actor, now: datetime) -> None:
    line = card.lines.filter(kind=LineKind.KPI).order_by("position").first()
    if line is not None:
        dispute(card.pk, line=line.pk, reason=REASON, actor=actor, now=now)


def _in_the_month_after(month: date, day: int, now: datetime) -> datetime:
    moment = datetime.combine(months_ago(month, -1) + timedelta(days=day - 1), time(10), ZONE)
    return min(moment, now)
