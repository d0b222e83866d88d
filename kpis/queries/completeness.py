"""Completeness: the state of every queue-day of some queues in some days, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from kpis.calc.completeness import COMPLETE, ClosedBy, DayFacts, DayState, state_of
from kpis.models import DailyMetric, MetricRevision, RefusedDay
from kpis.queries.asked import Asked, AskedMeasures, load_asked
from kpis.queries.held import HeldFigures, load_held
from kpis.queries.spans import ONE_DAY, QueueSpan, load_spans
from vendors.calc.closing import due_at
from vendors.choices import MeasureOwner
from vendors.models import ContractQueue
from vendors.queries.closing import RulesByDate

Place = tuple[int, date]
"""A queue and a day."""


@dataclass(frozen=True, slots=True)
class QueueDayState:
    """One queue-day under one contract: its one state, and what is behind it.

    ``missing`` are the measures the vendor owes and has not reported, ``missing_of_others`` those somebody else
    provides, ``awaiting`` those that were sent and lack only a second person's confirmation. ``received_at`` is when
    the latest figure of the day came, ``due_at`` until when its figures are in time (null without a cut-off),
    ``refusals`` how many refused feeds named it. ``is_expected`` says whether it counts in ``days_expected``.
    """

    span: QueueSpan
    date: date
    state: DayState
    closed_by: ClosedBy | None
    cause: str
    is_expected: bool
    is_late: bool
    is_corrected: bool
    is_month: bool
    has_figures: bool
    missing: tuple[str, ...]
    missing_of_others: tuple[str, ...]
    awaiting: tuple[str, ...]
    received_at: datetime | None
    due_at: datetime | None
    refusals: int

    @property
    def is_complete(self) -> bool:
        return self.state in COMPLETE


class QueueDays(Sequence[QueueDayState]):
    """The queue-days of the links' queues in ``[start, end)``, by contract, queue and day; read when a page is.

    A queue that belongs to a contract on some of the days has a row for each of them, "not opened" before its
    first and "ended" after its last.
    """

    def __init__(self, links: QuerySet[ContractQueue], *, start: date, end: date, now: datetime) -> None:
        pairs: dict[tuple[int, int], list[QueueSpan]] = defaultdict(list)
        for span in load_spans(links, now=now):
            if span.start < end and span.end > start:
                pairs[span.contract, span.queue].append(span)
        self._pairs = list(pairs.values())
        self._days = [start + timedelta(days=number) for number in range(max(0, (end - start).days))]

    def __len__(self) -> int:
        return len(self._pairs) * len(self._days)

    def __getitem__(self, place: Any) -> Any:
        places = range(len(self))[place]
        found = self._states(places if isinstance(place, slice) else [places])
        return found if isinstance(place, slice) else found[0]

    def _states(self, places: Iterable[int]) -> list[QueueDayState]:
        wanted = [(self._pairs[at // len(self._days)], self._days[at % len(self._days)]) for at in places]
        if not wanted:
            return []
        days = [day for _spans, day in wanted]
        queues = {spans[0].queue for spans, _day in wanted}
        read = _read(queues, min(days), max(days) + ONE_DAY)
        contracts = {spans[0].contract for spans, _day in wanted}
        rules = _Rules(load_asked(contracts), RulesByDate(contracts))
        held = load_held({spans[0].vendor for spans, _day in wanted})
        return [_state(spans, day, read, rules, held) for spans, day in wanted]


@dataclass(slots=True)
class _Day:
    """The stored figures of one queue-day or month: their codes, and when the first of them came."""

    measures: frozenset[str]
    first_at: datetime
    is_month: bool = False


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the contracts ask for, and until when."""

    asked: AskedMeasures
    cutoffs: RulesByDate


