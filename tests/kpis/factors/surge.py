"""Twenty days forecast at 2,000, two of which came to 3,000 (contract_mechanics §4)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kpis.models import Attainment, ExternalFactor, Forecast
from kpis.services import factors
from kpis.services.forecasts import lock_forecasts
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.make import make_contract, make_figures, make_kpi, make_measure, make_queue, make_target, make_user
from vendors.actors import Actor
from vendors.authentication import actor_of
from vendors.choices import Role
from vendors.errors import Conflict
from vendors.models import Contract, Queue

NOW = datetime(2026, 10, 6, 3, 0, tzinfo=UTC)
SEPTEMBER = date(2026, 9, 1)
LOCKED = datetime(2026, 8, 2, tzinfo=UTC)
SURGE = (date(2026, 9, 19), date(2026, 9, 20))


@dataclass
class World:
    """Twenty days forecast at 2,000: 18 of 1,640 in 2,000 and two of 1,500 in 3,000 (contract_mechanics §4)."""

    contract: Contract
    queue: Queue
    manager: Actor
    second: Actor


def make_world() -> World:
    make_measure("offered", name="Calls offered")
    make_measure("within", relations="within <= offered", name="Answered in time")
    contract = make_contract(completeness_bar=Decimal(0))
    queue = make_queue(contract, "voice")
    make_target(contract, make_kpi("service_level", "100 * within / offered"), 80, weight=100)
    for number in range(20):
        day = SEPTEMBER + timedelta(days=number)
        counts = {"offered": 3_000, "within": 1_500} if day in SURGE else {"offered": 2_000, "within": 1_640}
        make_figures(queue, day, **counts)
    mark(contract_ids=[contract.pk], first_on=SEPTEMBER)
    drain(now=NOW)
    return World(contract, queue, actor_of(make_user("mina", Role.MANAGER)), actor_of(make_user("sora", Role.MANAGER)))


def forecast(world: World, grain: str = "day", volume: int = 2_000, days: int = 20, **fields: Any) -> list[Forecast]:
    starts = [SEPTEMBER + timedelta(days=number) for number in range(days)] if grain == "day" else [SEPTEMBER]
    rows = [{"queue": "voice", "start": start, "volume": Decimal(volume)} for start in starts]
    given = {"locked_at": LOCKED, **fields}
    return lock_forecasts(rows, grain=grain, actor=world.manager, now=NOW, **given)


def surge(world: World, method: str, **fields: Any) -> ExternalFactor:
    """Register the broadcast that nobody announced: the two days of the surge."""
    times = {"starts_at": datetime(2026, 9, 18, 15, tzinfo=UTC), "ends_at": datetime(2026, 9, 20, 15, tzinfo=UTC)}
    data = {"kind": "campaign", "title": "Broadcast", "method": method, **times, **fields}
    return factors.register(data, queues=[world.queue], actor=world.second, now=NOW)


def approved(world: World, method: str, **fields: Any) -> Attainment:
    factor = surge(world, method, **fields)
    factors.approve(factor.pk, decision="Seen", actor=world.manager, now=NOW)
    drain(now=NOW)
    return Attainment.objects.get(series__contract=world.contract, series__period="month", start=SEPTEMBER)


def come_to(relief: str) -> Decimal | None:
    """Return the adjusted service level with a row of the guide's table: a method, and the grain of the forecast."""
    world = make_world()
    method, _, of_month = relief.strip("`").partition("`, forecast of the ")
    forecast(world, "month", 40_000) if of_month else forecast(world)
    if method != "none":
        factor = surge(world, method)
        with contextlib.suppress(Conflict):
            factors.approve(factor.pk, decision="Seen", actor=world.manager, now=NOW)
        drain(now=NOW)
    return Attainment.objects.get(series__contract=world.contract, start=SEPTEMBER).adjusted_value
