"""A closed April with one day that is wrong, and requests to correct it."""

from __future__ import annotations

from datetime import date
from typing import Any

from bpo.models import CorrectionRequest
from bpo.services import corrections
from kpis.services.closing import close_month
from kpis.services.recalculation import drain
from tests.bpo.scorecard_world import APRIL, IN_MAY, MANAGER, compute, service_level_contract
from tests.make import make_actor
from vendors.actors import Actor
from vendors.choices import Role
from vendors.models import Contract

WORST_DAY = date(2026, 4, 15)


def vendor_of(contract: Contract, role: str = Role.VENDOR_ADMIN) -> Actor:
    return make_actor(role, contract.vendor)


def a_closed_april(**fields: Any) -> Contract:
    """29 days of 900 in 1,000 and one of 1,500 in 3,000: 27,600 of 32,000, which is 86.25 %."""
    contract = service_level_contract(**fields)
    compute(contract)
    close_month(contract=contract.code, start=APRIL, actor=MANAGER, now=IN_MAY)
    return contract


def row(contract: Contract, day: date = WORST_DAY, **measures: Any) -> dict[str, Any]:
    queue = contract.queues.get()
    return {"queue": queue.code, "date": day.isoformat(), "measures": measures or {"in_time": 1900}}


def file(contract: Contract, *rows: Any, actor: Actor | None = None, **options: Any) -> CorrectionRequest:
    about: dict[str, Any] = {"reason": "system_error", "note": "The router counted twice", "now": IN_MAY}
    return corrections.file(rows=list(rows) or [row(contract)], actor=actor or vendor_of(contract), **(about | options))


def accept(request: CorrectionRequest, **options: Any) -> CorrectionRequest:
    made = corrections.accept(request.pk, **({"actor": MANAGER, "now": IN_MAY} | options))
    drain(now=IN_MAY)
    return made
