"""What the pages of completeness show: the matrix of vendors and days, a vendor's month, one day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet

from kpis.calc.completeness import ClosedBy, DayState
from kpis.choices import OVER_FACTORS, ReconciliationStatus
from kpis.models import ExternalFactor, FactorQueue, Reconciliation
from kpis.queries.completeness import QueueDays, QueueDayState
from vendors.actors import Actor, Capability
from vendors.calc.months import month_after
from vendors.clock import local_days
from vendors.models import Centre, ContractQueue, Holiday, Queue, Vendor

WORST_FIRST = (
    DayState.MISSING,
    DayState.REJECTED,
    DayState.PARTIAL,
    DayState.AWAITING,
    DayState.EXPECTED,
    DayState.LATE,
    DayState.CORRECTED,
    DayState.REPORTED,
    DayState.CLOSED,
)
"""Of several queues on one day, the state that is shown."""
"""What is planned no more."""
GAPS = frozenset(WORST_FIRST[:4])
MOST_GAPS = 20


@dataclass(frozen=True, slots=True)
class Cell:
    """Some queue-days of one date: the worst state among them, and how many are complete of those expected."""

    day: date
    state: DayState
    complete: int
    expected: int
    rows: Sequence[QueueDayState]

    @classmethod
    def of(cls, day: date, rows: Sequence[QueueDayState]) -> Cell:
        states = {row.state for row in rows}
        return cls(
            day=day,
            state=next((state for state in WORST_FIRST if state in states), DayState.CLOSED),
            complete=sum(row.is_complete and row.is_expected for row in rows),
            expected=sum(row.is_expected for row in rows),
            rows=rows,
        )

    @property
    def word(self) -> str:
        """The state's name for marks: an excused day is told from other closed ones."""
        return self.closed_by if self.state is DayState.CLOSED else self.state.value

    @property
    def closed_by(self) -> str:
        """Why every queue is closed; excused before holiday before the rest."""
        reasons = {row.closed_by for row in self.rows}
        order = (ClosedBy.EXCUSED, ClosedBy.HOLIDAY, ClosedBy.WEEKDAY, ClosedBy.ENDED, ClosedBy.NOT_OPENED)
        return next((reason.value for reason in order if reason in reasons), ClosedBy.NOT_OPENED.value)


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares of some queue-days in percent, one decimal; null where there is nothing to divide by."""

    expected: int
    complete: int
    in_time: int
    corrected: int

    @classmethod
    def of(cls, rows: Iterable[QueueDayState]) -> Quality:
        counted = [row for row in rows if row.is_expected]
        done = [row for row in counted if row.is_complete]
        late, corrected = (sum(getattr(row, name) for row in done) for name in ("is_late", "is_corrected"))
        return cls(len(counted), len(done), len(done) - late, corrected)

    @property
    def reported_share(self) -> Decimal | None:
        return share(self.complete, self.expected)

    @property
    def in_time_share(self) -> Decimal | None:
        return share(self.in_time, self.complete)

    @property
    def corrected_share(self) -> Decimal | None:
        return share(self.corrected, self.complete)


def share(part: int, whole: int) -> Decimal | None:
    """Return a percentage to one decimal, half up."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A vendor, or one queue of it, over the days. ``queue`` is null on a vendor's row."""

    vendor: Vendor
    queue: Queue | None
    cells: Sequence[Cell]
    quality: Quality


@dataclass(frozen=True, slots=True)
class MatrixPage:
    """Who reported on which day, the gaps of the last due day first."""

    days: Sequence[date]
    today: date
    vendor: Vendor | None
    vendors: Sequence[Vendor]
    rows: Sequence[MatrixRow]
    totals: Sequence[Cell]
    gaps: Sequence[tuple[Vendor, date, Sequence[QueueDayState]]]
    more_gaps: int
    quality: Quality

    @property
    def tally(self) -> list[tuple[str, int]]:
        """How many queue-days are in each state, closed ones by their reason, in the order of the legend."""
        rows = [row for cell in self.totals for row in cell.rows]
        counts = Counter(row.closed_by.value if row.closed_by else row.state.value for row in rows)
        order = (*(reason.value for reason in ClosedBy), *(state.value for state in reversed(WORST_FIRST)))
        return [(name, counts[name]) for name in order if counts[name]]


def visible_links(actor: Actor, vendor: str = "") -> QuerySet[ContractQueue]:
    """Return the links of contracts and queues that exist for ``actor``, of one vendor where its code is given."""
    links: QuerySet[ContractQueue] = ContractQueue.objects.visible_to(actor)
    return links.filter(contract__vendor__code=vendor) if vendor else links


def matrix_page(actor: Actor, *, start: date, end: date, vendor: str, today: date, now: datetime) -> MatrixPage:
    """Return the matrix of ``[start, end)``: a row a vendor, or a row a queue where one vendor is asked for."""
    vendors = list(Vendor.objects.visible_to(actor))
    chosen = next((row for row in vendors if row.code == vendor), vendors[0] if len(vendors) == 1 else None)
    found: list[QueueDayState] = QueueDays(
        visible_links(actor, chosen.code if chosen else ""), start=start, end=end, now=now
    )[:]
    days = [start + timedelta(days=number) for number in range((end - start).days)]
    queues = Queue.objects.in_bulk({row.span.queue for row in found}) if chosen else {}
    gaps = _gaps(found, {row.code: row for row in vendors})
    return MatrixPage(
        days=days,
        today=today,
        vendor=chosen,
        vendors=vendors,
        rows=_rows(found, days, {row.code: row for row in vendors}, queues),
        totals=_cells(found, days),
        gaps=gaps[:MOST_GAPS],
        more_gaps=max(0, len(gaps) - MOST_GAPS),
        quality=Quality.of(found),
    )


