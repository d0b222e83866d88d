"""A month's card with other figures in the place of the stored ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bpo.queries.card_facts import MonthFacts
from kpis.models import TargetSeries
from kpis.services.effect import Outcomes


def with_carried(month: MonthFacts, outcomes: Outcomes) -> MonthFacts:
    """Return the month with other figures in the place of those that the month before carried to it."""
    rows = (replace(row, attainment=outcomes.get(row.target.series_id, row.attainment)) for row in month.carried)
    return replace(month, carried=tuple(rows))


def with_outcomes(month: MonthFacts, outcomes: Outcomes, codes: Mapping[int, str] | None = None) -> MonthFacts:
    """Return the month with other figures in the place of the stored ones.

    ``codes`` are those of the KPIs by series, for who has read them: one query where a card weighs some of them not.
    """
    kpis = tuple(replace(row, attainment=outcomes.get(row.target.series_id, row.attainment)) for row in month.kpis)
    return replace(month, kpis=kpis, gate_values=_gate_values(month, outcomes, codes or {}))


def _gate_values(month: MonthFacts, outcomes: Outcomes, known: Mapping[int, str]) -> dict[str, Any]:
    """Return the worst value of each KPI, as :mod:`bpo.queries.card_facts` reads it of what is stored."""
    later = {row.target.series_id for row in month.kpis if row.is_carried}
    codes = {row.target.series_id: row.kpi.code for row in month.kpis} | dict(known)
    # What no card weighs can hold a gate all the same.
    if others := outcomes.keys() - codes.keys():
        codes |= dict(TargetSeries.objects.filter(pk__in=others).values_list("pk", "kpi__code"))
    found = [(codes[key], row.value) for key, row in outcomes.items() if key not in later]
    found += [(row.kpi.code, row.attainment.value) for row in month.carried if row.attainment is not None]
    values: dict[str, Any] = {}
    for code, value in found:
        if value is not None:
            values[code] = max(value, values.get(code, value))
    return values
