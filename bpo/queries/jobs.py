"""What the page of a large file shows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from bpo.queries.submit_pages import named_problems
from kpis.choices import ImportStatus
from kpis.imports.jobs import errors_of, has_report, jobs_for, may_be_sent, options_of
from kpis.models import ImportJob
from vendors.actors import Actor, Capability

MOST_SHOWN = 200
ICONS = {
    ImportStatus.QUEUED: "provisional",
    ImportStatus.RUNNING: "provisional",
    ImportStatus.DONE: "accepted",
    ImportStatus.FAILED: "rejected",
    ImportStatus.QUARANTINED: "warning",
}


@dataclass(frozen=True, slots=True)
class JobPage:
    """One large file. ``errors`` and ``warnings`` are the first of them, ``error_count`` is of all that are kept."""

    job: ImportJob
    icon: str
    values: dict[str, int] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    error_count: int = 0
    has_report: bool = False
    is_check: bool = False
    """Whether nothing of it is stored before its sender has seen the outcome."""
    may_send: bool = False
    held: str = ""
    """The draft that waits for a second person."""


def job_page(actor: Actor, pk: uuid.UUID) -> JobPage | None:
    """Return the page of a file that exists for ``actor``, else nothing."""
    job = jobs_for(actor).select_related("vendor", "submission").filter(pk=pk).first()
    if job is None:
        return None
    errors = errors_of(job)
    result = job.result or {}
    return JobPage(
        job=job,
        icon=ICONS[ImportStatus(job.status)],
        values=result.get("values", {}),
        errors=named_problems(errors[:MOST_SHOWN]),
        warnings=named_problems(result.get("warnings", [])[:MOST_SHOWN]),
        error_count=len(errors),
        has_report=has_report(job),
        is_check=options_of(job).waits_for_its_sender,
        may_send=job.user_id == actor.user_id and actor.may(Capability.SUBMIT) and may_be_sent(job),
        held=result.get("held", ""),
    )
