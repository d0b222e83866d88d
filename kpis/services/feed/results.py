"""What a body of figures is answered."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kpis.models import Submission
from kpis.services.feed.merging import Merged
from vendors.errors import Conflict, RowError, Unprocessable


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """What became of a body: counts of queue-days and of values, and what was noted on the way."""

    id: uuid.UUID | None
    status: str
    rows: int
    new: int
    changed: int
    unchanged: int
    received_at: datetime
    number: str | None = None
    """What people cite the receipt by; null where nothing was stored."""
    totals: Mapping[str, str] = field(default_factory=dict)
    """By measure, the sum of what was sent: to compare with one's own report."""
    held_id: uuid.UUID | None = None
    """The draft that waits for a second person, where ``status`` is "held"."""
    spans: Mapping[int, tuple[date, date]] = field(default_factory=dict)
    """By contract id, the first and the last day that was reported."""
    changes: Sequence[Mapping[str, Any]] = ()
    """The first of the values it replaces: queue, date, measure, old, new."""
    warnings: Sequence[RowError] = ()
    errors: Sequence[RowError] = ()
    error_count: int = 0
    refusal: Conflict | Unprocessable | None = None
    """What a body with errors would have been answered, had it not been partial."""
    warning_count: int = 0
    is_replay: bool = False
    """Whether this is the answer an earlier body with the same Idempotency-Key got."""
    is_sandbox: bool = False
    """Whether it came with a sandbox key: answered as usual, and not stored."""
    days: Sequence[Merged] = ()
    """The queue-days as they were stored, or would be; none in an answer that is given again."""

    @classmethod
    def of(cls, receipt: Submission) -> SubmissionResult:
        """Return the answer that ``receipt`` keeps."""
        kept = receipt.result
        warnings, errors = ([RowError(**row) for row in kept[name]] for name in ("warnings", "errors"))
        return cls(
            id=receipt.pk,
            status=kept["status"],
            rows=kept["rows"],
            **kept["values"],
            received_at=receipt.received_at,
            number=receipt.number,
            totals=kept.get("totals", {}),
            warnings=warnings,
            errors=errors,
            error_count=len(errors),
            warning_count=len(warnings),
            is_replay=True,
        )

    def as_kept(self) -> dict[str, Any]:
        """Return what the receipt keeps: the answer, and where its figures belong."""
        spans = {str(pk): [first.isoformat(), last.isoformat()] for pk, (first, last) in self.spans.items()}
        return {**self.as_dict(), "spans": spans}

    def as_dict(self) -> dict[str, Any]:
        """Return the answer of the API (design §7)."""
        answer = {
            "id": str(self.id) if self.id else None,
            "number": self.number,
            "status": self.status,
            "rows": self.rows,
            "values": {"new": self.new, "changed": self.changed, "unchanged": self.unchanged},
            "totals": dict(self.totals),
            "warnings": [warning.as_dict() for warning in self.warnings],
            "errors": [error.as_dict() for error in self.errors],
            "received_at": self.received_at.isoformat().replace("+00:00", "Z"),
        }
        if self.held_id:
            answer["held"] = str(self.held_id)
        return {**answer, "sandbox": True} if self.is_sandbox else answer
