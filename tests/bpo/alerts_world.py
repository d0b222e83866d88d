"""Contracts whose figures are worth an alert."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from bpo.models import Alert
from kpis.models import DailyMetric
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.make import make_contract, make_figures, make_kpi, make_queue, make_target
from vendors.models import Contract, Queue

FEBRUARY, MARCH, APRIL = date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)
IN_MARCH = datetime(2026, 3, 20, 3, 0, tzinfo=UTC)
"""Friday noon in Seoul: 19 days of March are over, 12 are to come."""
IN_APRIL = datetime(2026, 4, 3, 3, 0, tzinfo=UTC)


def make_monthly(target: Any = 80, minimum: Any = 75, weight: Any = 100, **fields: Any) -> tuple[Contract, Queue]:
    """Make a contract from February with one queue and a monthly target of a percentage."""
    contract = make_contract(starts_on=FEBRUARY, **fields)
    queue = make_queue(contract)
    kpi = make_kpi(formula="100 * in_time / offered", bounds=[0, 100])
    make_target(contract, kpi, target, minimum=minimum, weight=weight, valid_from=FEBRUARY)
    return contract, queue


def report(queue: Queue, first: date, last: date, in_time: int, offered: int = 1000, stray: int = 0) -> None:
    """Report every day from ``first`` to ``last`` (inclusive); the figures stray by turns."""
    for number in range((last - first).days + 1):
        value = in_time + (stray if number % 2 else -stray)
        make_figures(queue, first + timedelta(days=number), in_time=value, offered=offered)


def restate(queue: Queue, first: date, last: date, in_time: int) -> None:
    rows = DailyMetric.objects.filter(queue=queue, date__gte=first, date__lte=last)
    for row in rows:
        row.measures = {**row.measures, "in_time": in_time}
        row.save()


def compute(*contracts: Contract, now: datetime = IN_APRIL) -> None:
    """Have everything computed, as the drain does after a submission."""
    mark(contract_ids=[row.pk for row in contracts], first_on=FEBRUARY, last_on=date(2026, 12, 31))
    drain(now=now)


def raised(**filters: Any) -> list[tuple[str, str, str]]:
    """Return kind, severity and status of the alerts, in the order they were raised."""
    rows = Alert.objects.filter(**filters).order_by("id")
    return list(rows.values_list("kind", "severity", "status"))


def the_alert(**filters: Any) -> Alert:
    return Alert.objects.get(**filters)
