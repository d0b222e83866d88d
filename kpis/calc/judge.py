"""One target series in one period, from queue-days to status: the whole arithmetic in its fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kpis.calc.aggregation import PeriodFigure, aggregate
from kpis.calc.attainment import Assessment, assess
from kpis.calc.coverage import Expected
from kpis.calc.daytable import DayTable, as_table
from kpis.calc.explanation import explain
from kpis.calc.facts import KpiRule, MissingDays, QueueDay, TargetRule
from kpis.calc.imputation import impute
from kpis.calc.periods import Period
from kpis.calc.targets import TargetSlice, blend, slices_of


@dataclass(frozen=True, slots=True)
class Judgement:
    """A period's figure, the target versions it is held against, and what it comes to."""

    rule: KpiRule
    period: Period
    today: date
    figure: PeriodFigure
    slices: tuple[TargetSlice, ...]
    assessment: Assessment

    def explanation(self) -> dict[str, Any]:
        """Return what is needed to recompute it, as JSON-able values."""
        return explain(
            self.figure, self.rule, self.assessment, period=self.period, today=self.today, slices=self.slices
        )


def judge(
    rule: KpiRule,
    targets: Sequence[TargetRule],
    days: DayTable | Iterable[QueueDay],
    expected: Expected,
    period: Period,
    *,
    today: date,
    policy: MissingDays = MissingDays.EXCLUDE,
    grace_days: int = 0,
    spared: Expected | None = None,
) -> Judgement:
    """Aggregate, count missing days by the contract's policy, and assess against the period's targets.

    ``targets`` are the versions of one series; ``expected`` the open days by queue up to the as-of day;
    an unreported day counts by ``policy`` once it is more than ``grace_days`` old, unless it is ``spared``: what
    is missing on it is not the vendor's to report.
    """
    table = as_table(days)
    figure = aggregate(rule, table, expected, period)
    slices = slices_of(rule, targets, table, expected, period)
    effective = blend(slices)
    if effective is not None:
        before = today - timedelta(days=grace_days)
        owed = (
            {queue: days - spared.get(queue, frozenset()) for queue, days in expected.items()} if spared else expected
        )
        figure = impute(figure, rule, table, owed, period, policy=policy, target=effective, before=before)
    assessment = assess(figure, rule, slices, period=period, today=today)
    return Judgement(rule, period, today, figure, slices, assessment)
