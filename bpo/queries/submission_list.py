"""What was received in a month, as far as it exists for the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from bpo.queries.pages import offered
from kpis.choices import SubmissionWay
from kpis.models import Submission
from vendors.actors import Actor, Capability
from vendors.calc.months import month_after, month_before
from vendors.models import Vendor

ZONE = ZoneInfo("Asia/Seoul")
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class SubmissionListPage:
    """The submissions received in one month, newest first."""

    month: date
    rows: Sequence[Submission]
    count: int
    vendors: Sequence[Vendor]
    vendor: str
    way: str

    @property
    def previous(self) -> date:
        return month_before(self.month)

    @property
    def following(self) -> date:
        return month_after(self.month)

    @property
    def previous_query(self) -> str:
        return self._query(self.previous)

    @property
    def following_query(self) -> str:
        return self._query(self.following)

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.rows)

    @property
    def ways(self) -> list[tuple[str, Any]]:
        return list(SubmissionWay.choices)

    def _query(self, month: date) -> str:
        query = QueryDict(mutable=True)
        query["month"] = f"{month:%Y-%m}"
        query.update({name: value for name, value in (("vendor", self.vendor), ("way", self.way)) if value})
        return query.urlencode()


def submission_list_page(actor: Actor, *, month: date, vendor: str = "", way: str = "") -> SubmissionListPage:
    """Return what was received from the first of ``month`` on, by the clock in Seoul, until the next month began."""
    reader = actor.limited_to(Capability.READ_SUBMISSIONS)
    start, end = (datetime(day.year, day.month, 1, tzinfo=ZONE) for day in (month, month_after(month)))
    visible = Submission.objects.visible_to(reader)
    rows = visible.filter(received_at__gte=start, received_at__lt=end)
    if vendor:
        rows = rows.filter(vendor__code=vendor)
    if way:
        rows = rows.filter(way=way)
    return SubmissionListPage(
        month=month,
        rows=list(rows.select_related("vendor").order_by("-received_at", "-id")[:MOST_LISTED]),
        count=rows.count(),
        vendors=offered(Vendor.objects.visible_to(reader), visible.values("vendor"), vendor),
        vendor=vendor,
        way=way,
    )
