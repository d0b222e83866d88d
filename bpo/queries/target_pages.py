"""The pages of targets: the contracts, the grid of one of them with what a change would do, and its history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from bpo.models import FrozenScorecard
from kpis.calc.facts import AttainmentMode, PeriodKind
from kpis.calc.periods import Period
from kpis.choices import TargetChangeStatus
from kpis.models import Kpi, Target, TargetChange
from kpis.queries.target_bench import Replayed, replayed
from kpis.queries.target_grid import LEVELS, Grid, GridRow, Lock, Locks
from kpis.services.target_changes import is_own
from kpis.services.target_grid import CellError, Plan, lock_text
from kpis.services.target_values import plain, version_on
from vendors.actors import Actor, Capability
from vendors.errors import RowError
from vendors.models import AuditEntry, Contract

BAND_LEVELS = ("target_upper", "minimum_upper")
MOST_HISTORY = 30
SEEN_BY_ALL = (TargetChangeStatus.STORED, TargetChangeStatus.APPROVED)
"""What a vendor sees of changes: those that hold, not those still spoken of."""


def contracts_with_targets(actor: Actor) -> QuerySet[Contract]:
    """Return the contracts whose targets the reader may see."""
    visible = Contract.objects.visible_to(actor.limited_to(Capability.READ_TARGETS)).select_related("vendor")
    return visible.order_by("vendor__code", "code")


def changes_for(actor: Actor) -> QuerySet[TargetChange]:
    """Return the changes of targets that exist for a reader."""
    rows = TargetChange.objects.visible_to(actor.limited_to(Capability.READ_TARGETS)).select_related("contract__vendor")
    return rows if actor.may(Capability.READ_INTERNAL_NOTES) else rows.filter(status__in=SEEN_BY_ALL)


def final_months(contract: Contract) -> Locks:
    """Return the months whose scorecard is final, with who finalised it and when."""
    rows = FrozenScorecard.objects.filter(contract=contract, scorecard__period=PeriodKind.MONTH).order_by("sequence")
    return {
        start: Lock("final", by, at) for start, by, at in rows.values_list("scorecard__start", "frozen_by", "frozen_at")
    }


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One contract of the list: what is asked of it today, and what waits."""

    contract: Contract
    kpis: int
    weights: Decimal
    waiting: int
    is_over: bool


def index_rows(actor: Actor, today: date) -> list[IndexRow]:
    """Return the contracts with their monthly targets of today, those in force first; three queries."""
    contracts = list(contracts_with_targets(actor))
    kpis: dict[int, int] = defaultdict(int)
    weights: dict[int, Decimal] = defaultdict(Decimal)
    rows = Target.objects.visible_to(actor.limited_to(Capability.READ_TARGETS)).filter(
        series__period=PeriodKind.MONTH, series__contract__isnull=False
    )
    for contract, weight in rows.valid_on(today).values_list("series__contract_id", "weight"):
        kpis[contract] += 1
        weights[contract] += weight or Decimal(0)
    waiting: dict[int, int] = defaultdict(int)
    for contract in changes_for(actor).filter(status=TargetChangeStatus.WAITING).values_list("contract_id", flat=True):
        waiting[contract] += 1
    found = [
        IndexRow(row, kpis[row.pk], weights[row.pk], waiting[row.pk], bool(row.ends_on and row.ends_on < today))
        for row in contracts
    ]
    return sorted(found, key=lambda row: row.is_over)


