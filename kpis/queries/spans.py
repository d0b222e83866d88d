"""Which queue belonged to which contract when, and on which days it was open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.db.models import BigIntegerField, BooleanField, CharField, QuerySet, Value
from django.db.models.functions import Cast

from kpis.models import ExcusedDay
from vendors.clock import local_date
from vendors.models import ContractQueue, Holiday
from vendors.querysets import one_of

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
    """Return the spans of these links in two queries, ordered by contract and queue code."""
    rows = [_Link(*row) for row in links.order_by("contract__code", "queue__code", "valid_from").values_list(*_COLUMNS)]
    holidays, excused = _days_off(links, rows) if rows else ({}, {})
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


class _DayOff(NamedTuple):
    """An excused day of a queue (with its cause), or a holiday of a centre or a whole country."""

    queue: int | None
    centre: int | None
    country: str
    date: date
    is_open: bool
    cause: str


def _days_off(
    links: QuerySet[ContractQueue], rows: Iterable[_Link]
) -> tuple[Mapping[int, frozenset[date]], Mapping[int, Mapping[date, str]]]:
    """Return the closed days by centre, and by queue the days that are excused now with their causes; one query."""
    countries = {row.centre: row.country for row in rows if row.observes_holidays}
    nobody, nothing = Cast(Value(None), BigIntegerField()), Value("", CharField())
    excused_days = ExcusedDay.objects.filter(withdrawn_at__isnull=True, queue__in=links.order_by().values("queue"))
    holidays = Holiday.objects.filter(centre__isnull=True, country__in=set(countries.values()))
    holidays = holidays | Holiday.objects.filter(centre__in=one_of(countries))
    cause = Cast("cause", CharField())
    both = excused_days.order_by().values_list(
        "queue_id", nobody, nothing, "date", Value(False, BooleanField()), cause
    ).union(
        holidays.order_by().values_list(nobody, "centre_id", Cast("country", CharField()), "date", "is_open", nothing),
        all=True,
    )  # fmt: skip
    excused: dict[int, dict[date, str]] = defaultdict(dict)
    calendars: dict[int | str, dict[date, bool]] = defaultdict(dict)
    for row in map(_DayOff._make, both):
        if row.queue is not None:
            excused[row.queue][row.date] = row.cause
        else:
            calendars[row.country if row.centre is None else row.centre][row.date] = row.is_open
    return {centre: _closed(calendars[country] | calendars[centre]) for centre, country in countries.items()}, excused


def _closed(days: Mapping[date, bool]) -> frozenset[date]:
    return frozenset(day for day, is_open in days.items() if not is_open)
