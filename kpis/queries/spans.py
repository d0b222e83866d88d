"""Which queue belonged to which contract when, and on which days it was open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.db.models import QuerySet

from kpis.models import ExcusedDay
from vendors.clock import local_date
from vendors.models import ContractQueue, Holiday

ONE_DAY = timedelta(days=1)
FOR_EVER = date.max


@dataclass(frozen=True, slots=True)
class QueueSpan:
    """One queue under one contract on ``[start, end)``, with the calendar that says when it is open.

    ``excused`` are the days a manager took out of what is expected, with their cause; ``today`` is the date at
    the centre, and the day before it the last one that is expected without being reported.
    """

    queue: int
    queue_code: str
    contract: int
    contract_code: str
    vendor: int
    vendor_code: str
    centre_code: str
    service: str
    channel: str
    zone: str
    start: date
    end: date
    weekdays: frozenset[int]
    closed: frozenset[date]
    today: date
    excused: Mapping[date, str]

    def holds(self, day: date) -> bool:
        """Say whether the queue belongs to the contract on ``day``."""
        return self.start <= day < self.end

    def open_days(self, start: date, end: date, *, reported_today: bool = False) -> frozenset[date]:
        """Return the days of ``[start, end)`` that count as expected by now, today only once it is reported."""
        first = max(start, self.start)
        last = min(end, self.end, self.today + ONE_DAY if reported_today else self.today)
        days = _open_days(first, last, self.weekdays, self.closed)
        return days - self.excused.keys() if self.excused else days

    def is_open(self, day: date) -> bool:
        """Say whether the calendar of the queue has it open on ``day``, excused or not."""
        return day.isoweekday() in self.weekdays and day not in self.closed


@lru_cache(maxsize=1024)
def _open_days(first: date, last: date, weekdays: frozenset[int], closed: frozenset[date]) -> frozenset[date]:
    """Return the open days of ``[first, last)``; kept, because many queues share a calendar."""
    days = (first + timedelta(days=n) for n in range((last - first).days))
    return frozenset(day for day in days if day.isoweekday() in weekdays and day not in closed)


def load_spans(links: QuerySet[ContractQueue], *, now: datetime) -> list[QueueSpan]:
    """Return the spans of these links in three queries, ordered by contract and queue code."""
    rows = [_Link(*row) for row in links.order_by("contract__code", "queue__code", "valid_from").values_list(*_COLUMNS)]
    holidays = _holidays([row for row in rows if row.observes_holidays])
    excused = _excused(links) if rows else {}
    todays = {zone: local_date(now, zone) for zone in {row.zone for row in rows}}
    spans = (_span(row, holidays, todays[row.zone], excused.get(row.queue, {})) for row in rows)
    return [span for span in spans if span.start < span.end]


class _Link(NamedTuple):
    """A link with what is read of its queue, contract, centre and vendor; the order is that of ``_COLUMNS``."""

    valid_from: date
    valid_until: date | None
    queue: int
    queue_code: str
    service: str
    channel: str
    opened_on: date
    closed_on: date | None
    weekdays: list[int]
    observes_holidays: bool
    contract: int
    contract_code: str
    starts_on: date
    ends_on: date | None
    centre: int
    centre_code: str
    zone: str
    country: str
    vendor: int
    vendor_code: str


_COLUMNS = [
    "valid_from", "valid_until", "queue_id", "queue__code", "queue__service", "queue__channel", "queue__opened_on",
    "queue__closed_on", "queue__open_weekdays", "queue__observes_holidays", "contract_id", "contract__code",
    "contract__starts_on", "contract__ends_on", "queue__centre_id", "queue__centre__code", "queue__centre__timezone",
    "queue__centre__country", "queue__centre__vendor_id", "queue__centre__vendor__code",
]  # fmt: skip


def _span(row: _Link, holidays: Mapping[int, frozenset[date]], today: date, excused: Mapping[date, str]) -> QueueSpan:
    ends = [row.valid_until, _after(row.closed_on), _after(row.ends_on)]
    return QueueSpan(
        queue=row.queue,
        queue_code=row.queue_code,
        contract=row.contract,
        contract_code=row.contract_code,
        vendor=row.vendor,
        vendor_code=row.vendor_code,
        centre_code=row.centre_code,
        service=row.service,
        channel=row.channel,
        zone=row.zone,
        start=max(row.valid_from, row.opened_on, row.starts_on),
        end=min((day for day in ends if day is not None), default=FOR_EVER),
        weekdays=frozenset(row.weekdays),
        closed=holidays[row.centre] if row.observes_holidays else frozenset(),
        today=today,
        excused=excused,
    )


def _after(day: date | None) -> date | None:
    return None if day is None else day + ONE_DAY


def _excused(links: QuerySet[ContractQueue]) -> Mapping[int, Mapping[date, str]]:
    """Return by queue the days that are excused now, with their causes."""
    found: dict[int, dict[date, str]] = defaultdict(dict)
    rows = ExcusedDay.objects.filter(withdrawn_at__isnull=True, queue__in=links.order_by().values("queue"))
    for queue, day, cause in rows.order_by().values_list("queue_id", "date", "cause"):
        found[queue][day] = cause
    return found


def _holidays(links: Iterable[_Link]) -> Mapping[int, frozenset[date]]:
    """Return the closed days of each centre: its country's, as its own calendar overrules them."""
    countries = {row.centre: row.country for row in links}
    closed: dict[int, frozenset[date]] = defaultdict(frozenset)
    if not countries:
        return closed
    by_country: dict[str, dict[date, bool]] = defaultdict(dict)
    by_centre: dict[int, dict[date, bool]] = defaultdict(dict)
    of_countries = Holiday.objects.filter(centre__isnull=True, country__in=set(countries.values()))
    for row in of_countries | Holiday.objects.filter(centre__in=countries):
        target = by_country[row.country] if row.centre_id is None else by_centre[row.centre_id]
        target[row.date] = row.is_open
    for centre, country in countries.items():
        merged = by_country[country] | by_centre[centre]
        closed[centre] = frozenset(day for day, is_open in merged.items() if not is_open)
    return closed
