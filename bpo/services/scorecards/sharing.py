"""Sharing cards by the closing calendar, where the contract says so."""

from __future__ import annotations

from datetime import date, datetime

from bpo.choices import ScorecardStatus
from bpo.models import Scorecard
from bpo.services.scorecards.steps import share
from kpis.queries.closing import closed_months
from kpis.services.closing import due_months
from vendors.actors import SYSTEM
from vendors.errors import DomainError
from vendors.queries.closing import ClosingCalendar, closing_calendars, earliest_todays


def share_due_cards(*, now: datetime) -> list[Scorecard]:
    """Share the first drafts whose contract shares by itself, once their month is closed and the day has come."""
    months = due_months(now=now)
    wanted: dict[int, list[date]] = {}
    for contract, start in sorted(closed_months(months)):
        wanted.setdefault(contract, []).append(start)
    todays = earliest_todays(wanted, now)
    due = [
        key for key, calendar in closing_calendars(wanted).items() if _shares_now(calendar, todays[calendar.contract])
    ]
    shared = (_share_first(contract, start, now) for contract, start in due)
    return [card for card in shared if card is not None]


def _shares_now(calendar: ClosingCalendar, today: date) -> bool:
    shared_on = calendar.dates.shared_on
    return calendar.rules.share_automatically and shared_on is not None and today >= shared_on


def _share_first(contract: int, start: date, now: datetime) -> Scorecard | None:
    """Share the month's first version; a card that a manager has shared, or a later version, is left alone."""
    cards = Scorecard.objects.filter(contract=contract, start=start, version=1, status=ScorecardStatus.DRAFT)
    found = cards.values_list("pk", flat=True).first()
    try:
        return None if found is None else share(found, actor=SYSTEM, now=now)
    except DomainError:
        # Somebody was quicker by hand.
        return None
