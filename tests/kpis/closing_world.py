"""Contracts whose months are closed, and figures sent into them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from kpis.models import DailyMetric, MetricRevision, MonthClose, Submission
from kpis.services import closing
from kpis.services.submissions import submit
from tests.conftest import NOW
from tests.make import make_actor, make_contract, make_measure, make_queue
from vendors.models import Contract

OCTOBER = date(2026, 10, 1)
MANAGER = make_actor()
NEXT_MONTH = datetime(2026, 12, 2, 14, 59, tzinfo=UTC)
"""One minute before midnight in Seoul, on the second business day of December."""


def a_contract(**terms: Any) -> Contract:
    contract = make_contract(**terms)
    make_queue(contract, f"{contract.code}-voice")
    for code in ("offered", "answered"):
        make_measure(code)
    return contract


def row(contract: Contract, day: str, offered: int = 100, **more: Any) -> dict[str, Any]:
    return {"queue": f"{contract.code}-voice", "date": day, "measures": {"offered": offered, **more}}


def send(*rows: Any, at: datetime = NOW, **options: Any) -> Any:
    return submit(actor=make_actor(), rows=list(rows), now=at, **options)


def close(contract: Contract, start: date = OCTOBER, at: datetime = NOW, **options: Any) -> MonthClose:
    return closing.close_month(contract=contract.code, start=start, actor=MANAGER, now=at, **options)


def reopen(contract: Contract, reason: str = "A file was lost") -> MonthClose:
    return closing.reopen_month(contract=contract.code, start=OCTOBER, reason=reason, actor=MANAGER, now=NOW)


def stored() -> tuple[int, int, int]:
    return Submission.objects.count(), DailyMetric.objects.count(), MetricRevision.objects.count()


def codes(refused: Any) -> set[tuple[int | None, str]]:
    return {(error.row, error.code) for error in refused.value.errors}
