"""The page of a contract's terms of money: its versions, and what a new one may name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bpo.calc.settlement import MoneyRules
from bpo.models import MoneyTerms
from bpo.queries.money_terms import read_rules
from bpo.queries.money_words import rule_words
from kpis.calc.facts import Rollup
from kpis.choices import PeriodChoice
from kpis.models import Kpi, Measure, Target
from vendors.models import Contract, Queue


@dataclass(frozen=True, slots=True)
class Judged:
    """A KPI that the contract's cards weigh, pooled or of one queue."""

    kpi: str
    queue: str | None
    label: str

    @property
    def key(self) -> str:
        """What names it in a form."""
        return f"{self.kpi}|{self.queue or ''}"


@dataclass(frozen=True, slots=True)
class Version:
    """A version in words."""

    terms: MoneyTerms
    words: Sequence[tuple[str, str]]
    holds: bool


def versions_of(contract: Contract, today: date) -> list[Version]:
    """Return the versions, the newest first; those that were replaced stay readable behind the one in their place."""
    rows = list(MoneyTerms.objects.filter(contract=contract).order_by("-valid_from", "-id"))
    names = _names(rows)
    return [Version(row, rule_words(row.rules, contract.currency, names), _holds(row, today)) for row in rows]


def _names(rows: Sequence[MoneyTerms]) -> dict[str, str]:
    """Return the names of the KPIs and measures that the terms are about."""
    read = [rules for row in rows if (rules := read_rules(row.rules)) is not None]
    kpis = {one.kpi for rules in read for one in rules.allocations}
    measures = {measure for rules in read for measure in rules.measures}
    found = {row.code: row.label for row in Kpi.objects.filter(code__in=kpis)} if kpis else {}
    return found | ({row.code: row.label for row in Measure.objects.filter(code__in=measures)} if measures else {})


def _holds(row: MoneyTerms, today: date) -> bool:
    is_begun = row.valid_from <= today and (row.valid_until is None or today < row.valid_until)
    return is_begun and row.replaced_at is None


def judged_of(contract: Contract, day: date) -> list[Judged]:
    """Return what the contract's monthly cards weigh from ``day`` on, the pooled lines first."""
    rows = Target.objects.filter(
        series__contract=contract, series__period=PeriodChoice.MONTH, weight__isnull=False
    ).exclude(valid_until__lte=day)
    found: dict[tuple[str, str | None], Judged] = {}
    for row in rows.select_related("series__kpi", "series__queue").order_by("-weight", "pk"):
        kpi, queue = row.series.kpi, row.series.queue
        label = f"{kpi.label} · {queue.name}" if queue else kpi.label
        key = kpi.code, queue.code if queue else None
        found.setdefault(key, Judged(*key, label))
    return sorted(found.values(), key=lambda one: one.queue is not None)


def allocated_by(contract: Contract, rules: MoneyRules) -> list[Judged]:
    """Return what stored terms allocate, in their order: some of it may be judged no more."""
    places = [(one.kpi, one.queue) for one in rules.allocations]
    kpis = {row.code: row.label for row in Kpi.objects.filter(code__in={kpi for kpi, _queue in places})}
    named = {queue for _kpi, queue in places if queue}
    queues = dict(Queue.objects.filter(centre__vendor=contract.vendor_id, code__in=named).values_list("code", "name"))
    return [
        Judged(kpi, queue, kpis.get(kpi, kpi) + (f" · {queues.get(queue, queue)}" if queue else ""))
        for kpi, queue in places
    ]


def billable() -> list[tuple[str, str]]:
    """Return the measures that add up over days, by code and name."""
    rows = Measure.objects.filter(rollup=Rollup.ADDITIVE)
    return sorted(((row.code, row.label) for row in rows), key=lambda pair: pair[1])
