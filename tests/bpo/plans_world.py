"""A contract whose KPI changes with an action, and plans about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from bpo.models import ActionPlan
from bpo.services import plans
from kpis.models import Kpi
from tests.bpo.alerts_world import MARCH, make_monthly, report
from tests.make import make_actor
from vendors.actors import Actor
from vendors.choices import Role
from vendors.models import Contract

NOW = datetime(2026, 3, 20, 3, 0, tzinfo=UTC)
"""Friday noon in Seoul."""
TODAY = date(2026, 3, 20)
DUE = date(2026, 3, 31)
MANAGER = make_actor(Role.MANAGER)


def vendor_of(contract: Contract) -> Actor:
    return make_actor(Role.VENDOR_ADMIN, contract.vendor)


def words(contract: Contract | None, **fields: Any) -> dict[str, Any]:
    """Return what somebody writes down."""
    about = {"title": "A second line", "next_step": "Ask for a second line", "owner": "Site manager", "due_on": DUE}
    return {**about, "contract": contract, **fields}


def make_plan(contract: Contract, actor: Actor = MANAGER, now: datetime = NOW, **fields: Any) -> ActionPlan:
    return plans.make(words(contract, **fields), actor=actor, now=now)


def make_shared(contract: Contract, **fields: Any) -> ActionPlan:
    made = make_plan(contract, **fields)
    return plans.share(made.pk, actor=MANAGER, now=NOW)


def an_action_that_helps() -> tuple[Contract, Kpi]:
    """Report February and a half at 78 %, and April from its second day on at 83 %: days stray by one point."""
    contract, queue = make_monthly()
    report(queue, date(2026, 2, 2), date(2026, 4, 1), 780, stray=10)
    report(queue, date(2026, 4, 2), date(2026, 5, 10), 830, stray=10)
    return contract, contract.target_series.get().kpi


def done(contract: Contract, kpi: Kpi | None, **fields: Any) -> ActionPlan:
    """Return a plan begun on 23 March and done on the first of April."""
    made = make_shared(contract, kpi=kpi, **fields)
    began = NOW + timedelta(days=3)
    plans.start(made.pk, actor=MANAGER, now=began)
    return plans.finish(made.pk, note="Ordered", actor=MANAGER, now=datetime(2026, 4, 1, 3, tzinfo=UTC))


__all__ = [
    "DUE",
    "MANAGER",
    "MARCH",
    "NOW",
    "TODAY",
    "an_action_that_helps",
    "done",
    "make_monthly",
    "make_plan",
    "make_shared",
    "vendor_of",
    "words",
]