@dataclass(frozen=True, slots=True)
class MonthCell:
    """One cell as the page shows it: the figure (as typed, where it was), and why it cannot be changed."""

    name: str
    month: date
    value: str
    before: str
    lock: Lock | None
    is_split: bool
    """Whether the level changes inside the month."""
    fault: str = ""

    @property
    def is_changed(self) -> bool:
        return self.value != self.before


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One KPI on one level, month by month."""

    row: GridRow
    unit: str
    direction: str
    cells: Sequence[MonthCell]


@dataclass(frozen=True, slots=True)
class LockRun:
    """Neighbouring months that take no change for the same reason."""

    first: date
    last: date
    kind: str
    why: str


@dataclass(slots=True)
class TargetPage:
    """The grid of one contract's year on one level, and what a change of it comes to where one was tried."""

    grid: Grid
    level: str
    rows: Sequence[LevelRow]
    weights: Sequence[Decimal | None]
    may_write: bool
    plan: Plan | None = None
    carried: Sequence[Any] = field(default_factory=list)
    """Cells of other levels, which a pasted table may hold too."""

    @property
    def levels(self) -> list[str]:
        banded = any(
            version.values["attainment_mode"] == AttainmentMode.BAND
            for row in self.grid.rows
            for version in row.versions
        )
        return [name for name in LEVELS if banded or name not in BAND_LEVELS]

    @property
    def locks(self) -> list[LockRun]:
        return _lock_runs(self.grid)

    @property
    def is_open(self) -> bool:
        """Whether a month of the year may be changed at all."""
        return any(self.grid.lock(month) is None for month in self.grid.months)


def cell_name(row: GridRow, month: date) -> str:
    """Return the name of a cell's input."""
    code, queue = row.key
    return f"v|{code}|{queue}|{month.month:02}"


def target_page(
    grid: Grid, level: str, *, may_write: bool, plan: Plan | None = None, typed: Mapping[str, str] | None = None
) -> TargetPage:
    """Return the grid on one level; ``typed`` are the texts of cells, by name, where a change was tried."""
    rows = [row for row in grid.rows if _is_shown(row, grid)]
    faults = _faults_by_place(plan.errors if plan else (), level)
    return TargetPage(
        grid,
        level,
        [_level_row(grid, row, level, typed or {}, faults) for row in rows],
        [_weights(rows, month) for month in grid.months],
        may_write,
        plan,
    )


def _is_shown(row: GridRow, grid: Grid) -> bool:
    """Say whether a row belongs into the year: what ended before it or begins after it does not."""
    return not row.versions or any(row.in_month(month) for month in grid.months)


def _level_row(
    grid: Grid, row: GridRow, level: str, typed: Mapping[str, str], faults: Mapping[tuple[str, str, date], str]
) -> LevelRow:
    version = version_on(row.kpi, grid.months[0].start)
    cells = []
    for month in grid.months:
        name, value = cell_name(row, month.start), row.level(level, month)
        before = "" if value is None else plain(value)
        fault = faults.get((*row.key, month.start), "")
        is_split = len({one.values.get(level) for one in row.in_month(month)}) > 1
        cells.append(MonthCell(name, month.start, typed.get(name, before), before, grid.lock(month), is_split, fault))
    return LevelRow(row, version.unit if level != "weight" else "", version.direction, cells)


def _faults_by_place(errors: Iterable[RowError], level: str) -> dict[tuple[str, str, date], str]:
    """Return what is wrong with the cells of a level, by KPI, queue and month."""
    cells = [error for error in errors if isinstance(error, CellError) and error.cell and error.cell.level == level]
    return {(*error.cell.key, error.cell.month): error.text for error in cells if error.cell}


def _weights(rows: Iterable[GridRow], month: Period) -> Decimal | None:
    given = [weight for row in rows if (weight := row.level("weight", month)) is not None]
    return sum(given, Decimal(0)) if given else None


def _lock_runs(grid: Grid) -> list[LockRun]:
    runs: list[LockRun] = []
    for month in grid.months:
        lock = grid.lock(month)
        if lock is None:
            continue
        if runs and runs[-1].kind == lock.kind and runs[-1].last.month == month.start.month - 1:
            runs[-1] = LockRun(runs[-1].first, month.start, lock.kind, runs[-1].why)
        else:
            runs.append(LockRun(month.start, month.start, lock.kind, lock_text(lock)))
    return runs


@dataclass(frozen=True, slots=True)
class Changed:
    """Neighbouring months of one KPI that change from one figure to another."""

    kpi: str
    queue: str
    level: str
    first: date
    last: date
    before: str
    after: str


