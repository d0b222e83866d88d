"""Any KPI at any grain, pooled from counts: the answer of ``kpi-values/``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from kpis.calc import formula, judge
from kpis.calc.facts import MissingDays, PeriodKind, Status
from kpis.calc.periods import Period, periods_between
from kpis.calc.relief import uplift
from kpis.models import Kpi
from kpis.queries.definitions import Definition, Definitions, load_definitions
from kpis.queries.figures import load_figures
from kpis.queries.pooled import PeriodFacts
from kpis.queries.relief import RelievedFacts, load_relief
from kpis.queries.spans import ONE_DAY, QueueSpan, load_spans
from vendors.models import ContractQueue

GROUPS: dict[str, Callable[[QueueSpan], str | None]] = {
    "portfolio": lambda span: None,
    "vendor": lambda span: span.vendor_code,
    "contract": lambda span: span.contract_code,
    "centre": lambda span: span.centre_code,
    "queue": lambda span: span.queue_code,
    "service": lambda span: span.service,
    "channel": lambda span: span.channel,
}
"""What each ``group_by`` puts a queue under; the portfolio is one group without a name."""


@dataclass(frozen=True, slots=True)
class KpiValue:
    """One KPI of one group of queues in one period. ``status`` is null where a value stands and no target judges it.

    ``adjusted_value`` is without what approved external factors take out.
    """

    group: str | None
    kpi: str
    period: PeriodKind
    start: date
    end: date
    value: Decimal | None
    adjusted_value: Decimal | None
    volume: Decimal
    days_expected: int
    days_reported: int
    status: Status | None
    flags: tuple[str, ...]

    @property
    def uplift(self) -> Decimal | None:
        """What the external factors cost: adjusted less gross; null where either has no value."""
        return uplift(self.value, self.adjusted_value)


class KpiValues(Sequence[KpiValue]):
    """The values of one KPI for every group and period asked for, computed for a page only when it is read."""

    def __init__(
        self,
        kpi: Kpi,
        links: QuerySet[ContractQueue],
        *,
        kind: PeriodKind,
        start: date,
        end: date,
        group_by: str,
        now: datetime,
        definitions: Definitions | None = None,
    ) -> None:
        self._kpi = kpi
        self._spans = _by_group(load_spans(links, now=now), GROUPS[group_by])
        self._definitions: Definitions = definitions or load_definitions([kpi.pk])
        periods = whole_periods(kind, start, end)
        self._keys = [
            (group, period)
            for group in sorted(self._spans, key=lambda name: name or "")
            for period in periods
            if any(span.start < period.end and span.end > period.start for span in self._spans[group])
        ]

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, place: Any) -> Any:
        keys = self._keys[place] if isinstance(place, slice) else [self._keys[place]]
        values = self._values(keys)
        return values if isinstance(place, slice) else values[0]

    def _values(self, keys: list[tuple[str | None, Period]]) -> list[KpiValue]:
        queues = {span.queue for group, _period in keys for span in self._spans[group]}
        periods = {period for _group, period in keys}
        measures = {code for one in periods for code in self._definitions.on(self._kpi.pk, one.start).measures}
        ranges = {(period.start, period.end) for period in periods}
        figures, relief = load_figures(queues, ranges, measures), load_relief(queues, ranges)
        return [
            self._value(
                group,
                PeriodFacts(self._spans[group], figures, period),
                relief.facts_of(self._spans[group], figures, period, measures) if relief else None,
            )
            for group, period in keys
        ]

    def _value(self, group: str | None, facts: PeriodFacts, without: RelievedFacts | None) -> KpiValue:
        period = facts.period
        definition = self._definitions.on(self._kpi.pk, period.start)
        gross = self._judged(group, definition, facts)
        relieved = without.of_kpi(definition.rule) if without is not None else None
        counts = self._judged(group, definition, relieved.facts) if relieved is not None else gross
        figure, assessment = gross.figure, gross.assessment
        return KpiValue(
            group=group,
            kpi=self._kpi.code,
            period=period.kind,
            start=period.start,
            end=period.end,
            value=assessment.value,
            adjusted_value=counts.assessment.value,
            volume=figure.volume,
            days_expected=figure.days_expected,
            days_reported=figure.days_reported,
            status=assessment.status,
            flags=tuple(sorted({*figure.flags, *assessment.flags, *(["adjusted"] if relieved is not None else [])})),
        )

    def _judged(self, group: str | None, definition: Definition, facts: PeriodFacts) -> judge.Judgement:
        days, expected = facts.of_kpi(definition.channel, formula.parse(definition.rule.formula).measures)
        today = min(span.today for span in self._spans[group])
        return judge.judge(
            definition.rule, [], days, expected, facts.period, today=today, policy=MissingDays.EXCLUDE, grace_days=0
        )


def _by_group(spans: list[QueueSpan], group_of: Callable[[QueueSpan], str | None]) -> dict[str | None, list[QueueSpan]]:
    groups: dict[str | None, list[QueueSpan]] = defaultdict(list)
    for span in spans:
        groups[group_of(span)].append(span)
    return groups


def whole_periods(kind: PeriodKind, start: date, end: date) -> list[Period]:
    """Return the periods whose first day lies in ``[start, end)``."""
    if start >= end:
        return []
    return [period for period in periods_between(kind, start, end - ONE_DAY) if start <= period.start < end]
