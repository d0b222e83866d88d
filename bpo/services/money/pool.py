"""The allocation of the amount at risk over KPIs: what may stand in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bpo.calc.settlement.rules import Severity
from bpo.services.money.faults import Faults, written
from kpis.calc.facts import Direction
from kpis.choices import PeriodChoice
from kpis.models import KpiVersion, Target
from vendors.models import Contract

MOST_ALLOCATIONS = 40
ONE_SIDED = frozenset({Direction.HIGHER, Direction.LOWER, Direction.ZERO})
Level = tuple[str, Decimal | None]
"""A KPI's direction, and its minimum in force where it has one."""
Place = tuple[str, str | None]


def clean_allocations(
    contract: Contract,
    valid_from: date,
    rows: Sequence[Mapping[str, Any]],
    pool: Decimal | None,
    most: Decimal | None,
    faults: Faults,
) -> list[dict[str, Any]]:
    """Return the allocations as they are stored; each within ``most``, together within ``pool``."""
    if not 0 < len(rows) <= MOST_ALLOCATIONS:
        text = _("Allocate the amount at risk to 1 to %(most)s KPIs.") % {"most": MOST_ALLOCATIONS}
        faults.add("allocations", "required" if not rows else "too_many", text)
        return []
    levels = _levels(contract, valid_from)
    found, seen = [], set()
    for number, row in enumerate(rows):
        place = f"allocations.{number}"
        key = str(row.get("kpi") or ""), row.get("queue") or None
        if key in seen:
            faults.add(f"{place}.kpi", "twice", _("This KPI stands here twice."))
        seen.add(key)
        found.append(_allocation(row, place, key, levels, most, faults))
    total = sum((Decimal(row["share"] or 0) for row in found), Decimal(0))
    if pool is not None and total > pool:
        text = _("The allocations come to %(total)s %%, more than the pool of %(pool)s %%.")
        faults.add("allocations", "over_pool", text % {"total": written(total), "pool": written(pool)})
    return found


def _allocation(
    row: Mapping[str, Any], place: str, key: Place, levels: Mapping[Place, Level], most: Decimal | None, faults: Faults
) -> dict[str, Any]:
    share = faults.number(row, "share", f"{place}.share", 0, most if most is not None else 100)
    severity = faults.choice(row.get("severity", Severity.STEP), Severity, f"{place}.severity")
    floor = None
    if severity == Severity.SLIDE:
        floor = faults.number(row, "floor", f"{place}.floor", Decimal(-(10**9)), Decimal(10**9))
    level = levels.get(key)
    if level is None and key[1] is None:
        # Of queues alone the worst judged counts.
        level = next((of_queue for (kpi, _queue), of_queue in sorted(levels.items(), key=str) if kpi == key[0]), None)
    _check_level(level, floor, place, faults)
    return {
        "kpi": key[0],
        "queue": key[1],
        "share": written(share),
        "severity": severity,
        "floor": written(floor),
        "is_critical": bool(row.get("is_critical")),
    }


def _check_level(level: Level | None, floor: Decimal | None, place: str, faults: Faults) -> None:
    if level is None:
        text = _("This contract has no weighed monthly target of that KPI, so no scorecard has it.")
        faults.add(f"{place}.kpi", "not_on_card", text)
        return
    direction, minimum = level
    if direction not in ONE_SIDED:
        faults.add(f"{place}.kpi", "two_sided", _("A KPI within a band has no one side on which it is missed."))
    if floor is None or minimum is None:
        return
    is_lower = direction != Direction.HIGHER
    if floor <= minimum if is_lower else floor >= minimum:
        text = _("The floor lies beyond the minimum of %(minimum)s, on the side that is worse.")
        faults.add(f"{place}.floor", "floor_side", text % {"minimum": written(minimum)})


def _levels(contract: Contract, day: date) -> dict[Place, Level]:
    """Return what the contract's cards weigh from ``day`` on, by KPI and queue."""
    rows = Target.objects.filter(
        series__contract=contract, series__period=PeriodChoice.MONTH, weight__isnull=False
    ).exclude(valid_until__lte=day)
    rows = rows.select_related("series__kpi", "series__queue").order_by("-valid_from")
    targets = list(rows)
    versions = KpiVersion.objects.filter(kpi__in={row.series.kpi_id for row in targets}).order_by("number")
    directions = {version.kpi_id: version.direction for version in versions}
    return {
        (row.series.kpi.code, row.series.queue.code if row.series.queue else None): (
            directions.get(row.series.kpi_id, ""),
            row.minimum,
        )
        for row in targets
    }
