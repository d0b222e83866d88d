"""The slices of a factor: read, and held against the days they are to be taken out of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from kpis.calc.facts import Value
from kpis.calc.relations import applicable, parse_relations, violations
from kpis.calc.relief import SliceError, remainder
from kpis.choices import RollupChoice
from kpis.models import ExternalFactor, FactorSlice, Measure
from kpis.queries.figures import values_of
from kpis.queries.relief import Slice
from kpis.services.feed import storing
from kpis.services.feed.facts import Key
from kpis.services.feed.numbers import BadNumber, stored
from vendors.clock import local_days
from vendors.errors import RowError, Unprocessable
from vendors.models import Queue

MOST_SLICES = 1_000
"""Queue-days of one factor."""
ONE_DAY = timedelta(days=1)
CANNOT_BE_CUT = frozenset({RollupChoice.STOCK, RollupChoice.CALENDAR})


def read_slices(given: Sequence[Any], queues: Iterable[Queue], starts_at: datetime, ends_at: datetime) -> list[Any]:
    """Return slices as they are kept; raise Unprocessable with every bad one (``row`` is its place).

    A slice is ``{"queue", "date", "measures"}``: its own counts of a part of the day, or null for the whole day. Stocks
    and calendar measures have no slices.
    """
    by_code = {queue.code: queue for queue in queues}
    measures = {row.code: row for row in Measure.objects.all()}
    errors: list[RowError] = []
    kept = []
    for place, row in enumerate(given):
        found = _problems(row, by_code, measures, starts_at, ends_at)
        errors += [RowError(code, detail, field, place) for field, code, detail in found]
        if not found:
            kept.append({"queue": row["queue"], "date": row["date"], "measures": _stored(row, measures)})
    named = [(row["queue"], row["date"]) for row in kept]
    errors += [
        RowError("duplicate_in_batch", _("This queue-day stands twice; give it once."), None, place)
        for place, name in enumerate(named)
        if name in named[:place]
    ]
    _refuse(errors)
    return kept


Problem = tuple[str, str, str]
"""Field, code and detail."""


def _problems(
    row: Any, queues: Mapping[str, Queue], measures: Mapping[str, Measure], starts_at: datetime, ends_at: datetime
) -> list[Problem]:
    if not isinstance(row, Mapping) or not {"queue", "date"} <= row.keys() <= {"queue", "date", "measures"}:
        text = _('A slice is {"queue", "date", "measures"}; measures of null are the whole day.')
        return [("slices", "not_object", text)]
    queue = queues.get(row["queue"]) if isinstance(row["queue"], str) else None
    if queue is None:
        return [("queue", "unknown_queue", _("This is none of the queues that the factor affects."))]
    day = _day(row["date"])
    if day is None:
        return [("date", "bad_date", _("Give the date as 2026-03-02."))]
    first, last = touched(queue, starts_at, ends_at)
    if not first <= day <= last:
        text = _("The factor lasts from %(first)s to %(last)s at this centre.")
        return [("date", "outside_factor", text % {"first": first.isoformat(), "last": last.isoformat()})]
    given = row.get("measures")
    if given is None:
        return []
    if not isinstance(given, Mapping) or not given:
        text = _("Give the slice's own counts, or null to take the whole day out.")
        return [("measures", "not_object", text)]
    return [problem for code, value in given.items() if (problem := _problem_of(code, value, measures))]


def _problem_of(code: Any, value: Any, measures: Mapping[str, Measure]) -> Problem | None:
    measure = measures.get(code)
    if measure is None:
        return (str(code)[:50], "unknown_measure", _("There is no measure “%(given)s”.") % {"given": str(code)[:50]})
    if measure.rollup in CANNOT_BE_CUT:
        text = _("%(name)s stands once a day and has no slices: leave it out, or take the whole day out.")
        return (code, "cannot_be_sliced", text % {"name": measure.label})
    try:
        for one in value if isinstance(value, list) else [value]:
            stored(one, whole=measure.rollup == RollupChoice.HISTOGRAM)
    except BadNumber as bad:
        return (code, bad.code, _("%(name)s takes a number from 0 on.") % {"name": measure.label})
    return None


def _stored(row: Mapping[str, Any], measures: Mapping[str, Measure]) -> dict[str, Any] | None:
    if row.get("measures") is None:
        return None
    return {
        code: [stored(one, whole=True) for one in value] if isinstance(value, list) else stored(value, whole=False)
        for code, value in row["measures"].items()
    }


def _day(given: Any) -> date | None:
    try:
        return date.fromisoformat(given) if isinstance(given, str) and len(given) == 10 else None
    except ValueError:
        return None


def touched(queue: Queue, starts_at: datetime, ends_at: datetime) -> tuple[date, date]:
    """Return the first and the last day at the queue's centre that the half-open time lies on."""
    return local_days(starts_at, ends_at, queue.centre.timezone)


