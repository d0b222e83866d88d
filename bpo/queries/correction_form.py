"""What the form of a correction request starts from: some days of one queue as they stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from kpis.choices import RollupChoice
from kpis.models import DailyMetric, Measure
from kpis.queries.asked import Asked, load_asked
from vendors.actors import Capability
from vendors.models import ContractQueue, Queue

if TYPE_CHECKING:
    from vendors.actors import Actor


@dataclass(frozen=True, slots=True)
class QueueDayValue:
    """One measure of the day: what it is called, what stands now (null: not reported), whether a target needs it."""

    code: str
    name: str
    unit: str
    value: Any
    is_asked: bool


def queues_to_correct(actor: Actor) -> list[Queue]:
    """Return the queues the actor may ask corrections for."""
    visible = Queue.objects.visible_to(actor.limited_to(Capability.REQUEST_CORRECTIONS))
    return list(visible.select_related("centre__vendor").order_by("centre__vendor__code", "code"))


def values_to_correct(queue: Queue, days: Sequence[date]) -> dict[date, list[QueueDayValue]]:
    """Return every number reported on each day, and what the contract asks of the queue then.

    What its targets need stands first, each part as the catalogue lists it.
    The number of queries does not grow with the days.
    """
    rows = DailyMetric.objects.filter(queue=queue, date__in=days, is_month=False)
    stored: dict[date, Mapping[str, Any]] = dict(rows.values_list("date", "measures"))
    asked = _asked(queue, days)
    codes = {day: {*stored.get(day, ()), *asked[day]} for day in days}
    measures = _measures(set().union(*codes.values()))
    return {
        day: [
            QueueDayValue(row.code, row.label, row.unit, stored.get(day, {}).get(row.code), row.code in asked[day])
            for row in sorted(measures, key=lambda row: row.code not in asked[day])
            if row.code in codes[day]
        ]
        for day in days
    }


def _measures(codes: Collection[str]) -> list[Measure]:
    """Return those of the measures that one number corrects, as the catalogue lists them."""
    numbers = Measure.objects.exclude(rollup__in=[RollupChoice.HISTOGRAM, RollupChoice.CALENDAR])
    return list(numbers.filter(code__in=codes).order_by("pk"))


def _asked(queue: Queue, days: Sequence[date]) -> dict[date, Asked]:
    """Return what the contract of each day asks of the queue; nothing where it had none."""
    links = list(ContractQueue.objects.filter(queue=queue))
    contracts = {day: link.contract_id for day in days for link in links if _holds(link, day)}
    asked = load_asked(set(contracts.values()))
    return {day: asked.on(contracts[day], queue.pk, queue.channel, day) if day in contracts else {} for day in days}


def _holds(link: ContractQueue, day: date) -> bool:
    return link.valid_from <= day and (link.valid_until is None or day < link.valid_until)