@dataclass(slots=True)
class _Read:
    """What was read of a span of days."""

    days: dict[Place, _Day] = field(default_factory=dict)
    months: dict[Place, _Day] = field(default_factory=dict)
    revised: dict[Place, list[tuple[datetime, Mapping[str, Any]]]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[Place, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def day(self, queue: int, day: date) -> _Day | None:
        """Return what stands for the day: its own row, or the total of its month."""
        return self.days.get((queue, day)) or self.months.get((queue, day.replace(day=1)))

    def complete_at(self, place: Place, stored: _Day, owed: frozenset[str]) -> datetime:
        """Return when the last of the measures owed came for the first time; a later correction is no delay."""
        added = (
            at for at, changes in self.revised.get(place, ()) if any(_is_first(changes.get(code)) for code in owed)
        )
        return max([stored.first_at, *added])


def _read(queues: set[int], start: date, end: date) -> _Read:
    """Read the figures, revisions and refusals of the queues in ``[start, end)``: three queries."""
    read = _Read()
    metrics = DailyMetric.objects.filter(queue__in=queues, date__gte=start.replace(day=1), date__lt=end)
    fields = ("queue_id", "date", "is_month", "measures", "submission__received_at")
    for queue, day, is_month, measures, at in metrics.order_by().values_list(*fields).iterator(chunk_size=5_000):
        where = read.months if is_month else read.days
        where[queue, day] = _Day(frozenset(measures), at, is_month)
    revisions = MetricRevision.objects.filter(queue__in=queues, date__gte=start, date__lt=end, is_month=False)
    for queue, day, changes, at in revisions.order_by("id").values_list(
        "queue_id", "date", "changes", "submission__received_at"
    ):
        read.revised[queue, day].append((at, changes))
    refusals = RefusedDay.objects.filter(queue__in=queues, date__gte=start, date__lt=end).order_by("id")
    for queue, day, at in refusals.values_list("queue_id", "date", "feed__refused_at"):
        read.refused[queue, day].append(at)
    return read


def _state(spans: list[QueueSpan], day: date, read: _Read, rules: _Rules, held: HeldFigures) -> QueueDayState:
    span, closed_by = _calendar(spans, day)
    stored = read.day(span.queue, day)
    place = (span.queue, day)
    of_whom = rules.asked.on(span.contract, span.queue, span.channel, day)
    owed = _owed(of_whom)
    due = due_at(rules.cutoffs.on(span.contract, day), day, span.zone)
    facts = DayFacts(
        day=day,
        today=span.today,
        closed_by=closed_by,
        measures=None if stored is None else stored.measures,
        asked=owed,
        is_corrected=any(_is_correction(changes) for _at, changes in read.revised.get(place, ())),
        is_late=due is not None and stored is not None and read.complete_at(place, stored, owed) > due,
        is_refused=bool(read.refused.get(place)),
        held=held.on(span.queue_code, day),
    )
    reported = facts.measures or frozenset()
    is_asked = closed_by is None
    return QueueDayState(
        span=span,
        date=day,
        state=state_of(facts),
        closed_by=closed_by,
        cause=span.excused.get(day, "") if closed_by is ClosedBy.EXCUSED else "",
        is_expected=facts.is_expected,
        is_late=facts.is_late,
        is_corrected=facts.is_corrected,
        is_month=stored is not None and stored.is_month,
        has_figures=bool(reported),
        missing=tuple(sorted(facts.missing)) if is_asked else (),
        missing_of_others=tuple(code for code in of_whom if code not in owed and code not in reported)
        if is_asked
        else (),
        awaiting=tuple(sorted(facts.held - reported)) if is_asked else (),
        received_at=max([stored.first_at, *(at for at, _ in read.revised.get(place, ()))]) if stored else None,
        due_at=due,
        refusals=len(read.refused.get(place, ())),
    )


def _owed(asked: Asked) -> frozenset[str]:
    """Return what the vendor is asked for; where others provide all of it, that is what completes the day."""
    own = frozenset(code for code, owner in asked.items() if owner == MeasureOwner.VENDOR)
    return own or frozenset(asked)


def _is_correction(changes: Mapping[str, Any]) -> bool:
    """Say whether a value that had been reported was changed; one that was added later corrects nothing."""
    return any(old is not None for old, _new, _revision in changes.values())


def _is_first(change: Sequence[Any] | None) -> bool:
    return change is not None and change[0] is None and change[2] == 1


def _calendar(spans: list[QueueSpan], day: date) -> tuple[QueueSpan, ClosedBy | None]:
    """Return the span that holds the day, or the one next to it, and why the day is closed."""
    for span in spans:
        if span.holds(day):
            return span, _closed_by(span, day)
    before = [span for span in spans if span.end <= day]
    return (before[-1], ClosedBy.ENDED) if before else (spans[0], ClosedBy.NOT_OPENED)


def _closed_by(span: QueueSpan, day: date) -> ClosedBy | None:
    if day.isoweekday() not in span.weekdays:
        return ClosedBy.WEEKDAY
    if day in span.closed:
        return ClosedBy.HOLIDAY
    return ClosedBy.EXCUSED if day in span.excused else None
