"""Sending rows to the feed's service, as its tests do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kpis.services.submissions import SubmissionResult, submit
from tests.kpis.feed_measures import make_measures
from tests.make import make_contract, make_queue
from vendors.actors import SYSTEM
from vendors.errors import DomainError
from vendors.models import Queue

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def make_voice() -> Queue:
    """Make the measures and one queue of a contract that may report them."""
    make_measures()
    return make_queue(make_contract(), "voice")


def row(day: str = "2026-03-02", queue: str = "voice", **measures: Any) -> dict[str, Any]:
    return {"queue": queue, "date": day, "measures": measures}


def send(*rows: Any, at: datetime = NOW, **options: Any) -> SubmissionResult:
    return submit(**{"actor": SYSTEM, "now": at, **options}, rows=rows)


def refused(*rows: Any, **options: Any) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(DomainError) as caught:
        send(*rows, **options)
    return [(error.row, error.field, error.code) for error in caught.value.errors]


def counts(result: SubmissionResult) -> tuple[int, int, int]:
    return result.new, result.changed, result.unchanged
