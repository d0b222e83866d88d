"""What happens in the thirteen months: when a day is out of the ordinary. Dates hang on the last day shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bpo.services.demonstration.cast import SimulatedQueue, SimulatedVendor, vendor_of
from vendors.choices import Channel

MONTHS = 13
WEEKDAY_SHAPE = {
    # Monday carries the weekend; contact volumes of Korean home shopping and delivery look like this.
    "order": (1.12, 1.04, 1.00, 0.98, 1.02, 0.84, 0.78),
    "delivery": (1.30, 1.16, 1.05, 1.00, 0.96, 0.52, 0.34),
    "returns": (1.28, 1.14, 1.04, 0.98, 0.94, 0.58, 0.30),
}
OFFICE_SHAPE = (1.24, 1.08, 1.00, 0.95, 0.90, 0.40, 0.25)
SEASON = (1.02, 0.93, 0.97, 0.98, 1.00, 1.00, 0.99, 0.96, 1.05, 1.00, 1.10, 1.12)
"""January to December: gifting before the big holidays, sales at the end of the year."""


def months_ago(day: date, months: int) -> date:
    """Return the first day of the month ``months`` before that of ``day``."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


@dataclass(frozen=True)
class Story:
    """Everything that is out of the ordinary, by date."""

    anchor: date
    last_on: date
    outage_on: date
    campaign: tuple[date, date]
    holidays: frozenset[date]

    @classmethod
    def until(cls, last_on: date, holidays: Collection[date]) -> Story:
        """Return the story of the thirteen months up to and including ``last_on``."""
        middle = months_ago(last_on, 3) + timedelta(days=13)
        outage = middle + timedelta(days=(1 - middle.weekday()) % 7)
        sale = months_ago(last_on, 2) + timedelta(days=8)
        return cls(last_on, last_on, outage, (sale, sale + timedelta(days=8)), frozenset(holidays))

    def told_until(self, last_on: date) -> Story:
        """Return the same story, going on until ``last_on``."""
        return replace(self, last_on=last_on)

    @property
    def first_on(self) -> date:
        return months_ago(self.anchor, MONTHS - 1)

    def opened_on(self, vendor: SimulatedVendor) -> date:
        """Return the first day of the vendor's contracts."""
        return max(self.first_on, months_ago(self.anchor, vendor.opened_months_ago))

    def ramp(self, vendor: SimulatedVendor, day: date) -> float:
        """Return how far a new vendor has come: 0 on its first day, 1 once fully ramped up."""
        if not vendor.ramp_days:
            return 1.0
        return min(1.0, max(0.0, (day - self.opened_on(vendor)).days / vendor.ramp_days))

    def is_open(self, queue: SimulatedQueue, day: date) -> bool:
        """Say whether the queue works on ``day``."""
        if day < self.opened_on(vendor_of(queue)) or day.isoweekday() not in queue.open_weekdays:
            return False
        return not (queue.observes_holidays and day in self.holidays)

    def demand(self, queue: SimulatedQueue, day: date) -> float:
        """Return the expected volume of a queue-day, before chance."""
        shape = WEEKDAY_SHAPE.get(queue.service, OFFICE_SHAPE)
        level = queue.base * shape[day.weekday()] * SEASON[day.month - 1]
        if day in self.holidays:
            level *= 0.55
        elif day - timedelta(days=1) in self.holidays:
            level *= 1.25
        if self.campaign[0] <= day <= self.campaign[1] and queue.service in ("order", "delivery"):
            level *= 1.45
        if day == self.outage_on and queue.channel != Channel.BACKOFFICE:
            level *= 1.35
        return level * (0.2 + 0.8 * self.ramp(vendor_of(queue), day))

    def staffing(self, queue: SimulatedQueue, day: date) -> float:
        """Return the volume the vendor was staffed for: it knows the calendar, half of the campaign, no outage."""
        surprise = 1.0
        if self.campaign[0] <= day <= self.campaign[1] and queue.service in ("order", "delivery"):
            surprise = 1.45 / 1.22
        if day == self.outage_on and queue.channel != Channel.BACKOFFICE:
            surprise *= 1.35 * 1.4
        return self.demand(queue, day) / surprise
