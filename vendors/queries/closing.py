"""The closing calendar of contracts: their rules by date, and the dates these come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F

from vendors.calc.closing import ClosingDates, ClosingRules, closing_dates
from vendors.calc.months import month_after
from vendors.clock import local_date
from vendors.models import Centre, ContractTerms
from vendors.queries.calendar import holidays_for
from vendors.querysets import one_of

LONGEST = timedelta(days=60)
"""Within these days after a month lies its twentieth business day, whatever the holidays."""
NO_RULES = ClosingRules()
NO_DATES = ClosingDates()


@dataclass(frozen=True, slots=True)
class ClosingCalendar:
    """One contract's calendar of the month that begins on ``start``."""

    contract: int
    start: date
    rules: ClosingRules
    dates: ClosingDates
    holidays: frozenset[date]
    zones: frozenset[str]
    """The time zones of the contract's centres."""

    @property
    def is_empty(self) -> bool:
        """Whether the month has no date and its days no cut-off."""
        return self.dates == NO_DATES and self.rules.daily_cutoff is None

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        dates, cutoff = self.dates, self.rules.daily_cutoff
        names = ("feed_closed_on", "shared_on", "objections_end_on", "final_on", "invoice_by")
        return {
            "start": self.start.isoformat(),
            "daily_cutoff": cutoff and cutoff.isoformat("minutes"),
            **{name: (day := getattr(dates, name)) and day.isoformat() for name in names},
            "misses_the_invoice": dates.misses_the_invoice,
        }


class RulesByDate:
    """The closing rules of some contracts, by the day they hold from; one query."""

    def __init__(self, contracts: Collection[int]) -> None:
        rows = ContractTerms.objects.filter(contract_id__in=one_of(contracts)).order_by(
            F("valid_from").asc(nulls_first=True)
        )
        self._rows: dict[int, list[tuple[date, ClosingRules]]] = defaultdict(list)
        for contract, first, document in rows.values_list("contract_id", "valid_from", "closing"):
            rules = ClosingRules.of(document) if document else NO_RULES
            self._rows[contract].append((first or date.min, rules))

    def on(self, contract: int, day: date) -> ClosingRules:
        """Return the rules in force on ``day``; those of a month are the ones on its first day."""
        found = [rules for first, rules in self._rows.get(contract, ()) if first <= day]
        return found[-1] if found else NO_RULES

    def contracts_with_rules(self) -> list[int]:
        return sorted(key for key, rows in self._rows.items() if any(rules != NO_RULES for _first, rules in rows))


def closing_calendars(wanted: Mapping[int, Iterable[date]]) -> dict[tuple[int, date], ClosingCalendar]:
    """Return the calendars of these months (first days, by contract); three queries for any number."""
    months = [(contract, start) for contract, starts in wanted.items() for start in starts]
    if not months:
        return {}
    rules, centres = RulesByDate(wanted), centres_of(wanted)
    every = {centre.pk: centre for rows in centres.values() for centre in rows}.values()
    first, last = (pick(month_after(start) for _contract, start in months) for pick in (min, max))
    holidays = holidays_for(every, first, last + LONGEST)
    return {
        (contract, start): _calendar(contract, start, rules.on(contract, start), centres[contract], holidays)
        for contract, start in months
    }


def _calendar(
    contract: int,
    start: date,
    rules: ClosingRules,
    centres: Iterable[Centre],
    holidays: Mapping[int, frozenset[date]],
) -> ClosingCalendar:
    closed = frozenset[date]().union(*(holidays[centre.pk] for centre in centres))
    zones = frozenset(centre.timezone for centre in centres)
    return ClosingCalendar(contract, start, rules, closing_dates(rules, start, closed), closed, zones)


def closing_calendar(contract: int, start: date) -> ClosingCalendar:
    """Return the calendar of one contract's month."""
    return closing_calendars({contract: [start]})[contract, start]


def calendar_by(rules: ClosingRules, contract: int, start: date) -> ClosingCalendar:
    """Return the calendar of one contract's month by rules that were read already; two queries."""
    centres, after = centres_of([contract])[contract], month_after(start)
    return _calendar(contract, start, rules, centres, holidays_for(centres, after, after + LONGEST))


def centres_of(contracts: Collection[int]) -> dict[int, list[Centre]]:
    """Return the centres that have a queue of each contract, in one query."""
    found: dict[int, list[Centre]] = {contract: [] for contract in contracts}
    rows = Centre.objects.filter(queues__contract_links__contract__in=contracts)
    for centre in rows.annotate(of_contract=F("queues__contract_links__contract")).distinct().order_by("code"):
        found[centre.of_contract].append(centre)
    return found


def earliest_todays(contracts: Collection[int], now: datetime) -> dict[int, date]:
    """Return the local date of each contract's westernmost centre: a day is over once it is over everywhere."""
    return {
        contract: min((local_date(now, centre.timezone) for centre in rows), default=_today(now))
        for contract, rows in centres_of(contracts).items()
    }


def _today(now: datetime) -> date:
    return local_date(now, settings.TIME_ZONE)
