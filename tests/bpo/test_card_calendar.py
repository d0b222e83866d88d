"""What the closing calendar does to scorecards: it shares them, and objections end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bpo.services import scorecards
from bpo.services.sweep import follow_calendars
from tests.bpo.corrections_world import vendor_of
from tests.bpo.pages_sample import signed_in
from tests.bpo.scorecard_world import MANAGER, card_of, compute, service_level_contract
from vendors.errors import Conflict

pytestmark = pytest.mark.django_db


def at(day: int, month: int = 5) -> datetime:
    return datetime(2026, month, day, 3, 0, tzinfo=UTC)


def test_the_calendar_shares_a_card_once_its_month_is_closed_and_the_day_has_come() -> None:
    calendar = {"feed_closed": 2, "shared": 4, "share_automatically": True}
    contract = service_level_contract(closing=calendar)
    by_hand = service_level_contract(closing={"feed_closed": 2, "shared": 4})
    for one in (contract, by_hand):
        compute(one, at(4))

    # Business days of May 2026 without holidays: 1, 4, 5, 6.
    closed = follow_calendars(now=at(5))
    assert len(closed) == 2
    assert card_of(contract).status == "draft"
    follow_calendars(now=at(6))
    assert (card_of(contract).status, card_of(by_hand).status) == ("shared", "draft")
    assert follow_calendars(now=at(6)) == []
    assert card_of(contract).events.filter(action="share").count() == 1


def test_objections_end_with_the_calendar_but_not_where_the_card_came_late() -> None:
    contract = service_level_contract(closing={"shared": 3, "objections_end": 6})
    compute(contract, at(5))
    scorecards.share(card_of(contract).pk, actor=MANAGER, now=at(5))
    line = card_of(contract).lines.get().pk

    with pytest.raises(Conflict) as refused:
        scorecards.dispute(card_of(contract).pk, line=line, reason="no", actor=vendor_of(contract), now=at(11))
    assert refused.value.code == "objections_over"
    scorecards.dispute(card_of(contract).pk, line=line, reason="no", actor=vendor_of(contract), now=at(8))

    late = service_level_contract(closing={"shared": 3, "objections_end": 6})
    compute(late, at(5))
    scorecards.share(card_of(late).pk, actor=MANAGER, now=at(20))
    line = card_of(late).lines.get().pk
    scorecards.dispute(card_of(late).pk, line=line, reason="no", actor=vendor_of(late), now=at(21))
    assert card_of(late).status == "disputed"


@pytest.mark.parametrize(("language", "figures_close"), [("en", "Mon 4 May"), ("ko", "5월 4일(월)")])
def test_the_page_of_a_card_shows_the_dates_of_its_month(language: str, figures_close: str) -> None:
    calendar = {"daily_cutoff": "10:00", "feed_closed": 2, "invoice_day": 10}
    contract, without = service_level_contract(closing=calendar), service_level_contract()
    for one in (contract, without):
        compute(one, at(4))

    client = signed_in("manager", language=language)
    pages = [client.get(f"/scorecards/{card_of(one).pk}/").content.decode() for one in (contract, without)]

    assert [('id="calendar"' in page, figures_close in page) for page in pages] == [(True, True), (False, False)]