def changed_runs(cells: Iterable[Any], labels: Mapping[str, str]) -> list[Changed]:
    """Fold cells (of a plan) into runs of months; ``labels`` are the names of the KPIs by code."""
    runs: list[Changed] = []
    for cell in sorted(cells, key=lambda one: (one.kpi, one.queue, LEVELS.index(one.level), one.month)):
        found = Changed(
            labels.get(cell.kpi, cell.kpi), cell.queue, cell.level, cell.month, cell.month, cell.before, cell.after
        )
        last = runs[-1] if runs else None
        if last and _continues(last, found):
            runs[-1] = Changed(last.kpi, last.queue, last.level, last.first, cell.month, last.before, last.after)
        else:
            runs.append(found)
    return runs


def _continues(run: Changed, one: Changed) -> bool:
    same = (run.kpi, run.queue, run.level, run.before, run.after) == (
        one.kpi,
        one.queue,
        one.level,
        one.before,
        one.after,
    )
    return same and (run.last.year, run.last.month + 1) == (one.first.year, one.first.month)


def kpi_labels(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of KPIs by code."""
    return {kpi.code: kpi.label for kpi in Kpi.objects.filter(code__in=set(codes))}


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One act on the targets of a contract: on the grid (with its change), or by another way."""

    at: datetime
    by: str
    action: str
    change: TargetChange | None = None
    entry: AuditEntry | None = None


def history_of(contract: Contract, actor: Actor) -> list[HistoryRow]:
    """Return who changed what, newest first: on the grid and, for those who read the audit trail, by other ways."""
    changes = changes_for(actor).filter(contract=contract)[:MOST_HISTORY]
    found = [HistoryRow(row.proposed_at, row.proposed_by, row.status, row) for row in changes]
    if actor.may(Capability.READ_AUDIT, contract.vendor_id):
        found += [HistoryRow(row.at, row.actor, row.action, entry=row) for row in _other_acts(contract)]
    return sorted(found, key=lambda row: row.at, reverse=True)[:MOST_HISTORY]


def _other_acts(contract: Contract) -> QuerySet[AuditEntry]:
    """Return the audited acts on single targets of the contract, and of target sets applied to it."""
    ids = Target.history.filter(series__contract=contract).values_list("id", flat=True).distinct()
    of_targets = Q(object_type="target", object_code__in=[str(pk) for pk in ids])
    of_sets = Q(object_type="contract", object_code=contract.code, action="apply_target_set")
    return AuditEntry.objects.filter(of_targets | of_sets, vendor=contract.vendor)[:MOST_HISTORY]


@dataclass(frozen=True, slots=True)
class Bench:
    """A proposed level replayed on the last twelve months of every contract the reader sees."""

    kpi: Kpi
    unit: str
    decimals: int
    target: Decimal
    rows: Sequence[Replayed]

    @property
    def known(self) -> int:
        return sum(row.tally.known for row in self.rows)

    @property
    def met(self) -> int:
        return sum(row.tally.met for row in self.rows)

    @property
    def met_now(self) -> int:
        return sum(row.tally.met_now for row in self.rows)

    @property
    def months(self) -> list[date]:
        return [one.month for one in self.rows[0].months] if self.rows else []


def bench(row: GridRow, target: Decimal, actor: Actor, *, now: datetime) -> Bench:
    """Replay ``target`` for the KPI of a grid's row."""
    version = version_on(row.kpi, now.date())
    decimals = row.versions[-1].values["decimals"] if row.versions else version.decimals
    rows = replayed(row.kpi, list(contracts_with_targets(actor)), target, now=now)
    return Bench(row.kpi, version.unit, decimals, target, rows)


def may_decide(change: TargetChange, actor: Actor) -> bool:
    """Say whether the reader may approve or return a change that waits."""
    return (
        change.status == TargetChangeStatus.WAITING
        and actor.may(Capability.WRITE_SETUP, change.contract.vendor_id)
        and not is_own(change, actor)
    )
