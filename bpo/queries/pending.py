"""Which contracts wait for figures of a month to be computed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from kpis.models import RecalculationMark
from vendors.calc.months import month_after


def pending(contracts: Collection[int], month: date) -> frozenset[int]:
    """Return those of the contracts whose figures of ``month`` (its first day) changed and are not computed yet."""
    marks = RecalculationMark.objects.filter(
        contract__in=contracts, first_on__lt=month_after(month), last_on__gte=month
    )
    return frozenset(marks.order_by().values_list("contract_id", flat=True).distinct())
