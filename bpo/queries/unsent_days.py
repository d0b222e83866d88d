"""The queue-days a vendor's own people have still to send, as the morning's page leads to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from bpo.queries.completeness_pages import visible_links
from kpis.calc.completeness import DayState
from kpis.queries.closing import closed_months
from kpis.queries.completeness import QueueDays, QueueDayState
from vendors.actors import Capability
from vendors.clock import local_date
from vendors.models import Queue

if TYPE_CHECKING:
    from vendors.actors import Actor

LOOKED_BACK = timedelta(days=14)
TO_SEND = frozenset({DayState.MISSING, DayState.PARTIAL, DayState.REJECTED})


@dataclass(frozen=True, slots=True)
class Unsent:
    """One queue-day that is to be sent, with what names it in addresses."""

    day: date
    queue: str
    """What the queue is called."""
    contract: str


def unsent_days(actor: Actor, *, now: datetime) -> list[Unsent]:
    """Return what is missing, incomplete or refused of the last two weeks, the latest first; of open months only.

    Nothing for whoever is of no vendor. A constant number of queries.
    """
    if not (actor.is_of_a_vendor and actor.may(Capability.SUBMIT)):
        return []
    after = local_date(now, settings.TIME_ZONE) + timedelta(days=1)
    links = visible_links(actor.limited_to(Capability.SUBMIT))
    states: list[QueueDayState] = QueueDays(links, start=after - LOOKED_BACK, end=after, now=now)[:]
    rows = [row for row in states if row.state in TO_SEND and row.missing]
    closed = closed_months({(row.span.contract, row.date.replace(day=1)) for row in rows})
    rows = [row for row in rows if (row.span.contract, row.date.replace(day=1)) not in closed]
    names = dict(Queue.objects.filter(pk__in={row.span.queue for row in rows}).values_list("pk", "name"))
    found = [Unsent(row.date, names[row.span.queue], row.span.contract_code) for row in rows]
    return sorted(found, key=lambda one: (-one.day.toordinal(), one.queue))
