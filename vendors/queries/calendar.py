"""The calendar: which days a queue is open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta

from django.db.models import Q

from vendors.models import Centre, Holiday, Queue


def holidays_for(centres: Iterable[Centre], start: date, end: date) -> dict[int, frozenset[date]]:
    """Return ``{centre id: closed days in [start, end)}``: the country's holidays, as the centre's own rows overrule.

    One query however many centres.
    """
    centres = list({centre.pk: centre for centre in centres}.values())
    rows = Holiday.objects.filter(
        Q(centre__isnull=True, country__in={centre.country for centre in centres}) | Q(centre__in=centres),
        date__gte=start,
        date__lt=end,
    )
    found: dict[str | int, dict[date, bool]] = defaultdict(dict)
    for country, centre_id, day, is_open in rows.values_list("country", "centre_id", "date", "is_open"):
        found[country if centre_id is None else centre_id][day] = is_open
    return {
        centre.pk: frozenset(day for day, is_open in (found[centre.country] | found[centre.pk]).items() if not is_open)
        for centre in centres
    }


def open_days(queue: Queue, holidays: Mapping[int, Collection[date]], start: date, end: date) -> list[date]:
    """Return the days of ``[start, end)`` on which a queue is open, in order.

    ``holidays`` is what :func:`holidays_for` answers; only a queue that observes holidays reads it.
    """
    first = max(start, queue.opened_on)
    until = end if queue.closed_on is None else min(end, queue.closed_on + timedelta(days=1))
    closed = holidays.get(queue.centre_id, ()) if queue.observes_holidays else ()
    days = (first + timedelta(days=number) for number in range(max(0, (until - first).days)))
    return [day for day in days if day.isoweekday() in queue.open_weekdays and day not in closed]
