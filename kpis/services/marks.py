"""Recalculation marks: "the figures of this contract changed on these days".

A mark is only ever inserted, inside the transaction of the change itself, so that no change can be stored
without it and no insert ever waits for a worker. The drain deletes the marks it has used.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Min

from kpis.choices import StatusChoice
from kpis.models import Attainment, RecalculationMark, TargetSeries
from vendors import bulk
from vendors.clock import local_date
from vendors.models import Contract

PROGRAMME = None
"""The contract id of marks for programme-wide targets."""


def mark(*, contract_ids: Iterable[int | None], first_on: date | None, last_on: date | None = None) -> None:
    """Mark the days from ``first_on`` to ``last_on`` (both inclusive; null is unbounded) of these contracts."""
    span = (first_on or date.min, last_on or date.max)
    mark_contract_days((contract_id, *span) for contract_id in contract_ids)


def mark_contract_days(rows: Iterable[tuple[int | None, date, date]]) -> None:
    """Mark rows of ``(contract id, first day, last day)``, and the programme for the whole of their span."""
    wanted = sorted(set(rows), key=lambda row: (row[0] or 0, row[1]))
    if not wanted:
        return
    if all(row[0] is not PROGRAMME for row in wanted) and programme_has_targets():
        wanted.append((PROGRAMME, min(row[1] for row in wanted), max(row[2] for row in wanted)))
    bulk.create(
        RecalculationMark,
        [RecalculationMark(contract_id=contract, first_on=first, last_on=last) for contract, first, last in wanted],
    )


def mark_kpi(*, kpi_id: int, first_on: date | None) -> None:
    """Mark every contract with a target on the KPI from ``first_on`` on (null: from ever)."""
    contracts = TargetSeries.objects.filter(kpi_id=kpi_id).values_list("contract_id", flat=True).distinct()
    mark(contract_ids=list(contracts), first_on=first_on)


def mark_setup_change(contract_ids: Iterable[int], first_on: date | None, last_on: date | None) -> None:
    """Mark contracts whose queues, calendar or terms changed (called by the vendors app's change registry)."""
    mark(contract_ids=contract_ids, first_on=first_on, last_on=last_on)


def mark_new_day(*, zone: str, since: date | None, now: datetime) -> int:
    """Mark what a new local day in ``zone`` moves on: open periods, and provisional ones that may have settled.

    ``since`` is the last local day that was begun before (null: none was). Return the number of contracts marked.
    """
    today = local_date(now, zone)
    since = since or date.min
    in_zone = Contract.objects.filter(queues__centre__timezone=zone).values_list("id", flat=True).distinct()
    ids: list[int | None] = [*in_zone, *([PROGRAMME] if programme_has_targets() else [])]
    first_provisional = dict(
        Attainment.objects.filter(status=StatusChoice.PROVISIONAL)
        .values_list("series__contract_id")
        .annotate(first=Min("start"))
        .order_by()
    )
    mark_contract_days((contract, min(first_provisional.get(contract, since), since), today) for contract in ids)
    return len(ids)


def programme_has_targets() -> bool:
    """Say whether any target belongs to the company as a whole."""
    return TargetSeries.objects.filter(contract__isnull=True).exists()
