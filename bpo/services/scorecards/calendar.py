"""The time of objections that the closing calendar gives."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from bpo.models import Scorecard
from vendors.clock import local_date
from vendors.errors import Conflict
from vendors.queries.closing import centres_of, closing_calendar


def check_objections(card: Scorecard, now: datetime) -> None:
    """Raise Conflict ``objections_over`` where the calendar's time for objections to a card has passed.

    It binds the vendor only where it had the time agreed: a card shared later than the calendar says, and the later
    versions of a card, may be disputed as long as they are in review.
    """
    calendar = closing_calendar(card.contract_id, card.start)
    ends_on, shared_on = calendar.dates.objections_end_on, calendar.dates.shared_on
    if ends_on is None or card.version > 1:
        return
    zones = sorted({centre.timezone for centre in centres_of([card.contract_id])[card.contract_id]})
    today = min((local_date(now, zone) for zone in zones), default=None)
    shared = card.events.filter(action="share").order_by("id").last()
    was_late = shared_on and shared and any(local_date(shared.at, zone) > shared_on for zone in zones)
    if today is not None and today > ends_on and not was_late:
        text = _("The time for objections to this card ended on %(day)s.")
        raise Conflict("objections_over", text % {"day": ends_on.isoformat()})
