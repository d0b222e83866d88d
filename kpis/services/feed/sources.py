"""Measures that two sources report: both figures are kept, one of them is the current value.

The figure of the first source counts, the second one's only as long as the first has none. What was decided in a
reconciliation stands until somebody decides again.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from kpis.calc.reconciliation import differs
from kpis.choices import ReconciliationStatus
from kpis.models import Reconciliation, SourceFigure
from kpis.services.feed.facts import CleanRow, Context, Current, Document, Key, Problems, SecondSource
from vendors.actors import Actor, KeyRole
from vendors.choices import MeasureOwner


class Place(NamedTuple):
    """One measure of one queue-day, or of a month's total, dated the first of its month."""

    queue: int
    date: date
    measure: str
    is_month: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """One figure of a measure with two sources, with the row and the submission that brought it."""

    place: Place
    row: int
    contract: int
    rule: SecondSource
    source: str
    value: Any
    submission: UUID


@dataclass(frozen=True, slots=True)
class Known:
    """What each source says of a place now, with the submission it came with."""

    value: Any
    submission: UUID


_PLACE = ("queue_id", "date", "measure", "is_month")
"""The columns of a place, in its order."""
Figures = dict[tuple[Place, str], Known]


@dataclass(frozen=True, slots=True)
class Beside:
    """The figures to keep of a body, and what was known of their places before it."""

    arrivals: Sequence[Arrival] = ()
    known: Figures = field(default_factory=dict)
    decided: Set[Place] = frozenset()
    sent: Mapping[int, Document] = field(default_factory=dict)
    """By row, its values as they came, with those that were set aside."""


def set_aside(
    actor: Actor,
    context: Context,
    rows: Sequence[CleanRow],
    current: Mapping[Key, Current],
    submission: UUID,
    warnings: Problems,
) -> Beside:
    """Take figures that do not become the current value out of ``rows``, with a warning; return what is to be kept.

    Where the first source withdraws its figure, the second one's takes its place. Call it with the queues locked.
    Constant number of queries; none where no contract has a second source.
    """
    named = list(_named(actor, context, rows, submission))
    if not named:
        return Beside()
    places = {arrival.place for _row, arrival in named}
    known, decided = _known(places), _decided(places)
    adopted = [stood for row, arrival in named if (stood := _that_stood(arrival, current.get(row.key), known))]
    _note(adopted, known)
    sent = {row.number: dict(row.values) for row, _arrival in named}
    for row, arrival in named:
        _choose(row, arrival, known, warnings, is_decided=arrival.place in decided)
    new = [arrival for _row, arrival in named if _is_new(arrival, known)]
    return Beside([*adopted, *new], known, decided, sent)


def _named(
    actor: Actor, context: Context, rows: Iterable[CleanRow], submission: UUID
) -> Iterable[tuple[CleanRow, Arrival]]:
    for row in rows:
        for rule in context.second_sources.get(row.contract_id, ()):
            if rule.measure in row.values and rule.holds_on(row.key.date):
                place = Place(row.key.queue_id, row.key.date, rule.measure, row.key.is_month)
                value = row.values[rule.measure]
                source = _source_of(actor, rule)
                yield row, Arrival(place, row.number, row.contract_id, rule, source, value, submission)


def _source_of(actor: Actor, rule: SecondSource) -> str:
    """Return the side a sender speaks for: the client's feed brings a third party's figures too."""
    is_client = any(grant.role == KeyRole.CLIENT_INGEST for grant in actor.grants)
    side = MeasureOwner.CLIENT if is_client else MeasureOwner.VENDOR
    if side in (rule.first, rule.second):
        return str(side)
    others = [source for source in (rule.first, rule.second) if source != MeasureOwner.VENDOR]
    return others[0] if is_client else rule.first


def _that_stood(arrival: Arrival, stands: Current | None, known: Figures) -> Arrival | None:
    """Return the figure that was reported before there was a second source: it is the first source's."""
    rule, place = arrival.rule, arrival.place
    value = stands.measures.get(place.measure) if stands else None
    if stands is None or value is None or (place, rule.first) in known or (place, rule.second) in known:
        return None
    return replace(arrival, source=rule.first, value=value, submission=stands.submission_of(place.measure))


def _note(arrivals: Iterable[Arrival], known: Figures) -> None:
    for arrival in arrivals:
        known[arrival.place, arrival.source] = Known(arrival.value, arrival.submission)


def _choose(row: CleanRow, arrival: Arrival, known: Figures, warnings: Problems, *, is_decided: bool) -> None:
    """Leave in ``row`` what is to be the current value of the arrival's place."""
    rule, place = arrival.rule, arrival.place
    if is_decided:
        del row.values[place.measure]
        warnings.add(row.number, place.measure, "kept_beside", _kept_beside_decision())
    elif arrival.source == rule.first:
        other = known.get((place, rule.second))
        if arrival.value is None and other is not None and other.value is not None:
            row.values[place.measure] = other.value
            warnings.add(row.number, place.measure, "other_source_counts", _counts_now(rule.second))
    elif (leads := known.get((place, rule.first))) is not None and leads.value is not None:
        del row.values[place.measure]
        warnings.add(row.number, place.measure, "kept_beside", _kept_beside(rule.first))


