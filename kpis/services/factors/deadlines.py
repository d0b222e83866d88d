"""Until when relief is claimed, a department answers and a claim is decided, by the terms of the contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from kpis.models import ExternalFactor
from kpis.services.factors.slices import touched
from kpis.services.feed.facts import contract_on
from kpis.services.feed.links import load_links
from vendors.calc.relief import ReliefRules, longest_window, within_business_days
from vendors.clock import local_date
from vendors.models import Queue
from vendors.queries.calendar import holidays_for
from vendors.queries.relief_terms import ReliefByDate
from vendors.services.relief_terms import MOST_BUSINESS_DAYS

Days = Callable[[ReliefRules], int | None]
Affected = tuple[ExternalFactor, Sequence[Queue]]
"""A factor and queues of it, each with its centre."""


class Deadlines:
    """The deadlines of some factors, in three queries for any number of them."""

    def __init__(self, affected: Iterable[Affected]) -> None:
        rows = [(factor, queues) for factor, queues in affected if queues]
        self._queues = {factor.pk: queues for factor, queues in rows}
        self._ends = {factor.pk: _last_day(factor, queues) for factor, queues in rows}
        self._links = load_links({queue.pk for _factor, queues in rows for queue in queues})
        contracts = {contract for links in self._links.values() for contract, _first, _end in links}
        self._terms = ReliefByDate(contracts)
        starts = [self._ends[factor.pk] for factor, _queues in rows]
        starts += [_claimed_on(factor.claimed_at, queues) for factor, queues in rows if factor.claimed_at]
        centres = [queue.centre for _factor, queues in rows for queue in queues]
        window = longest_window(MOST_BUSINESS_DAYS)
        self._holidays = holidays_for(centres, min(starts), max(starts) + window) if starts else {}

    def claim(self, factor: ExternalFactor) -> date:
        """Return the last day on which a vendor may claim relief for the factor."""
        until = self._deadline(factor, self._ends[factor.pk], lambda rules: rules.claim_days)
        return until or self._ends[factor.pk]

    def answer(self, factor: ExternalFactor) -> date | None:
        """Return the last day of the department's time to answer a claim; null where nobody waits for it."""
        if factor.department_id is None:
            return None
        return self._after_claim(factor, lambda rules: rules.answer_days)

    def decision(self, factor: ExternalFactor) -> date | None:
        """Return the last day of the client's time to decide a claim; null where the terms name none."""
        return self._after_claim(factor, lambda rules: rules.decision_days)

    def _after_claim(self, factor: ExternalFactor, days: Days) -> date | None:
        queues = self._queues.get(factor.pk)
        if factor.claimed_at is None or not queues:
            return None
        return self._deadline(factor, _claimed_on(factor.claimed_at, queues), days)

    def _deadline(self, factor: ExternalFactor, after: date, days: Days) -> date | None:
        """Return the latest deadline of the queues' contracts, by the terms of the month the event ended in."""
        found = []
        for queue in self._queues[factor.pk]:
            contract = contract_on(self._links.get(queue.pk, ()), self._ends[factor.pk])
            number = days(self._terms.of_month(contract or 0, self._ends[factor.pk]))
            if number is not None:
                found.append(within_business_days(after, number, self._holidays[queue.centre_id]))
        return max(found, default=None)


def _last_day(factor: ExternalFactor, queues: Sequence[Queue]) -> date:
    return max(touched(queue, factor.starts_at, factor.ends_at)[1] for queue in queues)


def _claimed_on(at: datetime, queues: Sequence[Queue]) -> date:
    return max(local_date(at, queue.centre.timezone) for queue in queues)


def claim_until(factor: ExternalFactor, queues: Sequence[Queue]) -> date:
    """Return the last day on which a vendor may claim relief for one factor."""
    return Deadlines([(factor, queues)]).claim(factor)


def answer_until(factor: ExternalFactor, queues: Sequence[Queue]) -> date | None:
    """Return the last day of a department's time to answer one claim; null where nobody waits for it."""
    return Deadlines([(factor, queues)]).answer(factor)
