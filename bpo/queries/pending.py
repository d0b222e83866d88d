"""Which contracts wait for figures of a month to be computed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from kpis.models import RecalculationMark
from vendors.calc.months import month_after
from vendors.models import Contract


def with_pending(contracts: QuerySet[Contract], month: date) -> QuerySet[Any]:
    """Have contracts say along the way (``is_pending``) what :func:`pending` answers with a query."""
    marks = RecalculationMark.objects.filter(
        contract=OuterRef("pk"), first_on__lt=month_after(month), last_on__gte=month
    )
    return contracts.annotate(is_pending=Exists(marks))


def pending(contracts: Collection[int], month: date) -> frozenset[int]:
    """Return those of the contracts whose figures of ``month`` (its first day) changed and are not computed yet."""
    marks = RecalculationMark.objects.filter(
        contract__in=contracts, first_on__lt=month_after(month), last_on__gte=month
    )
    return frozenset(marks.order_by().values_list("contract_id", flat=True).distinct())
