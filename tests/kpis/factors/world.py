"""A month with an outage: 29 days of 1,640/2,000 and one of 2,800/4,000, of which 100/1,000 in the outage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kpis.models import Attainment, ExternalFactor
from kpis.services import factors
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.make import make_contract, make_figures, make_kpi, make_measure, make_queue, make_target, make_user
from vendors.actors import Actor
from vendors.authentication import actor_of
from vendors.choices import Role
from vendors.models import Contract, Queue

NOW = datetime(2026, 10, 6, 3, 0, tzinfo=UTC)
SEPTEMBER = date(2026, 9, 1)
OUTAGE = date(2026, 9, 30)
"""The last day of the month; the claim window is five business days from it."""
STARTS, ENDS = datetime(2026, 9, 30, 1, 0, tzinfo=UTC), datetime(2026, 9, 30, 3, 30, tzinfo=UTC)


@dataclass
class World:
    contract: Contract
    queue: Queue
    member: Actor
    manager: Actor
    second_manager: Actor
    department: Actor


def make_world() -> World:
    make_measure("offered", name="Calls offered")
    make_measure("within", relations="within <= offered", name="Answered in time")
    contract = make_contract(code="voice-2026")
    queue = make_queue(contract, "voice")
    make_target(contract, make_kpi("service_level", "100 * within / offered"), 80, weight=100)
    for number in range(29):
        make_figures(queue, SEPTEMBER + timedelta(days=number), offered=2_000, within=1_640)
    make_figures(queue, OUTAGE, offered=4_000, within=2_800)
    world = World(
        contract,
        queue,
        actor_of(make_user("jisu", Role.VENDOR_MEMBER, contract.vendor)),
        actor_of(make_user("mina", Role.MANAGER)),
        actor_of(make_user("sora", Role.MANAGER)),
        actor_of(make_user("it", Role.DEPARTMENT)),
    )
    mark(contract_ids=[contract.pk], first_on=SEPTEMBER)
    drain(now=NOW)
    return world


def outage(world: World, by: Actor | None = None, **fields: Any) -> ExternalFactor:
    given = {"kind": "outage", "title": "Phone system down", "starts_at": STARTS, "ends_at": ENDS, **fields}
    queues = given.pop("queues", [world.queue])
    return factors.register(given, queues=queues, actor=by or world.member, now=NOW)


def part(**measures: Any) -> dict[str, Any]:
    return {"queue": "voice", "date": OUTAGE.isoformat(), "measures": measures or None}


SLICE = part(offered=1_000, within=100)


def approved(world: World, *slices: Any) -> ExternalFactor:
    """Claim relief for the outage, let a manager approve it, and compute."""
    factor = outage(world, slices=list(slices))
    factors.claim(factor.pk, evidence="Ticket 4711", actor=world.member, now=NOW)
    factor = factors.approve(factor.pk, decision="Our outage", actor=world.manager, now=NOW)
    drain(now=NOW)
    return factor


def month(world: World) -> tuple[Decimal | None, Decimal | None]:
    """Return gross and adjusted value of the month."""
    row = attainment(world)
    return row.value, row.adjusted_value


def attainment(world: World, start: date = SEPTEMBER) -> Attainment:
    found: Attainment = Attainment.objects.get(series__contract=world.contract, series__period="month", start=start)
    return found