def open_differences(actor: Actor) -> int:
    """Count the differences between two sources that are to be settled."""
    count: int = Reconciliation.objects.visible_to(actor).filter(status=ReconciliationStatus.OPEN).count()
    return count


def _rows(
    found: Sequence[QueueDayState],
    days: Sequence[date],
    vendors: Mapping[str, Vendor],
    queues: Mapping[int, Queue],
) -> list[MatrixRow]:
    groups: dict[tuple[str, str, int], list[QueueDayState]] = defaultdict(list)
    for row in found:
        by_queue = (row.span.queue_code, row.span.queue) if queues else ("", 0)
        groups[row.span.vendor_code, *by_queue].append(row)
    return [
        MatrixRow(vendors[vendor], queues.get(queue), _cells(rows, days), Quality.of(rows))
        for (vendor, _code, queue), rows in sorted(groups.items())
        if vendor in vendors
    ]


def _cells(rows: Iterable[QueueDayState], days: Sequence[date]) -> list[Cell]:
    by_day: dict[date, list[QueueDayState]] = defaultdict(list)
    for row in rows:
        by_day[row.date].append(row)
    return [Cell.of(day, by_day[day]) for day in days]


def _gaps(
    found: Iterable[QueueDayState], vendors: Mapping[str, Vendor]
) -> list[tuple[Vendor, date, Sequence[QueueDayState]]]:
    """Return what is missing, refused, incomplete or to be confirmed, the latest day first, by vendor."""
    missing = [row for row in found if row.state in GAPS and row.span.vendor_code in vendors]
    missing.sort(key=lambda row: (-row.date.toordinal(), row.span.vendor_code))
    grouped = groupby(missing, key=lambda row: (row.date, row.span.vendor_code))
    return [(vendors[code], day, list(rows)) for (day, code), rows in grouped]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of a vendor's month: its cell, null outside the month, the holidays on it and what is planned."""

    date: date
    cell: Cell | None
    holidays: Sequence[Holiday]
    planned: Sequence[ExternalFactor]


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """A vendor's month as weeks of seven days from Monday."""

    vendor: Vendor
    month: date
    today: date
    weeks: Sequence[Sequence[CalendarDay]]
    quality: Quality
    gaps: Sequence[tuple[Vendor, date, Sequence[QueueDayState]]]
    planned: Sequence[ExternalFactor]
    is_of_totals: bool = False
    """Whether some of the month is known as a total, which counts for each of its days."""


def calendar_page(actor: Actor, vendor: Vendor, *, month: date, today: date, now: datetime) -> CalendarPage:
    """Return the month of one vendor."""
    end = month_after(month)
    found: list[QueueDayState] = QueueDays(visible_links(actor, vendor.code), start=month, end=end, now=now)[:]
    days = [month + timedelta(days=number) for number in range((end - month).days)]
    cells = {cell.day: cell for cell in _cells(found, days)}
    named = holidays_of(vendor, month, end)
    first = month - timedelta(days=month.weekday())
    count = -(-(end - first).days // 7) * 7
    grid = [first + timedelta(days=number) for number in range(count)]
    planned = list(planned_of(actor, vendor, month, end))
    shown = [
        CalendarDay(day, cells.get(day), named.get(day, ()), [one for one in planned if _touches(one, day)])
        for day in grid
    ]
    return CalendarPage(
        vendor=vendor,
        month=month,
        today=today,
        weeks=[shown[at : at + 7] for at in range(0, count, 7)],
        quality=Quality.of(found),
        gaps=_gaps(found, {vendor.code: vendor}),
        planned=planned,
        is_of_totals=any(row.is_month for row in found),
    )


def planned_of(actor: Actor, vendor: Vendor, start: date, end: date) -> QuerySet[ExternalFactor]:
    """Return what departments have planned for days of ``[start, end)`` that a vendor's queues will feel."""
    zone = ZoneInfo(settings.TIME_ZONE)
    first, last = (datetime.combine(day, time.min, zone) for day in (start, end))
    links = FactorQueue.objects.filter(queue__centre__vendor=vendor)
    rows: QuerySet[ExternalFactor] = ExternalFactor.objects.visible_to(actor.limited_to(Capability.READ_FACTORS))
    rows = rows.filter(is_planned=True, starts_at__lt=last, ends_at__gt=first, pk__in=links.values("factor"))
    return rows.exclude(status__in=OVER_FACTORS).select_related("department").order_by("starts_at", "id")


def _touches(factor: ExternalFactor, day: date) -> bool:
    first, last = local_days(factor.starts_at, factor.ends_at, settings.TIME_ZONE)
    return first <= day <= last


def holidays_of(vendor: Vendor, start: date, end: date) -> Mapping[date, Sequence[Holiday]]:
    """Return the closed days in the calendars of a vendor's centres and their countries, in two queries."""
    centres = list(Centre.objects.filter(vendor=vendor))
    rows = Holiday.objects.filter(
        Q(centre__isnull=True, country__in={centre.country for centre in centres}) | Q(centre__in=centres),
        date__gte=start,
        date__lt=end,
        is_open=False,
    )
    found: dict[date, list[Holiday]] = defaultdict(list)
    for row in rows.select_related("centre"):
        found[row.date].append(row)
    return found