def _is_new(arrival: Arrival, known: Figures) -> bool:
    before = known.get((arrival.place, arrival.source))
    return before is None or before.value != arrival.value


def _kept_beside_decision() -> str:
    return _("This figure was settled by decision; yours is kept beside it and opens the question anew.")


def _kept_beside(source: str) -> str:
    text = _("The figure of “%(source)s” counts; yours is kept beside it.")
    return text % {"source": MeasureOwner(source).label}


def _counts_now(source: str) -> str:
    text = _("Yours is withdrawn; the figure of “%(source)s” counts from now on.")
    return text % {"source": MeasureOwner(source).label}


def _known(places: Collection[Place]) -> Figures:
    """Return the latest figure of each source, in one query."""
    rows = SourceFigure.objects.filter(**_within(places)).order_by("id")
    found = {}
    fields = (*_PLACE, "source", "document", "submission_id")
    for queue, day, measure, is_month, source, document, submission in rows.values_list(*fields):
        place = Place(queue, day, measure, is_month)
        if place in places:
            found[place, source] = Known(document["value"], submission)
    return found


def _decided(places: Collection[Place]) -> set[Place]:
    """Return the places whose current value was settled by decision, in one query."""
    rows = Reconciliation.objects.filter(**_within(places), status=ReconciliationStatus.SETTLED)
    return {Place(*row) for row in rows.order_by().values_list(*_PLACE)} & set(places)


def _within(places: Collection[Place]) -> dict[str, Any]:
    """Return what keeps a query to the places' queues and to the time they lie in."""
    days = [place.date for place in places]
    return {"queue__in": {place.queue for place in places}, "date__range": (min(days), max(days))}


def keep(beside: Beside, bad_rows: Container[int], now: datetime) -> None:
    """Store the figures of good rows, and open, change or close the items of those that differ now."""
    arrivals = (arrival for arrival in beside.arrivals if arrival.row not in bad_rows)
    good = sorted(arrivals, key=lambda arrival: arrival.place)
    if not good:
        return
    SourceFigure.objects.bulk_create(
        [
            SourceFigure(
                queue_id=arrival.place.queue,
                date=arrival.place.date,
                measure=arrival.place.measure,
                is_month=arrival.place.is_month,
                source=arrival.source,
                document={"value": arrival.value},
                submission_id=arrival.submission,
            )
            for arrival in good
        ]
    )
    known = dict(beside.known)
    _note(good, known)
    by_place = {arrival.place: arrival for arrival in good}
    still_open = _still_open(by_place)
    items = [
        item
        for place, arrival in by_place.items()
        if (item := _compared(arrival, known, still_open.get(place), place in beside.decided, now))
    ]
    Reconciliation.objects.bulk_create([item for item in items if item.pk is None])
    Reconciliation.objects.bulk_update([item for item in items if item.pk is not None], _FOLLOWS_THE_FIGURES)


def _still_open(places: Collection[Place]) -> dict[Place, Reconciliation]:
    rows = Reconciliation.objects.filter(**_within(places), status=ReconciliationStatus.OPEN)
    return {Place(item.queue_id, item.date, item.measure, item.is_month): item for item in rows}


_FOLLOWS_THE_FIGURES = (
    "figures",
    "first_submission",
    "second_submission",
    "tolerance_percent",
    "tolerance_absolute",
    "status",
)


def _compared(
    arrival: Arrival, known: Figures, item: Reconciliation | None, is_decided: bool, now: datetime
) -> Reconciliation | None:
    """Return the arrival's item as it is now; null where there is none to open, change or close."""
    rule = arrival.rule
    first, second = known.get((arrival.place, rule.first)), known.get((arrival.place, rule.second))
    if first is None or second is None or first.value is None or second.value is None:
        if item is not None:
            item.status = ReconciliationStatus.WITHDRAWN
        return item
    is_apart = differs(first.value, second.value, percent=rule.percent, absolute=rule.absolute)
    if item is None and (is_apart or is_decided):
        item = Reconciliation(
            contract_id=arrival.contract,
            queue_id=arrival.place.queue,
            date=arrival.place.date,
            measure=arrival.place.measure,
            is_month=arrival.place.is_month,
            first_source=rule.first,
            second_source=rule.second,
            opened_at=now,
        )
    if item is None:
        return None
    item.figures = {"first": first.value, "second": second.value}
    item.first_submission_id, item.second_submission_id = first.submission, second.submission
    item.tolerance_percent, item.tolerance_absolute = rule.percent, rule.absolute
    if not is_apart and not is_decided:
        item.status = ReconciliationStatus.AGREED
    return item