def slices_of(factor: ExternalFactor, queues: Iterable[Queue]) -> list[Slice]:
    """Return what the factor would take out: as it was given, or every day it touches at every queue."""
    by_code = {queue.code: queue for queue in queues}
    if factor.slices:
        return [
            Slice(
                factor.pk, by_code[row["queue"]].pk, date.fromisoformat(row["date"]), values_of(row["measures"] or {})
            )
            for row in factor.slices
            if row["queue"] in by_code
        ]
    found = []
    for queue in by_code.values():
        first, last = touched(queue, factor.starts_at, factor.ends_at)
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        found += [Slice(factor.pk, queue.pk, day, {}) for day in days]
    return found


def check_fit(slices: Sequence[Slice]) -> None:
    """Raise Unprocessable for slices that are no part of their day as it stands, beside what is taken out already.

    Call it with the queues locked.
    """
    parts = [(place, one) for place, one in enumerate(slices) if one.measures]
    if not parts:
        return
    days = storing.read_days({Key(one.queue, one.date) for _place, one in parts})
    taken: dict[tuple[int, date], list[Mapping[str, Value]]] = defaultdict(list)
    rows = FactorSlice.objects.filter(
        queue__in={one.queue for _place, one in parts}, date__in={one.date for _place, one in parts}
    )
    for row in rows:
        taken[row.queue_id, row.date].append(values_of(row.measures))
    relations = [
        relation
        for relation in parse_relations(Measure.objects.exclude(relations="").values_list("relations", flat=True))
        if relation.is_hard
    ]
    errors = []
    for place, one in parts:
        current = days.get(Key(one.queue, one.date))
        day = values_of(current.measures) if current else {}
        errors += [
            RowError(code, detail, field, place)
            for field, code, detail in _misfits(one, day, taken[one.queue, one.date], relations)
        ]
    _refuse(errors)


def _misfits(
    one: Slice, day: Mapping[str, Value], taken: Sequence[Mapping[str, Value]], relations: Sequence[Any]
) -> list[Problem]:
    if not day:
        return [("date", "day_not_reported", _("Nothing is reported for this day, so no part of it can be taken out."))]
    try:
        rest = remainder(day, [*taken, one.measures])
    except SliceError as bad:
        text = _("The slice has more of %(measure)s than the day has left.") % {"measure": bad.measure}
        return [(bad.measure, "slice_larger_than_day", text)]
    broken = [
        relation
        for values in (one.measures, rest)
        for relation in violations(applicable(relations, tuple(values)), _numbers(values))
    ]
    text = _("Without the slice the day would break %(relation)s; give the slice of every measure that goes with it.")
    return [("measures", "relation_broken", text % {"relation": relation.text}) for relation in broken[:1]]


def _numbers(values: Mapping[str, Value]) -> dict[str, Any]:
    return {code: sum(value) if isinstance(value, tuple) else value for code, value in values.items()}


def _refuse(errors: Sequence[RowError]) -> None:
    if errors:
        text = _("%(count)s slices cannot be taken out.") % {"count": len({error.row for error in errors})}
        raise Unprocessable("invalid_slices", text, errors)
