"""What a group of queues reported in a period, and what was expected of it: the input of one figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kpis.calc.coverage import Expected
from kpis.calc.daytable import DayTable, QueueRows
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period
from kpis.queries.figures import Figures
from kpis.queries.spans import ONE_DAY, QueueSpan
from vendors.choices import Channel, channels_meet

MONTH_OR_LONGER = frozenset({PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR})
IsOfOthers = Callable[[str, date], bool]
"""Says whether somebody else than the vendor provides a measure on a day."""


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """One queue in one period: its channel, what it reported, and the days it was expected to report.

    ``excused`` are open days that a manager took out of these, with their cause.
    """

    queue: int
    channel: str
    reported: tuple[QueueRows, ...]
    expected: frozenset[date]
    excused: Mapping[date, str]


class PeriodFacts:
    """The facts of a group of queues in one period, gathered once and used by every KPI of the group."""

    def __init__(self, spans: Iterable[QueueSpan], figures: Figures, period: Period) -> None:
        self.period = period
        rows = [span for span in spans if span.start < period.end and span.end > period.start]
        self._queues = _gather(rows, figures, period)
        self._channels = frozenset(facts.channel for facts in self._queues)
        self._tables: dict[tuple[int, ...] | None, tuple[DayTable, Expected]] = {}

    def of_kpi(self, channel: str, measures: Iterable[str]) -> tuple[DayTable, Expected]:
        """Return the queue-days and, by queue, the expected days that count for a KPI.

        A queue of another channel than the KPI's counts only once it reports what the formula names.
        """
        counting = self._counting(channel, tuple(measures))
        if len(counting) == len(self._queues):
            return self._table(None, self._queues)
        return self._table(tuple(facts.queue for facts in counting), counting)

    def parts_of_kpi(self, channel: str, measures: Iterable[str]) -> tuple[list[QueueRows], list[int]]:
        """Return what the queues that count for a KPI reported, queue by queue, and all of these queues."""
        counting = self._counting(channel, tuple(measures))
        return [part for facts in counting for part in facts.reported], [facts.queue for facts in counting]

    def excused(self, channel: str, measures: Iterable[str]) -> list[tuple[int, date, str]]:
        """Return the queue-days that would count for a KPI and are excused, with their cause, in order."""
        if not any(facts.excused for facts in self._queues):
            return []
        counting = self._counting(channel, tuple(measures))
        return sorted((facts.queue, day, cause) for facts in counting for day, cause in facts.excused.items())

    def gaps_of_others(self, channel: str, measures: Iterable[str], is_of_others: IsOfOthers) -> Expected:
        """Return, by queue, the expected days on which only measures that the vendor does not provide are missing."""
        needed = tuple(measures)
        return {facts.queue: _gaps_of_others(facts, needed, is_of_others) for facts in self._counting(channel, needed)}

    def _counting(self, channel: str, needed: tuple[str, ...]) -> list[QueueFacts]:
        if channel == Channel.ANY or self._channels <= {channel, Channel.ANY}:
            return self._queues
        return [facts for facts in self._queues if channels_meet(channel, facts.channel) or _reports(facts, needed)]

    def _table(self, key: tuple[int, ...] | None, counting: list[QueueFacts]) -> tuple[DayTable, Expected]:
        """Return the table of these queues; kept under ``key``, which is null for all of them."""
        if key not in self._tables:
            parts = [part for facts in counting for part in facts.reported]
            table = DayTable.of_queues(parts, self.period.start, self.period.end)
            self._tables[key] = (table, {facts.queue: facts.expected for facts in counting})
        return self._tables[key]


def _gaps_of_others(facts: QueueFacts, needed: tuple[str, ...], is_of_others: IsOfOthers) -> frozenset[date]:
    days = [part for part in facts.reported if not part.are_months]
    reported = {
        (day, code)
        for part in days
        for code in needed
        for day, value in zip(part.dates, part.columns[code], strict=True)
        if value is not None
    }
    gaps = ((day, [code for code in needed if (day, code) not in reported]) for day in facts.expected)
    return frozenset(day for day, missing in gaps if missing and all(is_of_others(code, day) for code in missing))


def _reports(facts: QueueFacts, needed: tuple[str, ...]) -> bool:
    return any(
        all(value is not None for value in values)
        for part in facts.reported
        for values in zip(*(part.columns[code] for code in needed), strict=True)
    )


def _gather(spans: Iterable[QueueSpan], figures: Figures, period: Period) -> list[QueueFacts]:
    by_queue: dict[int, list[QueueSpan]] = defaultdict(list)
    for span in spans:
        by_queue[span.queue].append(span)
    return [_queue_facts(queue, rows, figures, period) for queue, rows in by_queue.items()]


def _queue_facts(queue: int, spans: list[QueueSpan], figures: Figures, period: Period) -> QueueFacts:
    reported: list[QueueRows | None] = []
    expected: frozenset[date] = frozenset()
    excused: dict[date, str] = {}
    month_totals_until = date.min
    for span in sorted(spans, key=lambda span: span.start):
        start, end = max(span.start, period.start), min(span.end, period.end)
        excused |= {day: cause for day, cause in span.excused.items() if start <= day < end and span.is_open(day)}
        reported.append(figures.between(queue, start, end))
        reported_today = figures.between(queue, span.today, span.today + ONE_DAY) is not None
        expected |= span.open_days(start, end, reported_today=reported_today)
        if period.kind in MONTH_OR_LONGER:
            # Two spans may share a month: its total counts once.
            first = max(start.replace(day=1), month_totals_until)
            reported.append(figures.between(queue, first, end, are_months=True))
            month_totals_until = end
    return QueueFacts(queue, spans[0].channel, tuple(rows for rows in reported if rows), expected, excused)
