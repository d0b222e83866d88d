"""The closing calendar of a month: which business day does what, and until when a value may be sent or changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from vendors.calc.months import month_after

ONE_DAY = timedelta(days=1)
WEEKEND = frozenset({6, 7})

KOREAN_DEFAULT: Mapping[str, Any] = {
    "daily_cutoff": "10:00",
    "feed_closed": 2,
    "shared": 3,
    "objections_end": 6,
    "final": 7,
    "invoice_day": 10,
    "free_correction_days": 3,
}
"""A proposal for Korean contracts: a tax invoice must be issued by the 10th of the next month (practice §3.5)."""


@dataclass(frozen=True, slots=True)
class ClosingRules:
    """A contract's calendar; null is "off".

    ``feed_closed`` to ``final`` are business days of the next month, counted from 1; ``invoice_day`` is a day of
    the next month. ``daily_cutoff`` is the time of the next day by which a day's figures are due. The three limits
    are days after the day a value is of: until ``free_correction_days`` a change needs no reason, after
    ``correction_days`` (``backfill_days`` for a value never reported) it takes a correction request.
    """

    daily_cutoff: time | None = None
    feed_closed: int | None = None
    shared: int | None = None
    objections_end: int | None = None
    final: int | None = None
    invoice_day: int | None = None
    free_correction_days: int | None = None
    correction_days: int | None = None
    backfill_days: int | None = None
    share_automatically: bool = False

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> ClosingRules:
        """Return the rules of a stored document ``{"daily_cutoff": "10:00", "feed_closed": 2, …}``."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in document.items() if name in known}
        if values.get("daily_cutoff"):
            values["daily_cutoff"] = time.fromisoformat(values["daily_cutoff"])
        return cls(**values)

    @property
    def asks_nothing_of_a_value(self) -> bool:
        return self.free_correction_days is None and self.correction_days is None and self.backfill_days is None


@dataclass(frozen=True, slots=True)
class ClosingDates:
    """The dates of one month's closing, all inclusive; null where the contract names none."""

    feed_closed_on: date | None = None
    shared_on: date | None = None
    objections_end_on: date | None = None
    final_on: date | None = None
    invoice_by: date | None = None

    @property
    def misses_the_invoice(self) -> bool:
        """Whether holidays push the final card beyond the day of the invoice."""
        return self.final_on is not None and self.invoice_by is not None and self.final_on > self.invoice_by


def business_day(first: date, number: int, holidays: Collection[date]) -> date:
    """Return the ``number``-th business day from ``first`` on: Monday to Friday, and no holiday."""
    day = first - ONE_DAY
    while number > 0:
        day += ONE_DAY
        if day.isoweekday() not in WEEKEND and day not in holidays:
            number -= 1
    return day


def closing_dates(rules: ClosingRules, start: date, holidays: Collection[date]) -> ClosingDates:
    """Return the dates of the month that begins on ``start``; ``holidays`` are the closed days of the next one."""
    following = month_after(start)

    def on(number: int | None) -> date | None:
        return None if number is None else business_day(following, number, holidays)

    return ClosingDates(
        feed_closed_on=on(rules.feed_closed),
        shared_on=on(rules.shared),
        objections_end_on=on(rules.objections_end),
        final_on=on(rules.final),
        invoice_by=None if rules.invoice_day is None else following.replace(day=rules.invoice_day),
    )


def due_at(rules: ClosingRules, day: date, zone: str) -> datetime | None:
    """Return until when the figures of ``day`` are in time at a centre in ``zone``; null without a cut-off."""
    if rules.daily_cutoff is None:
        return None
    return datetime.combine(day + ONE_DAY, rules.daily_cutoff, ZoneInfo(zone))


def settles_too_late(rules: ClosingRules, start: date, settle_days: int, holidays: Collection[date]) -> bool:
    """Say whether a figure of the month is still settling when its card becomes final, and is carried on."""
    final_on = closing_dates(rules, start, holidays).final_on
    return final_on is not None and month_after(start) + timedelta(days=settle_days) > final_on
