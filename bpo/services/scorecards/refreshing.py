"""Drafts follow the figures: made when a month begins, recomputed as they arrive, left alone once final."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from bpo.choices import OPEN_STATUSES, ScorecardStatus
from bpo.models import Scorecard
from bpo.queries.blockers import latest_today, latest_todays
from bpo.queries.card_facts import MonthFacts, load_months
from bpo.queries.carrying import contracts_that_carry
from bpo.services.scorecards.writing import Draft, write_cards
from kpis.services.locks import lock_keys
from vendors.actors import SYSTEM, Actor, Capability
from vendors.calc.months import month_after
from vendors.errors import Forbidden, Invalid, NotFound, RowError
from vendors.models import Contract


@transaction.atomic
def make(*, contract: str, start: date, actor: Actor, now: datetime) -> Scorecard:
    """Make the card of the month that begins on ``start``, or bring it up to date; return its newest version.

    Raise Invalid where ``start`` is no first of a month, the month has not begun or the contract asks nothing in it.
    """
    needs = Capability.DECIDE_SCORECARDS
    if not actor.may(needs):
        raise Forbidden("role", _("Your role does not include this function."))
    row = Contract.objects.visible_to(actor.limited_to(needs)).filter(code=contract).first()
    if row is None:
        raise NotFound("not_found", _("There is no such contract."))
    _check_start(row, start, now)
    refresh(contract_id=row.pk, starts=[start], now=now, actor=actor)
    card: Scorecard | None = Scorecard.objects.filter(contract=row, start=start).order_by("version").last()
    if card is None:
        raise _invalid("no_targets", _("The contract has no monthly target with a weight in this month."), "start")
    return card


def _check_start(contract: Contract, start: date, now: datetime) -> None:
    if start.day != 1:
        raise _invalid("not_a_month", _("A month is named by its first day: YYYY-MM-01."), "start")
    if start > latest_today(contract, now):
        raise _invalid("month_not_begun", _("This month has not begun."), "start")


def _invalid(code: str, detail: str, field: str) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, field)])


def refresh(*, contract_id: int, starts: Collection[date], now: datetime, actor: Actor = SYSTEM) -> list[Scorecard]:
    """Bring the cards of these months of one contract in line with the stored attainments; return what changed."""
    return refresh_many(months={contract_id: starts}, now=now, actor=actor)


@transaction.atomic(savepoint=False)
def refresh_many(*, months: Mapping[int, Collection[date]], now: datetime, actor: Actor = SYSTEM) -> list[Scorecard]:
    """Bring the cards of these months, by contract, in line with the stored attainments; return what changed.

    A draft is made where the month has begun and none exists; an open card is recomputed when what it is made
    of changed, keeping what people entered and disputed; a final one is never touched but marked stale, and
    the next version put beside it as a draft. The number of statements does not depend on the number of cards.
    """
    lock_keys(months)
    months = _with_next_cards(months)
    today = latest_todays(months, now)
    begun = {key: [start for start in starts if start <= today[key]] for key, starts in months.items()}
    changes = _Changes()
    for month in load_months(begun):
        _sort_out(month, changes)
    _set_stale(changes.stale, True)
    _set_stale(changes.settled, False)
    return write_cards(changes.drafts, actor=actor, now=now)


def _with_next_cards(months: Mapping[int, Collection[date]]) -> Mapping[int, Collection[date]]:
    """Add the months after, where a contract carries what settles late to the next month's card."""
    carrying = contracts_that_carry(months)
    return {
        key: {*starts, *(month_after(start) for start in starts)} if key in carrying else starts
        for key, starts in months.items()
    }


@dataclass(slots=True)
class _Changes:
    """What is to be done, collected over all months."""

    drafts: list[Draft] = field(default_factory=list)
    stale: list[Scorecard] = field(default_factory=list)
    settled: list[Scorecard] = field(default_factory=list)


def _sort_out(month: MonthFacts, changes: _Changes) -> None:
    card, digest = month.card, month.digest()
    if card is None:
        if month.has_lines:
            changes.drafts.append(Draft(_new(month, 1), month, digest))
    elif card.input_hash == digest:
        if card.is_stale:
            changes.settled.append(card)
    elif card.status in OPEN_STATUSES:
        changes.drafts.append(Draft(card, month, digest))
    else:
        changes.stale.append(card)
        changes.drafts.append(Draft(_new(month, card.version + 1), month, digest))


def _new(month: MonthFacts, version: int) -> Scorecard:
    return Scorecard(contract=month.contract, start=month.start, version=version, status=ScorecardStatus.DRAFT)


def _set_stale(cards: Sequence[Scorecard], is_stale: bool) -> None:
    for card in cards:
        card.is_stale = is_stale
    if cards:
        Scorecard.objects.filter(pk__in=[card.pk for card in cards]).update(is_stale=is_stale)
