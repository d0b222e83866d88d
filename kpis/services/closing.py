"""Closing a month: from then on its figures change by a correction request only, until it is opened again.

A submission holds the locks of its queues while it looks whether the month is closed, and closing waits for the
locks of all queues of the contract: a submission is stored before the month closes, or refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import ClosingWay
from kpis.models import MonthClose
from kpis.queries.closing import last_acts
from kpis.services.feed.storing import lock_queues
from vendors.actors import SYSTEM, Actor, Capability
from vendors.calc.months import month_after
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, RowError
from vendors.models import Contract, ContractQueue
from vendors.queries.closing import RulesByDate, closing_calendars, earliest_todays
from vendors.services.audit import record

CATCH_UP = timedelta(days=92)
"""A scheduler that stood still closes what it missed, but no further back: older history may still be coming in."""


@transaction.atomic
def close_month(*, contract: str, start: date, reason: str = "", actor: Actor, now: datetime) -> MonthClose:
    """Close a month by hand.

    Raise Forbidden, NotFound, Invalid ``not_a_month``, or Conflict: ``month_not_over``, ``already_closed``.
    """
    row = _contract(contract, actor)
    _check_month(row, start)
    if earliest_todays([row.pk], now)[row.pk] < month_after(start):
        raise Conflict("month_not_over", _("The month is not over at every centre of the contract."))
    act = _next_act(row, start, is_closed=True)
    if act is None:
        raise Conflict("already_closed", _("This month is closed already."))
    return _written(act, reason=reason.strip(), actor=actor, now=now)


@transaction.atomic
def reopen_month(*, contract: str, start: date, reason: str, actor: Actor, now: datetime) -> MonthClose:
    """Open a closed month again, and say why. Raise as :func:`close_month` does; Conflict ``not_closed``."""
    row = _contract(contract, actor)
    _check_month(row, start)
    if not reason.strip():
        text = _("This must say why.")
        raise Invalid("required", text, [RowError("required", text, "reason")])
    act = _next_act(row, start, is_closed=False)
    if act is None:
        raise Conflict("not_closed", _("This month is not closed."))
    return _written(act, reason=reason.strip(), actor=actor, now=now)


def close_due_months(*, now: datetime) -> list[MonthClose]:
    """Close every month whose calendar says so and that nobody touched; each in a transaction of its own.

    Harmless to repeat: a month that was closed, or opened again by hand, is left as it is.
    """
    found = (_close_due(contract, start, now) for contract, start in due_months(now=now))
    return [act for act in found if act is not None]


def due_months(*, now: datetime) -> list[tuple[int, date]]:
    """Return contract and first day of the months whose feed the calendar closes by now, those already closed too."""
    contracts = RulesByDate(Contract.objects.values_list("pk", flat=True)).contracts_with_rules()
    if not contracts:
        return []
    todays = earliest_todays(contracts, now)
    running = Contract.objects.filter(pk__in=contracts).values_list("pk", "starts_on", "ends_on")
    months = {pk: _months_back(todays[pk], first, last) for pk, first, last in running}
    return [
        key
        for key, calendar in closing_calendars(months).items()
        if calendar.dates.feed_closed_on is not None and todays[calendar.contract] > calendar.dates.feed_closed_on
    ]


def _months_back(today: date, first: date, last: date | None) -> list[date]:
    """Return the first days of the months that are over, newest last, as far as a catch-up goes."""
    start, found = (today - CATCH_UP).replace(day=1), []
    while month_after(start) <= today:
        if month_after(start) > first and (last is None or last >= start):
            found.append(start)
        start = month_after(start)
    return found


@transaction.atomic
def _close_due(contract_id: int, start: date, now: datetime) -> MonthClose | None:
    if last_acts([contract_id], [start]):
        return None
    contract = Contract.objects.select_related("vendor").get(pk=contract_id)
    act = _next_act(contract, start, is_closed=True)
    if act is None or act.number > 1:
        return None
    act.way = ClosingWay.SCHEDULE
    return _written(act, reason="", actor=SYSTEM, now=now)


def _contract(code: str, actor: Actor) -> Contract:
    needs = Capability.CLOSE_MONTHS
    if not actor.may(needs):
        raise Forbidden("role", _("Your role does not include this function."))
    visible = Contract.objects.visible_to(actor.limited_to(needs)).select_related("vendor")
    row: Contract | None = visible.filter(code=code).first()
    if row is None:
        raise NotFound("not_found", _("There is no such contract."))
    return row


def _check_month(contract: Contract, start: date) -> None:
    if start.day != 1:
        text = _("A month is named by its first day: YYYY-MM-01.")
        raise Invalid("not_a_month", text, [RowError("not_a_month", text, "start")])
    if month_after(start) <= contract.starts_on or (contract.ends_on and contract.ends_on < start):
        text = _("The contract does not hold in this month.")
        raise Invalid("outside_contract", text, [RowError("outside_contract", text, "start")])


def _next_act(contract: Contract, start: date, *, is_closed: bool) -> MonthClose | None:
    """Wait for everybody who is storing figures of the contract, then return the act that would change the month."""
    Contract.objects.select_for_update(no_key=True, of=("self",)).get(pk=contract.pk)
    lock_queues(_queues([contract.pk]))
    last = last_acts([contract.pk], [start]).get((contract.pk, start))
    if (last is not None and last.is_closed) == is_closed:
        return None
    return MonthClose(contract=contract, start=start, number=last.number + 1 if last else 1, is_closed=is_closed)


def _queues(contracts: Iterable[int]) -> set[int]:
    return set(ContractQueue.objects.filter(contract_id__in=contracts).values_list("queue_id", flat=True))


def _written(act: MonthClose, *, reason: str, actor: Actor, now: datetime) -> MonthClose:
    act.by, act.at, act.reason = actor.label[:200], now, reason[:2000]
    act.save()
    record(
        actor=actor,
        action="close_month" if act.is_closed else "reopen_month",
        obj=act,
        now=now,
        vendor=act.contract.vendor,
        changes={"contract": act.contract.code, "start": act.start, "reason": reason},
    )
    return act
