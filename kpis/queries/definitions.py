"""Definitions and targets in force, as rules for the arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kpis.calc.facts import (
    AttainmentMode,
    BelowMinimum,
    Direction,
    Edges,
    KpiRule,
    Rollup,
    Rounding,
    TargetRule,
)
from kpis.calc.formula import parse
from kpis.models import KpiVersion, Measure
from kpis.queries.edges import rollups_and_edges
from vendors.querysets import one_of


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a KPI's arithmetic, with the number people cite it by."""

    kpi: int
    channel: str
    number: int
    unit: str
    valid_from: date | None
    rule: KpiRule

    @property
    def measures(self) -> frozenset[str]:
        """The measures whose reported values its figures are made of."""
        counted = {self.rule.min_measure} if self.rule.min_measure else set()
        return frozenset({*parse(self.rule.formula).measures, *counted})

    @property
    def reported(self) -> list[str]:
        """The measures of its formula that somebody reports: those of the calendar are supplied."""
        kinds = self.rule.rollups
        return [code for code in parse(self.rule.formula).measures if kinds.get(code) is not Rollup.CALENDAR]


class Definitions:
    """KPI versions by date: the one in force on a period's first day holds for the whole period."""

    def __init__(self, versions: Iterable[Definition], newest: Mapping[int, KpiVersion]) -> None:
        self.newest = newest
        """By KPI its last version as it is stored, with the KPI."""
        self._versions: dict[int, list[Definition]] = defaultdict(list)
        for version in versions:
            self._versions[version.kpi].append(version)
        for rows in self._versions.values():
            rows.sort(key=lambda version: version.valid_from or date.min)

    def on(self, kpi: int, day: date) -> Definition:
        """Return the version in force on ``day``: the last that began by then, the first having no beginning."""
        rows = self._versions[kpi]
        begun = [row for row in rows if (row.valid_from or date.min) <= day]
        return begun[-1] if begun else rows[0]

    def starts(self, kpi: int) -> list[date]:
        """Return the days on which a version of the KPI begins; the first has no beginning."""
        return [row.valid_from for row in self._versions.get(kpi, ()) if row.valid_from is not None]


def load_definitions(kpis: Iterable[int]) -> Definitions:
    """Read every version of these KPIs, in two queries."""
    measures = rollups_and_edges(Measure.objects.all())
    rows = versions_of(kpis)
    return Definitions((_definition(row, measures) for row in rows), {row.kpi_id: row for row in rows})


def versions_of(kpis: Iterable[int]) -> list[KpiVersion]:
    """Read the stored versions of these KPIs, each with its KPI, by number; one query."""
    return list(KpiVersion.objects.filter(kpi_id__in=one_of(set(kpis))).select_related("kpi").order_by("number"))


def _definition(row: KpiVersion, measures: Mapping[str, tuple[Rollup, tuple[Edges, ...]]]) -> Definition:
    low, high = row.bounds or (None, None)
    named = parse(row.formula).measures
    rule = KpiRule(
        code=row.kpi.code,
        formula=row.formula,
        aggregation=row.aggregation,
        direction=Direction(row.direction),
        decimals=row.decimals,
        min_volume=row.min_volume,
        min_measure=row.min_measure or None,
        sampled=row.sampled,
        settle_days=row.settle_days,
        bounds=(_decimal(low), _decimal(high)),
        rollups={code: measures[code][0] for code in named if code in measures},
        edges=next((edges for code in named if code in measures and (edges := measures[code][1])), ()),
    )
    return Definition(row.kpi_id, row.kpi.channel, row.number, row.unit, row.valid_from, rule)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def target_rule(row: Any) -> TargetRule:
    """Turn a stored target version (the row, or a record of its columns) into the rule the arithmetic scores with."""
    return TargetRule(
        target=row.target,
        minimum=row.minimum,
        stretch=row.stretch,
        target_upper=row.target_upper,
        minimum_upper=row.minimum_upper,
        mode=AttainmentMode(row.attainment_mode),
        score_at_minimum=row.score_at_minimum,
        score_at_target=row.score_at_target,
        score_at_stretch=row.score_at_stretch,
        below_minimum=BelowMinimum(row.below_minimum),
        step=row.step,
        tiers=tuple((Decimal(str(start)), Decimal(str(score))) for start, score in map(_tier, row.tiers or ())),
        cap=row.cap,
        decimals=row.decimals,
        rounding=Rounding(row.rounding),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _tier(row: object) -> tuple[object, object]:
    start, score = (row["from"], row["score"]) if isinstance(row, dict) else tuple(row)  # type: ignore[arg-type]
    # The last row of a points table may be open: it covers everything below.
    return ("-Infinity" if start is None else start), score


def unknown_measures(codes: Collection[str]) -> list[str]:
    """Return those of ``codes`` that are no measure, in order."""
    known = set(Measure.objects.filter(code__in=codes).values_list("code", flat=True))
    return [code for code in codes if code not in known]
