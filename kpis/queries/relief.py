"""What approved external factors take out, cap or replace, laid over what was reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db.models import Q

from kpis.calc.facts import Direction, KpiRule, QueueDay, Value
from kpis.calc.formula import parse
from kpis.calc.periods import Period
from kpis.calc.relief import Method, SliceError, can_be_relieved, capped, ratio_of, remainder, replaced
from kpis.models import FactorSlice
from kpis.queries.figures import Figures, merged, values_of
from kpis.queries.pooled import PeriodFacts
from kpis.queries.spans import QueueSpan
from vendors.querysets import one_of

_COLUMNS = ("factor_id", "queue_id", "date", "measures", "method", "terms")
RELIEVED = "external_factor"
"""Why a whole queue-day is not expected in an adjusted figure."""


class Slice(NamedTuple):
    """What one factor does to one queue-day; no measures are the whole of it."""

    factor: int
    queue: int
    date: date
    measures: Mapping[str, Value]
    method: Method = Method.EXCLUDE
    terms: Mapping[str, Any] = MappingProxyType({})

    def as_dict(self) -> dict[str, Any]:
        """Return it as an explanation holds it: values as they were stored."""
        plain = {code: list(value) if isinstance(value, tuple) else str(value) for code, value in self.measures.items()}
        about = {"factor": self.factor, "queue": self.queue, "date": self.date.isoformat(), "measures": plain}
        return about | ({"method": self.method.value, "terms": dict(self.terms)} if self.terms else {})

    def treated(self, day: Mapping[str, Value], rule: KpiRule) -> dict[str, Value] | None:
        """Return the day as it counts for a KPI that is capped or replaced; null where this does not concern it.

        Raises SliceError where the slice does not fit in the day any more.
        """
        ratio = ratio_of(rule)
        if ratio is None or not {ratio.hits, ratio.volume} <= day.keys():
            return None
        if self.method is Method.CAP:
            if ratio.volume != self.terms["measure"] or rule.direction not in (Direction.HIGHER, Direction.LOWER):
                return None
            counts = capped(day, ratio, rule.direction, Decimal(self.terms["limit"]))
        else:
            level = self.terms["levels"].get(rule.code)
            if level is None:
                return None
            counts = replaced(day, ratio, self.measures, Decimal(level))
        return None if counts == day else counts


@dataclass(frozen=True, slots=True)
class RelievedFacts:
    """The facts of a period without the slices, which slices these are, and those that no longer fit in their day."""

    facts: PeriodFacts
    slices: tuple[Slice, ...]
    unfit: tuple[Slice, ...]
    treatments: tuple[Slice, ...] = ()
    """Caps and replacements, which count for some KPIs only."""
    spans: tuple[QueueSpan, ...] = ()
    figures: Figures = field(default_factory=lambda: Figures(()))

    def of_kpi(self, rule: KpiRule) -> RelievedFacts | None:
        """Return these facts as they count for one KPI; null where nothing of them concerns it."""
        if not can_be_relieved(rule):
            return None
        done, unfit = [], list(self.unfit)
        days: dict[tuple[int, date], dict[str, Value]] = {}
        # What the whole day comes to holds for its parts too, so those go first.
        for one in sorted(self.treatments, key=lambda one: not one.measures):
            day = days.get((one.queue, one.date)) or self.figures.day(one.queue, one.date)
            try:
                counts = one.treated(day, rule)
            except SliceError:
                unfit.append(one)
            else:
                if counts is not None:
                    done.append(one)
                    days[one.queue, one.date] = counts
        if not done:
            return replace(self, unfit=tuple(sorted(unfit, key=_order))) if self.slices or unfit else None
        changed = [QueueDay(queue, day, counts) for (queue, day), counts in days.items()]
        measures = {code for _day in changed for code in _day.measures} | set(parse(rule.formula).measures)
        facts = PeriodFacts(self.spans, self.figures.with_days(changed, measures), self.facts.period)
        slices = tuple(sorted((*self.slices, *done), key=_order))
        return replace(self, facts=facts, slices=slices, unfit=tuple(sorted(unfit, key=_order)))


class Relief:
    """The slices of some queues, by queue."""

    def __init__(self, slices: Iterable[Slice] = ()) -> None:
        self._by_queue: dict[int, list[Slice]] = defaultdict(list)
        for one in slices:
            self._by_queue[one.queue].append(one)

    def __bool__(self) -> bool:
        return bool(self._by_queue)

    @property
    def factors(self) -> list[int]:
        """The factors that take something out, in the order of their first day."""
        rows = sorted((one for rows in self._by_queue.values() for one in rows), key=_order)
        return list(dict.fromkeys(one.factor for one in rows))

    def within(self, start: date, end: date) -> Relief:
        """Return the relief of the days ``[start, end)`` alone."""
        return Relief(one for rows in self._by_queue.values() for one in rows if start <= one.date < end)

    def of_factors(self, factors: Collection[int]) -> Relief:
        """Return the relief as if only these factors were approved."""
        return Relief(one for rows in self._by_queue.values() for one in rows if one.factor in factors)

    def factors_of(self, queues: Iterable[int], start: date, end: date) -> frozenset[int]:
        """Return the factors that do something to one of these queues on a day of ``[start, end)``."""
        rows = (one for queue in queues for one in self._by_queue.get(queue, ()))
        return frozenset(one.factor for one in rows if start <= one.date < end)

    def dates_of(self, queues: Iterable[int]) -> frozenset[date]:
        """Return the days on which something is taken out of one of these queues."""
        return frozenset(one.date for queue in queues for one in self._by_queue.get(queue, ()))

    def with_slices(self, slices: Iterable[Slice]) -> Relief:
        """Return the relief as it would be with these slices too."""
        return Relief([*(one for rows in self._by_queue.values() for one in rows), *slices])

    def counted(
        self,
        spans: Iterable[QueueSpan],
        figures: Figures,
        period: Period,
        measures: Collection[str],
        rule: KpiRule,
    ) -> PeriodFacts:
        """Return the facts of these queues as they count for one KPI: without what is taken out, where anything is."""
        spans = list(spans)
        without = self.facts_of(spans, figures, period, measures) if self else None
        relieved = without.of_kpi(rule) if without else None
        return relieved.facts if relieved else PeriodFacts(spans, figures, period)

    def facts_of(
        self, spans: Iterable[QueueSpan], figures: Figures, period: Period, measures: Collection[str]
    ) -> RelievedFacts | None:
        """Return the facts of these queues without their slices; null where the period has none.

        ``measures`` are those that the figures were read for. A slice that does not fit in its day (which was corrected
        since) takes nothing out.
        """
        spans = list(spans)
        queues = {span.queue for span in spans}
        rows = [
            one for queue in queues for one in self._by_queue.get(queue, ()) if period.start <= one.date < period.end
        ]
        if not rows:
            return None
        treatments = [one for one in rows if one.method is not Method.EXCLUDE]
        rows = [one for one in rows if one.method is Method.EXCLUDE]
        whole = {(one.queue, one.date) for one in rows if not one.measures}
        parts: dict[tuple[int, date], list[Slice]] = defaultdict(list)
        for one in rows:
            if (one.queue, one.date) not in whole:
                parts[one.queue, one.date].append(one)
        changed, unfit = [], []
        for (queue, day), slices in parts.items():
            try:
                rest = remainder(figures.day(queue, day), [_of(one, measures) for one in slices])
            except SliceError:
                unfit += slices
            else:
                changed.append(QueueDay(queue, day, rest))
        without = figures.with_days(changed, measures, gone=whole)
        left = tuple(_without(span, whole) for span in spans)
        taken = [one for one in rows if one not in unfit]
        return RelievedFacts(
            PeriodFacts(left, without, period),
            tuple(sorted(taken, key=_order)),
            tuple(sorted(unfit, key=_order)),
            tuple(sorted((one for one in treatments if (one.queue, one.date) not in whole), key=_order)),
            left,
            without,
        )


def _order(one: Slice) -> tuple[date, int, int]:
    return one.date, one.queue, one.factor


def _of(one: Slice, measures: Collection[str]) -> dict[str, Value]:
    """Return the values of a slice as far as the figures were read for them."""
    return {code: value for code, value in one.measures.items() if code in measures}


def _without(span: QueueSpan, whole: Collection[tuple[int, date]]) -> QueueSpan:
    days = {day: RELIEVED for queue, day in whole if queue == span.queue}
    return replace(span, excused={**span.excused, **days}) if days else span


def load_relief(queues: Collection[int], ranges: Iterable[tuple[date, date]]) -> Relief:
    """Read what approved factors take out of these queues in any of the half-open ranges, in one query."""
    spans = merged(ranges)
    if not queues or not spans:
        return Relief()
    within = Q()
    for start, end in spans:
        within |= Q(date__gte=start, date__lt=end)
    rows = FactorSlice.objects.filter(within, queue__in=one_of(set(queues))).order_by("id")
    return Relief(
        Slice(factor, queue, day, values_of(measures), Method(method), terms)
        for factor, queue, day, measures, method, terms in rows.values_list(*_COLUMNS)
    )
