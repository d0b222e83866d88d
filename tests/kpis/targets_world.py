"""What the tests of targets by month share: one contract with one target, and changes to its months."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from kpis.models import Kpi, Target, TargetChange
from kpis.services import target_changes
from kpis.services.target_grid import Cell
from tests import make
from vendors.actors import Actor, Grant
from vendors.choices import Role
from vendors.errors import DomainError
from vendors.models import Contract

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
MANAGER = make.make_actor(Role.MANAGER)
OTHER = Actor(label="test:other", grants=(Grant(Role.MANAGER),))


def make_asked() -> Contract:
    """Make a contract that asks 90 (at least 80) of one KPI, the answer rate."""
    made = make.make_contract(make.make_vendor("hanbit"), "hanbit-2026")
    kpi = make.make_kpi("answer_rate", unit="%", bounds=["0", "100"])
    Kpi.objects.update(name="Answer rate", name_ko="응대율")
    make.make_target(made, kpi, 90, weight=100, minimum=80)
    return made


def cell(month: str, after: str, before: str = "90", level: str = "target", kpi: str = "answer_rate") -> Cell:
    return Cell(kpi, "", level, date.fromisoformat(f"{month}-01"), before, after)


def store(contract: Contract, *cells: Cell, year: int = 2026, actor: Actor = MANAGER, **options: Any) -> TargetChange:
    given = {"goes_on": True, "final": {}, "actor": actor, "now": NOW, **options}
    return target_changes.change_targets(contract, year, cells, **given)


def versions(contract: Contract) -> list[tuple[str, str, str]]:
    rows = Target.objects.filter(series__contract=contract).order_by("series__kpi__code", "valid_from")
    return [(f"{row.valid_from}", f"{row.valid_until or ''}", f"{row.target.normalize():f}") for row in rows]


def faults(contract: Contract, *cells: Cell, **options: Any) -> dict[str, str]:
    with pytest.raises(DomainError) as refusal:
        store(contract, *cells, **options)
    return {error.code: str(error.detail) for error in refusal.value.errors}
