"""What the page of one vendor's day shows: its queues and figures, what came, what was refused, what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bpo.queries.completeness_pages import Cell, holidays_of, visible_links
from kpis.calc.completeness import DayState
from kpis.models import DailyMetric, ExcusedDay, Measure, MetricRevision, RefusedFeed, Submission
from kpis.queries.asked import Asked, load_asked
from kpis.queries.completeness import QueueDays, QueueDayState
from vendors.actors import Actor
from vendors.choices import MeasureOwner
from vendors.models import Contract, Holiday, Queue, Vendor

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of a queue-day: asked for or not, who provides it, and its value where it was reported."""

    measure: str
    name: str
    unit: str
    owner: str
    value: Any
    is_asked: bool


@dataclass(frozen=True, slots=True)
class QueueOnDay:
    """One queue on the day."""

    state: QueueDayState
    queue: Queue
    contract: str
    """The name of the contract it is under."""
    figures: Sequence[Figure]
    excuse: ExcusedDay | None

    @property
    def asked(self) -> Sequence[Figure]:
        """What the targets of the contract need."""
        return [figure for figure in self.figures if figure.is_asked]

    @property
    def beside(self) -> Sequence[Figure]:
        """What was sent and no target needs."""
        return [figure for figure in self.figures if not figure.is_asked]

    @property
    def word(self) -> str:
        return self.state.closed_by.value if self.state.closed_by else self.state.state.value

    @property
    def missing(self) -> Sequence[Figure]:
        return [figure for figure in self.figures if figure.measure in self.state.missing]

    @property
    def missing_of_others(self) -> Sequence[Figure]:
        return [figure for figure in self.figures if figure.measure in self.state.missing_of_others]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that a submission changed."""

    queue: Queue
    name: str
    old: Any
    new: Any
    submission: Submission


@dataclass(frozen=True, slots=True)
class DayPage:
    """One vendor's day."""

    vendor: Vendor
    day: date
    today: date
    cell: Cell
    queues: Sequence[QueueOnDay]
    holidays: Sequence[Holiday]
    submissions: Sequence[Submission]
    refusals: Sequence[RefusedFeed]
    changes: Sequence[Change]
    withdrawn: Sequence[ExcusedDay]

    @property
    def gaps(self) -> Sequence[QueueOnDay]:
        """The queues whose day is open and not complete, and for which more is to be sent."""
        open_rows = [row for row in self.queues if row.state.is_expected and not row.state.is_complete]
        return [row for row in open_rows if row.state.state is not DayState.AWAITING]

    @property
    def awaiting(self) -> Sequence[QueueOnDay]:
        """The queues whose figures wait for a second person."""
        return [row for row in self.queues if row.state.state is DayState.AWAITING]

    @property
    def excusable(self) -> Sequence[QueueOnDay]:
        """The queues whose day may be taken out of what is expected."""
        return [row for row in self.queues if row.state.closed_by is None]


def day_page(actor: Actor, vendor: Vendor, *, day: date, today: date, now: datetime) -> DayPage:
    """Return one day of one vendor; a constant number of queries."""
    after = day + timedelta(days=1)
    states: list[QueueDayState] = QueueDays(visible_links(actor, vendor.code), start=day, end=after, now=now)[:]
    queues = Queue.objects.select_related("centre").in_bulk({row.span.queue for row in states})
    contracts = Contract.objects.in_bulk({row.span.contract for row in states})
    metrics = {row.queue_id: row for row in DailyMetric.objects.filter(queue__in=queues, date=day, is_month=False)}
    revisions = list(
        MetricRevision.objects.filter(queue__in=queues, date=day, is_month=False)
        .select_related("submission")
        .order_by("-id")
    )
    measures = {measure.code: measure for measure in Measure.objects.order_by("pk")}
    excuses = list(ExcusedDay.objects.filter(queue__in=queues, date=day).select_related("queue").order_by("-id"))
    active = {row.queue_id: row for row in excuses if row.withdrawn_at is None}
    asked = load_asked({row.span.contract for row in states})
    return DayPage(
        vendor=vendor,
        day=day,
        today=today,
        cell=Cell.of(day, states),
        queues=[
            QueueOnDay(
                state,
                queues[state.span.queue],
                contracts[state.span.contract].name,
                _figures(
                    asked.on(state.span.contract, state.span.queue, state.span.channel, day),
                    metrics[state.span.queue].measures if state.span.queue in metrics else {},
                    measures,
                ),
                active.get(state.span.queue),
            )
            for state in states
        ],
        holidays=holidays_of(vendor, day, after).get(day, ()),
        submissions=_submissions(metrics.values(), revisions),
        refusals=list(
            RefusedFeed.objects.filter(days__queue__in=queues, days__date=day).distinct().order_by("-id")[:MOST_SHOWN]
        ),
        changes=_changes(revisions, queues, measures)[:MOST_SHOWN],
        withdrawn=[row for row in excuses if row.withdrawn_at is not None],
    )


def _figures(asked: Asked, values: Mapping[str, Any], measures: Mapping[str, Measure]) -> list[Figure]:
    order = {code: number for number, code in enumerate(measures)}
    codes = sorted({*asked, *values}, key=lambda code: (code not in asked, order.get(code, len(order)), code))
    return [
        Figure(
            measure=code,
            name=_name(measures, code),
            unit=measures[code].unit if code in measures else "",
            owner=asked.get(code, MeasureOwner.VENDOR),
            value=values.get(code),
            is_asked=code in asked,
        )
        for code in codes
    ]


def _name(measures: Mapping[str, Measure], code: str) -> str:
    return measures[code].label if code in measures else code


def _submissions(metrics: Iterable[DailyMetric], revisions: Iterable[MetricRevision]) -> list[Submission]:
    ids = {row.submission_id for row in metrics} | {row.submission_id for row in revisions}
    return list(Submission.objects.filter(pk__in=ids).order_by("-received_at", "-id")[:MOST_SHOWN])


def _changes(
    revisions: Iterable[MetricRevision], queues: Mapping[int, Queue], measures: Mapping[str, Measure]
) -> list[Change]:
    return [
        Change(queues[row.queue_id], _name(measures, code), old, new, row.submission)
        for row in revisions
        for code, (old, new, _number) in sorted(row.changes.items())
    ]
