"""What the page of data quality shows: how fresh, late, corrected, agreed and likely the figures of a span are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from bpo.choices import CorrectionStatus
from bpo.models import CorrectionRequest
from bpo.queries.completeness_pages import Cell, MatrixPage, MatrixRow, matrix_page
from bpo.queries.corrections import open_first, requests_for
from bpo.queries.reconciliation_pages import Item, items_of
from kpis.choices import ReconciliationStatus
from kpis.models import Measure, Reconciliation, Submission
from kpis.queries.completeness import QueueDayState
from vendors.actors import Actor, Capability
from vendors.models import Vendor
from vendors.querysets import with_total

FRESH_DAYS = 7
MOST_LISTED = 10
MOST_READ = 500
"""Submissions with a warning that are read; of more, the newest."""
UNLIKELY = ("suspicious_value", "zero_on_open_day", "same_as_day_before", "round_numbers", "always_the_whole")
"""The warnings about figures that are possible and unlikely, those that weigh most first."""


@dataclass(frozen=True, slots=True)
class FreshRow:
    """A vendor, or a queue of one, with its last days; ``complete_on`` is the latest day on which all of it was
    reported, ``received_at`` when the latest figure of the span came; null where there is none."""

    matrix: MatrixRow
    cells: Sequence[Cell]
    complete_on: date | None
    received_at: datetime | None

    @classmethod
    def of(cls, row: MatrixRow, days: Sequence[date]) -> FreshRow:
        whole = [cell.day for cell in row.cells if cell.expected and cell.complete == cell.expected]
        came = [day.received_at for cell in row.cells for day in cell.rows if day.received_at]
        cells = [cell for cell in row.cells if cell.day in days]
        return cls(row, cells, max(whole, default=None), max(came, default=None))


@dataclass(frozen=True, slots=True)
class LateDay:
    """What of one vendor came after the cut-off of one day, in queue-days."""

    vendor: Vendor
    date: date
    queues: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnlikelyValue:
    """What one submission was warned of: one measure (or the day as a whole), one kind, so many queue-days.

    ``found`` and ``expected`` are those of the first of them; empty where the kind has none.
    """

    submission: Submission
    code: str
    name: str
    count: int
    found: str
    expected: str

    @property
    def usual(self) -> Sequence[str]:
        """The bounds of what is usual, or nothing."""
        return self.expected.split("..") if ".." in self.expected else ()


@dataclass(frozen=True, slots=True)
class QualityPage:
    """The quality of the figures of a span of days; each list is cut, each count is of all."""

    matrix: MatrixPage
    fresh_days: Sequence[date]
    rows: Sequence[FreshRow]
    late: Sequence[LateDay]
    late_count: int
    corrections: Sequence[CorrectionRequest]
    correction_counts: Sequence[tuple[str, str, int]]
    differences: Sequence[Item]
    difference_count: int
    unlikely: Sequence[UnlikelyValue]
    unlikely_count: int

    @property
    def correction_count(self) -> int:
        return sum(number for _status, _label, number in self.correction_counts)


def quality_page(actor: Actor, *, start: date, end: date, vendor: str, today: date, now: datetime) -> QualityPage:
    """Return the quality of ``[start, end)``, of one vendor where its code is given; a constant number of queries.

    Days count for lateness and differences by their date; correction requests by when they were filed, and unlikely
    values by when they were received, by the clock of the installation.
    """
    figures = actor.limited_to(Capability.READ_FIGURES)
    matrix = matrix_page(figures, start=start, end=end, vendor=vendor, today=today, now=now)
    code = matrix.vendor.code if matrix.vendor else ""
    span = _moments(start, end)
    fresh = [day for day in matrix.days if day <= today][-FRESH_DAYS:]
    late = _late(matrix)
    requests = _of(requests_for(actor).filter(filed_at__range=span), code, "contract__vendor__code")
    statuses = Counter(requests.order_by().values_list("status", flat=True))
    differences = _of(
        Reconciliation.objects.visible_to(figures).filter(
            status=ReconciliationStatus.OPEN, date__gte=start, date__lt=end
        ),
        code,
        "queue__centre__vendor__code",
    )
    names = {measure.code: measure.label for measure in Measure.objects.all()}
    items = items_of(with_total(differences).order_by("-date", "-id")[:MOST_LISTED], names)
    first: Any = items[0].row if items else None
    unlikely = _unlikely(actor, span, code, names)
    return QualityPage(
        matrix=matrix,
        fresh_days=fresh,
        rows=[FreshRow.of(row, fresh) for row in matrix.rows],
        late=late[:MOST_LISTED],
        late_count=sum(one.queues for one in late),
        corrections=list(open_first(requests)[:MOST_LISTED]),
        correction_counts=[(value, str(label), statuses[value]) for value, label in CorrectionStatus.choices],
        differences=items,
        difference_count=first.total if first else 0,
        unlikely=unlikely[:MOST_LISTED],
        unlikely_count=sum(one.count for one in unlikely),
    )


def _moments(start: date, end: date) -> tuple[datetime, datetime]:
    """Return the first and the last moment of ``[start, end)``."""
    zone = ZoneInfo(settings.TIME_ZONE)
    return datetime.combine(start, time.min, zone), datetime.combine(end, time.min, zone) - timedelta(microseconds=1)


def _of(rows: QuerySet[Any], vendor: str, path: str) -> QuerySet[Any]:
    return rows.filter(**{path: vendor}) if vendor else rows


def _late(matrix: MatrixPage) -> list[LateDay]:
    """Return the days on which figures came late, the latest first."""
    found: dict[tuple[date, str], list[QueueDayState]] = {}
    for row in (day for cell in matrix.totals for day in cell.rows if day.is_late):
        found.setdefault((row.date, row.span.vendor_code), []).append(row)
    vendors = {vendor.code: vendor for vendor in matrix.vendors}
    return [
        LateDay(vendors[code], day, len(rows), min((row.due_at for row in rows if row.due_at), default=None))
        for (day, code), rows in sorted(found.items(), key=lambda item: (-item[0][0].toordinal(), item[0][1]))
        if code in vendors
    ]


def _unlikely(
    actor: Actor, span: tuple[datetime, datetime], vendor: str, names: Mapping[str, str]
) -> list[UnlikelyValue]:
    """Return what the feeds were warned of as unlikely: the weightiest kind first, then the newest."""
    visible = Submission.objects.visible_to(actor.limited_to(Capability.READ_SUBMISSIONS))
    rows = _of(visible.filter(received_at__range=span, result__warnings__0__isnull=False), vendor, "vendor__code")
    read = list(rows.select_related("vendor").order_by("-received_at", "-id")[:MOST_READ])
    found = [one for submission in read for one in _warned(submission, names)]
    return sorted(found, key=lambda one: UNLIKELY.index(one.code))


def _warned(submission: Submission, names: Mapping[str, str]) -> Iterable[UnlikelyValue]:
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for warning in submission.result["warnings"]:
        if warning["code"] in UNLIKELY:
            kinds.setdefault((warning["code"], warning["field"] or ""), []).append(warning)
    for (code, measure), warnings in kinds.items():
        found, expected = (str(warnings[0].get(name) or "") for name in ("found", "expected"))
        yield UnlikelyValue(submission, code, names.get(measure, ""), len(warnings), found, expected)
