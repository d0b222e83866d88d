"""Reported values one by one: as they stand, as they stood, and how one of them changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from kpis.choices import SubmissionWay
from kpis.models import DailyMetric, MetricRevision, Submission
from vendors.choices import KeyKind, MeasureOwner


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """One value of one queue-day, with the submission it came with."""

    queue: str
    date: date
    is_month: bool
    measure: str
    value: Any
    submission: UUID
    revision: int


class _Step(NamedTuple):
    """One revision of one value."""

    received_at: datetime
    old: Any
    new: Any
    revision: int
    submission: UUID


class Change(NamedTuple):
    """One line of a value's history; ``old`` null where it was not reported before."""

    revision: int
    old: Any
    new: Any
    submission: UUID
    received_at: datetime
    submitted_by: str
    note: str
    reason: str | None
    derived: bool


class Origin(NamedTuple):
    """What is said of every value a submission brought: whose it is, and which measures nobody counted."""

    source: str
    derived: frozenset[str]


def origins_of(submissions: Iterable[UUID]) -> dict[UUID, Origin]:
    """Return the origin of each submission's values, in one query.

    Whose they are: the client's own feed, a decision between two sources ("reconciled"), else the vendor's side;
    whoever submits on a vendor's behalf speaks for the vendor.
    """
    rows = Submission.objects.filter(pk__in=set(submissions)).order_by()
    return {
        pk: Origin(_source(way, kind), frozenset(derived or ()))
        for pk, way, kind, derived in rows.values_list("pk", "way", "api_key__kind", "derived")
    }


def _source(way: str, kind: str | None) -> str:
    if way == SubmissionWay.RECONCILIATION:
        return "reconciled"
    return MeasureOwner.CLIENT.value if kind == KeyKind.CLIENT else MeasureOwner.VENDOR.value


def values_as_of(days: QuerySet[DailyMetric], moment: datetime) -> list[ReportedValue]:
    """Return the values of ``days`` as they were known at ``moment``, in order. Two queries."""
    return values_as_of_each(days, lambda _queue, _day: moment)


def values_as_of_each(days: QuerySet[DailyMetric], moment_of: Callable[[str, date], datetime]) -> list[ReportedValue]:
    """Return the values of ``days`` as they were known at the moment of each queue (its code) and day. Two queries."""
    fields = ("queue_id", "queue__code", "date", "is_month", "measures", "submission_id", "submission__received_at")
    rows = days.order_by("queue_id", "date", "is_month").values_list(*fields)
    known = [row[:-1] for row in rows if row[-1] <= moment_of(row[1], row[2])]
    steps = _steps({row[0] for row in known}, [row[2] for row in known])
    return [
        value for row in known for value in _day_as_of(row, steps[row[0], row[2], row[3]], moment_of(row[1], row[2]))
    ]


def _steps(queues: Iterable[int], days: list[date]) -> dict[tuple[int, date, bool], dict[str, list[_Step]]]:
    """Return the revisions of each value, the oldest first."""
    found: dict[Any, dict[str, list[_Step]]] = defaultdict(lambda: defaultdict(list))
    if days:
        rows = MetricRevision.objects.filter(queue_id__in=queues, date__range=(min(days), max(days))).order_by("id")
        fields = ("queue_id", "date", "is_month", "changes", "submission_id", "submission__received_at")
        for queue, day, is_month, changes, submission, received_at in rows.values_list(*fields):
            for measure, (old, new, revision) in changes.items():
                found[queue, day, is_month][measure].append(_Step(received_at, old, new, revision, submission))
    return found


def _day_as_of(row: tuple[Any, ...], steps: dict[str, list[_Step]], moment: datetime) -> Iterator[ReportedValue]:
    _queue, code, day, is_month, measures, first = row
    for measure in sorted({*measures, *steps}):
        value, submission, revision = measures.get(measure), first, 1
        if measure in steps:
            known = [step for step in steps[measure] if step.received_at <= moment]
            if known:
                value, submission, revision = known[-1].new, known[-1].submission, known[-1].revision
            else:
                value = steps[measure][0].old
        if value is not None:
            yield ReportedValue(code, day, is_month, measure, value, submission, revision)


def history_of(day: DailyMetric, measure: str) -> list[Change]:
    """Return how one value of the queue-day came to what it is, the oldest first; empty if never reported."""
    revisions = MetricRevision.objects.filter(queue_id=day.queue_id, date=day.date, is_month=day.is_month)
    steps = [
        (*revision.changes[measure], revision.submission)
        for revision in revisions.select_related("submission").order_by("id")
        if measure in revision.changes
    ]
    first = steps[0][0] if steps else day.measures.get(measure)
    if first is not None:
        steps.insert(0, (None, first, 1, day.submission))
    return [
        Change(
            revision,
            old,
            new,
            given.pk,
            given.received_at,
            given.submitted_by,
            given.note,
            given.reason,
            measure in (given.derived or ()),
        )
        for old, new, revision, given in steps
    ]
