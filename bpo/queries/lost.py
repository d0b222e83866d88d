"""What external factors cost: by whose card it stands on, and by department and quarter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period, period_of
from kpis.choices import APPROVED_FACTORS, FactorMethod
from kpis.models import ExternalFactor
from kpis.services.factors.costs import Cost, costs_of
from kpis.services.factors.parties import CLIENT, party_of
from vendors.actors import SYSTEM, Actor
from vendors.models import Contract, Department

Key = tuple[int, int, date]
Priced = Mapping[Key, Decimal]
"""What relief moves a fee by, by factor, contract and month."""


class Price(Protocol):
    """Prices what events did, where terms of money hold; the services do."""

    def __call__(self, costs: Sequence[Cost], *, now: datetime) -> Priced: ...


def key_of(cost: Cost) -> Key:
    return cost.factor.pk, cost.contract.pk, cost.start


def worth_of(costs: Iterable[Cost], priced: Priced) -> dict[str, Decimal]:
    """Return what the relief of these costs is worth, by currency; nothing where no terms say."""
    found: dict[str, Decimal] = {}
    for one in costs:
        amount = priced.get(key_of(one))
        if amount is not None:
            found[one.contract.currency] = found.get(one.contract.currency, Decimal(0)) + amount
    return found


@dataclass(frozen=True, slots=True)
class Lost:
    """What one party's or department's events came to in a period; null where nothing can be counted.

    ``days`` are queue-days, each counted once, as every call is.
    ``department`` is null of the client as a whole, and of events without a department.
    """

    start: date
    department: Department | None
    factors: Sequence[ExternalFactor]
    days: int
    calls: Decimal | None
    missed: Decimal | None
    points: Decimal | None
    cards: int = 0
    """How many monthly cards the points are of: one a contract and month."""
    money: Mapping[str, Decimal] = field(default_factory=dict)
    """What the relief is worth, by currency; empty where no terms of money hold."""

    @property
    def points_a_card(self) -> Decimal | None:
        """Points of cards of several contracts add up to no score anybody has: what one of them would lack."""
        return None if self.points is None else self.points / self.cards


@dataclass(frozen=True, slots=True)
class Put:
    """What is put to one contract from another vendor's queues: information, without the other's name."""

    contract: Contract
    start: date
    kind: str
    days: int
    calls: Decimal | None
    missed: Decimal | None


def attributed(costs: Iterable[Cost], priced: Priced) -> list[Lost]:
    """Return what stands on the card of the client and of each of its departments (:func:`party_of`)."""
    costs = list(costs)
    found: dict[str, list[Cost]] = defaultdict(list)
    for one in costs:
        party = party_of(one.factor)
        if party is not None and party.kind != "contract":
            found[party.code].append(one)
    if not found:
        return []
    departments = {row.code: row for row in Department.objects.filter(code__in=found)}
    order = sorted(found, key=lambda code: (code != CLIENT, code))
    return [_lost(found[code][0].start, departments.get(code), found[code], priced) for code in order]


def lost_by_quarter(costs: Iterable[Cost], priced: Priced) -> list[Lost]:
    """Return what all approved factors came to, by quarter (the newest first) and department."""
    found: dict[tuple[date, str], list[Cost]] = defaultdict(list)
    for one in costs:
        department = one.factor.department
        quarter = period_of(PeriodKind.QUARTER, one.start).start
        found[quarter, department.code if department else ""].append(one)
    order = sorted(found, key=lambda key: (-key[0].toordinal(), not key[1], key[1]))
    return [_lost(key[0], found[key][0].factor.department, found[key], priced) for key in order]


def put_to_contracts(period: Period, reader: Actor, vendor: str = "", *, now: datetime) -> list[Put]:
    """Return what other vendors' slices are put to the contracts that exist for the reader."""
    contracts = Contract.objects.visible_to(reader).select_related("vendor")
    if vendor:
        contracts = contracts.filter(vendor__code=vendor)
    rows = ExternalFactor.objects.filter(
        method=FactorMethod.ATTRIBUTE, status__in=APPROVED_FACTORS, approved__date__gte=period.start,
        approved__date__lt=period.end, parameters__has_key="contract",
    )  # fmt: skip
    attributed_to = {row.pk: row.parameters["contract"] for row in rows.distinct()}
    if not attributed_to:
        return []
    by_code = {row.code: row for row in contracts}
    named = {factor: code for factor, code in attributed_to.items() if code in by_code}
    # Counted in the other vendor's figures, of which no more than these counts is shown.
    costs = costs_of(period.start, period.end, actor=SYSTEM, now=now, factors=named)
    return [
        Put(by_code[named[one.factor.pk]], one.start, one.factor.get_kind_display(), one.days, one.calls, one.missed)
        for one in costs
    ]


def _lost(start: date, department: Department | None, costs: Sequence[Cost], priced: Priced) -> Lost:
    factors = list({one.factor.pk: one.factor for one in costs}.values())
    return Lost(
        start,
        department,
        factors,
        len(frozenset().union(*(one.queue_days for one in costs))),
        _sum(one.calls for one in costs),
        _sum(one.missed for one in costs),
        _sum(one.points for one in costs),
        len({(one.contract.pk, one.start) for one in costs if one.points is not None}),
        worth_of(costs, priced),
    )


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum of what is known; null where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None
