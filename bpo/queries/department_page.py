"""What a department gets in return: what its events did to calls, waits and cost, and how far ahead it said so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.db.models import QuerySet

from bpo.queries.client_card import NEVER_WERE, NOTICE_DAYS
from bpo.queries.lost import Price, worth_of
from kpis.calc.punctuality import Punctuality, median, notice_days, punctuality
from kpis.choices import APPROVED_FACTORS, DepartmentAnswer
from kpis.models import ExternalFactor, Kpi
from kpis.queries.effects import ContractEffect, KpiEffect, effects_of_many
from kpis.services.factors.costs import costs_of
from vendors.actors import Actor, Capability, Grant
from vendors.calc.months import month_after
from vendors.choices import Role
from vendors.clock import local_date
from vendors.models import Department

LOOKED_BACK = timedelta(days=90)
MOST_EVENTS = 12
WAITS = ("asa", "service_level", "answer_rate", "abandonment_rate")
"""KPIs that say how long customers wait, the plainest first."""
COST = "cost_per_contact"


@dataclass(frozen=True, slots=True)
class Moved:
    """By how much a KPI moved for each of the calls that came, in its own unit."""

    kpi: Kpi
    unit: str
    change: Decimal


@dataclass(frozen=True, slots=True)
class Event:
    """What one event did: calls above (below) what was to be expected, waits, cost; null where nobody can say."""

    factor: ExternalFactor
    calls: Decimal | None
    waits: Sequence[Moved]
    cost: Decimal | None
    unit: str
    """The unit of the cost: the currency of its KPI."""
    money: Mapping[str, Decimal] = field(default_factory=dict)
    """What its relief is worth, by currency; empty where no terms of money hold."""


@dataclass(frozen=True, slots=True)
class DepartmentPage:
    """The events of one department in the last ninety days, the newest first."""

    department: Department
    events: Sequence[Event]
    calls: Decimal | None
    notice: Punctuality
    notice_median: Decimal | None
    has_cost: bool
    has_money: bool
    is_cut: bool
    notice_bar: int = NOTICE_DAYS


def department_page(department: Department, actor: Actor, *, now: datetime, price: Price) -> DepartmentPage:
    """Return the page of a department: sums over all vendors, and none by name. A constant number of queries.

    ``price`` says what relief is worth where terms of money hold.
    """
    rows = list(_factors(department, actor, now)[: MOST_EVENTS + 1])
    factors = rows[:MOST_EVENTS]
    effects = effects_of_many(factors, _reader(actor), now=now)
    worth = _worth(factors, _reader(actor), price, now)
    events = [_event(factor, effects[factor.pk], worth.get(factor.pk, {})) for factor in factors]
    known = [event.calls for event in events if event.calls is not None]
    ahead = [notice_days(one.announced_at, one.starts_at) for one in factors if one.is_planned]
    return DepartmentPage(
        department,
        events,
        sum(known, Decimal(0)) if known else None,
        punctuality(None if days is None else days >= NOTICE_DAYS for days in ahead),
        median([days for days in ahead if days is not None]),
        any(event.cost is not None for event in events),
        any(event.money for event in events),
        len(rows) > MOST_EVENTS,
    )


def _factors(department: Department, actor: Actor, now: datetime) -> QuerySet[ExternalFactor]:
    rows = ExternalFactor.objects.visible_to(actor.limited_to(Capability.READ_FACTORS))
    rows = rows.filter(department=department, starts_at__lte=now, ends_at__gte=now - LOOKED_BACK, origin=None)
    return rows.exclude(status__in=NEVER_WERE).exclude(department_answer=DepartmentAnswer.DENIED)


def _reader(actor: Actor) -> Actor:
    """Return who reads the results behind the sums: of the vendors for which the actor sees factors."""
    may = actor.limited_to(Capability.READ_FACTORS)
    return replace(may, grants=tuple(Grant(Role.ANALYST, grant.vendor_id) for grant in may.grants))


def _worth(
    factors: Sequence[ExternalFactor], reader: Actor, price: Price, now: datetime
) -> dict[int, dict[str, Decimal]]:
    """Return what the relief of each approved event is worth, all vendors together."""
    approved = [factor for factor in factors if factor.status in APPROVED_FACTORS]
    if not approved:
        return {}
    first = min(local_date(factor.starts_at, settings.TIME_ZONE) for factor in approved).replace(day=1)
    end = month_after(max(local_date(factor.ends_at, settings.TIME_ZONE) for factor in approved))
    costs = costs_of(first, end, actor=reader, now=now, factors=[factor.pk for factor in approved])
    priced = price(costs, now=now)
    return {factor.pk: worth_of([one for one in costs if one.factor.pk == factor.pk], priced) for factor in approved}


def _event(factor: ExternalFactor, effects: Sequence[ContractEffect], money: Mapping[str, Decimal]) -> Event:
    moved: dict[str, list[tuple[KpiEffect, Decimal]]] = defaultdict(list)
    cost, unit = None, ""
    for effect in effects:
        came = sum((day.volume for day in effect.days if day.is_affected and day.volume is not None), Decimal(0))
        for one in effect.every:
            if one.kpi.code in WAITS and one.is_sure:
                moved[one.kpi.code].append((one, came))
            if one.kpi.code == COST:
                cost, unit = (cost or Decimal(0)) + effect.more_volume * one.expected, one.unit
    calls = sum((effect.more_volume for effect in effects), Decimal(0)) if effects else None
    waits = [found for code in WAITS if code in moved and (found := _pooled(moved[code])) is not None]
    rounded = None if cost is None else cost.quantize(Decimal(1), ROUND_HALF_UP)
    return Event(factor, calls, waits, rounded, unit, money)


def _pooled(rows: Iterable[tuple[KpiEffect, Decimal]]) -> Moved | None:
    """Return the change of all contracts together: each call weighs the same."""
    rows = list(rows)
    came = sum((volume for _one, volume in rows), Decimal(0))
    if not came:
        return None
    change = sum((one.change * volume for one, volume in rows), Decimal(0)) / came
    first = rows[0][0]
    return Moved(first.kpi, first.unit, change.quantize(Decimal("0.1"), ROUND_HALF_UP))
