"""The targets of a contract as a grid of months: its rows, what holds in each month, and which months are locked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period
from kpis.calc.target_months import Version, holding, months_of
from kpis.models import Kpi, MonthClose, Target, TargetSeries
from vendors.models import Contract, Queue

VALUE_COLUMNS = (
    "target", "minimum", "stretch", "weight", "target_upper", "minimum_upper", "attainment_mode", "score_at_minimum",
    "score_at_target", "score_at_stretch", "below_minimum", "step", "tiers", "cap", "decimals", "rounding",
    "parameters",
)  # fmt: skip
LEVELS = ("target", "minimum", "stretch", "weight", "target_upper", "minimum_upper")
"""What the grid shows one at a time."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Why a month takes no other targets: ``closed``, ``final`` (its card is), or ``outside`` of the contract."""

    kind: str
    by: str = ""
    at: datetime | None = None


Locks = Mapping[date, Lock]


@dataclass(frozen=True, slots=True)
class GridRow:
    """One KPI of a contract (pooled, or of one queue) with every version of its monthly target, in order."""

    kpi: Kpi
    queue: Queue | None
    versions: Sequence[Version] = ()
    series_id: int | None = None
    makers: Mapping[Any, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.kpi.code, self.queue.code if self.queue else ""

    def in_month(self, month: Period) -> list[Version]:
        return holding(self.versions, month.start, month.end)

    def level(self, name: str, month: Period) -> Decimal | None:
        """Return a level as it stands at the end of the month; null where no target holds or it has none."""
        return level_in(self.versions, name, month)


@dataclass(frozen=True, slots=True)
class Grid:
    """A contract's year. ``locks`` are the months that take no other targets, of any year."""

    contract: Contract
    year: int
    rows: Sequence[GridRow]
    locks: Locks

    @property
    def months(self) -> tuple[Period, ...]:
        return months_of(self.year)

    def row(self, key: tuple[str, str]) -> GridRow | None:
        return next((row for row in self.rows if row.key == key), None)

    def lock(self, month: Period) -> Lock | None:
        contract = self.contract
        if month.end <= contract.starts_on or (contract.ends_on and month.start > contract.ends_on):
            return Lock("outside")
        return self.locks.get(month.start)


def level_in(versions: Iterable[Version], name: str, month: Period) -> Decimal | None:
    """Return a level of the last of ``versions`` that holds in the month."""
    found = holding(versions, month.start, month.end)
    value: Decimal | None = found[-1].values.get(name) if found else None
    return value


def load_grid(contract: Contract, year: int, final: Locks, *, add: Iterable[str] = ()) -> Grid:
    """Read the grid in a constant number of queries.

    ``final`` are months whose scorecard is final; ``add`` are codes of KPIs to show though nothing is asked yet.
    """
    rows = _rows(contract)
    known = {row.key for row in rows}
    wanted = [code for code in add if (code, "") not in known]
    added = Kpi.objects.filter(code__in=wanted).prefetch_related("versions").order_by("code") if wanted else ()
    return Grid(contract, year, [*rows, *(GridRow(kpi, None) for kpi in added)], {**final, **_closed(contract)})


def _rows(contract: Contract) -> list[GridRow]:
    series = TargetSeries.objects.filter(contract=contract, period=PeriodKind.MONTH)
    versions: dict[int, list[Version]] = defaultdict(list)
    makers: dict[int, dict[Any, str]] = defaultdict(dict)
    targets = Target.objects.filter(series__in=series).order_by("valid_from").select_related("created_by")
    for target in targets:
        values = {name: getattr(target, name) for name in VALUE_COLUMNS}
        versions[target.series_id].append(Version(target.valid_from, target.valid_until, values, target.pk))
        makers[target.series_id][target.pk] = target.created_by.get_username() if target.created_by else ""
    rows = series.select_related("kpi", "queue").prefetch_related("kpi__versions").order_by("kpi__code", "queue__code")
    return [GridRow(row.kpi, row.queue, versions[row.pk], row.pk, makers[row.pk]) for row in rows]


def _closed(contract: Contract) -> dict[date, Lock]:
    """Return the months of the contract whose last act closed them."""
    last = {act.start: act for act in MonthClose.objects.filter(contract=contract).order_by("number")}
    return {start: Lock("closed", act.by, act.at) for start, act in last.items() if act.is_closed}
