"""A contract whose month is worth a scorecard, and the steps of that card's life."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bpo.models import JudgedItem, Scorecard
from bpo.services import scorecards
from kpis.models import Attainment, TargetSeries
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.make import make_actor, make_contract, make_figures, make_kpi, make_queue, make_target, make_vendor
from vendors.choices import Role
from vendors.models import Contract, Queue, Vendor

APRIL = date(2026, 4, 1)
IN_APRIL = datetime(2026, 4, 20, 3, 0, tzinfo=UTC)
IN_MAY = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)
MANAGER = make_actor(Role.MANAGER)


def vendor_admin(vendor: Vendor) -> Any:
    return make_actor(Role.VENDOR_ADMIN, vendor)


def compute(contract: Contract, now: datetime = IN_MAY) -> None:
    """Have everything of the contract computed, as the drain does after a submission."""
    mark(contract_ids=[contract.pk], first_on=date(2026, 1, 1), last_on=date(2026, 12, 31))
    drain(now=now)


def report_april(queue: Queue, days: int = 30, blank: int | None = None, **measures: int) -> None:
    """Report ``days`` days of April but the ``blank``-th."""
    for number in range(1, days + 1):
        if number != blank:
            make_figures(queue, APRIL + timedelta(days=number - 1), **measures)


def service_level_contract(blank: int | None = None, **fields: Any) -> Contract:
    """29 days of 900 in 1,000 and a worst one, the 15th, of 1,500 in 3,000; one target of 80 with all the weight."""
    contract = make_contract(fields.pop("vendor", None) or make_vendor(), starts_on=APRIL, **fields)
    queue = make_queue(contract)
    kpi = make_kpi(formula="100 * in_time / offered")
    make_target(contract, kpi, 80, minimum=75, weight=100, cap=120)
    for number in range(1, 31):
        if number != blank:
            volumes = {"in_time": 1500, "offered": 3000} if number == 15 else {"in_time": 900, "offered": 1000}
            make_figures(queue, date(2026, 4, number), **volumes)
    return contract


def card_of(contract: Contract, version: int | None = None) -> Scorecard:
    cards = Scorecard.objects.filter(contract=contract, start=APRIL)
    card = cards.get(version=version) if version else cards.order_by("version").last()
    assert card is not None
    return card


def finalised(contract: Contract, now: datetime = IN_MAY) -> Scorecard:
    """Share and finalise the newest card of April."""
    card = card_of(contract)
    scorecards.share(card.pk, actor=MANAGER, now=now)
    return scorecards.finalise(card.pk, actor=MANAGER, now=now)


KOREAN_CARD = {
    # code: (direction aside, all interpolate from the floor to the target) floor, target, actual, weight, points
    "answer_rate": (80, 95, "92", 30, "24.0000"),
    "service_level": (60, 80, "77", 20, "17.0000"),
    "quality": (70, 90, "88", 25, "22.5000"),
    "accuracy": (90, 98, "98.5", 10, "10.0000"),
    "satisfaction": ("3.5", "4.5", "4.2", 15, "10.5000"),
}
"""The card of contract_mechanics §9: s_M = 0, cap 100."""


def korean_contract(without: str = "", **fields: Any) -> Contract:
    """A contract whose April comes to the figures of :data:`KOREAN_CARD`; one KPI may be left unreported."""
    contract = make_contract(starts_on=APRIL, completeness_bar=Decimal(0), **fields)
    queue = make_queue(contract)
    measures: dict[str, Any] = {}
    for code, (floor, target, actual, weight, _points) in KOREAN_CARD.items():
        kpi = make_kpi(code, formula=f"{code}_sum / {code}_n")
        levels = {"minimum": floor, "weight": weight, "cap": 100, "score_at_minimum": 0, "score_at_stretch": 100}
        make_target(contract, kpi, target, attainment_mode="interpolate", **levels)
        if code != without:
            measures |= {f"{code}_sum": str(Decimal(actual) * 10), f"{code}_n": 10}
    report_april(queue, **measures)
    return contract


def add_items(contract: Contract) -> tuple[JudgedItem, JudgedItem]:
    """Put a judged line of weight 20 and plus or minus 5 points on the contract's cards."""
    judged = JudgedItem.objects.create(
        contract=contract, kind="judged", name="Cooperation", name_ko="협조도", weight=20
    )
    bonus = JudgedItem.objects.create(contract=contract, kind="adjustment", name="Ideas", name_ko="제안", cap=5)
    return judged, bonus


def make_attainment(series: TargetSeries, start: date = APRIL, **fields: Any) -> Attainment:
    """Store an attainment as the drain would."""
    end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
    values = {"value": 90, "score": 100, "status": "met", "days_expected": 30, "days_reported": 30, "input_hash": "x"}
    return Attainment.objects.create(series=series, start=start, end=end, computed_at=IN_MAY, **(values | fields))
