"""What the relief of approved events is worth in money: each month settled with it, and as it would be without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from bpo.calc.settlement import MoneyRules, settle
from bpo.models import MoneyTerms
from bpo.queries.card_facts import MonthFacts, load_months
from bpo.queries.card_money import is_month_over
from bpo.queries.lost import Key, Priced, key_of
from bpo.queries.money_facts import Want, completed_many
from bpo.queries.money_terms import Agreed, Terms, agreed_of
from bpo.services.money.effect import Names, facts_of, names_of, rules_for, settled_as
from bpo.services.outcomes import with_carried, with_outcomes
from bpo.services.scorecards.composing import composed
from kpis.services.factors.costs import Cost

Months = dict[tuple[int, date], MonthFacts]
Versions = Mapping[int, list[MoneyTerms]]


def price(costs: Sequence[Cost], *, now: datetime) -> Priced:
    """Return what each cost's relief moves the fee by (above 0: the vendor is due more), by factor, contract and month.

    Only where terms of money hold and something can be said. What counts on the next month's card is priced there. A
    constant number of queries.
    """
    versions = _versions({one.contract.pk for one in costs})
    held = [one for one in costs if one.contract.pk in versions]
    wanted: dict[int, set[date]] = defaultdict(set)
    for one in held:
        wanted[one.contract.pk].add(one.start)
    months = {(month.contract.pk, month.start): month for month in load_months(wanted)}
    months |= _following(held, months)
    frozen = agreed_of([month.card for month in months.values() if month.card])
    rules = {key: _rules_of(month, versions, frozen) for key, month in months.items()}
    names = names_of(judged.series for one in held for judged in one.judged)
    sides = [side for one in held for side in _sides(one, months, rules, names, now)]
    settled = completed_many([(side.month, side.want) for side in sides])
    amounts: dict[Key, list[Decimal | None]] = defaultdict(list)
    for side, month in zip(sides, settled, strict=True):
        adjustment = settle(side.want.rules, month).adjustment
        amounts[side.cost].append(None if adjustment is None else side.sign * adjustment)
    known = {key: [one for one in found if one is not None] for key, found in amounts.items()}
    return {key: sum(found, Decimal(0)) for key, found in known.items() if len(found) == len(amounts[key])}


@dataclass(frozen=True, slots=True)
class _Side:
    """A month's card with the relief of a cost (``sign`` 1) or without it (−1)."""

    cost: Key
    sign: int
    month: tuple[int, date]
    want: Want


def _sides(
    cost: Cost, months: Months, rules: Mapping[tuple[int, date], MoneyRules | None], names: Names, now: datetime
) -> Iterable[_Side]:
    """Return the cards that a cost's relief moves, with it and without: its month's, and the next one's."""
    month = months[cost.contract.pk, cost.start]
    codes = {series: kpi for series, (kpi, _queue) in names.items()}
    later = [months[cost.contract.pk, month.end]] if _counts_later(month, cost) else []
    for card in (month, *later):
        key = card.contract.pk, card.start
        held, is_over = rules[key], is_month_over(card.end, now)
        for sign, rows in ((1, cost.having), (-1, cost.lacking)):
            if held is not None:
                counted = with_outcomes(card, rows, codes) if card is month else with_carried(card, rows)
                facts = facts_of(composed(counted, with_figures=False), names, is_over=is_over)
                yield _Side(key_of(cost), sign, key, Want(facts, held))


def _counts_later(month: MonthFacts, cost: Cost) -> bool:
    """Say whether a figure that the relief moves counts on the next month's card."""
    later = {row.target.series_id for row in month.kpis if row.is_carried}
    return any(one.series in later and one.having != one.lacking for one in cost.judged)


def _following(held: Sequence[Cost], months: Months) -> Months:
    """Return the months to whose cards the relief of the month before is carried."""
    wanted: dict[int, set[date]] = defaultdict(set)
    for one in held:
        month = months[one.contract.pk, one.start]
        if _counts_later(month, one):
            wanted[one.contract.pk].add(month.end)
    return {(month.contract.pk, month.start): month for month in load_months(wanted)}


def _rules_of(month: MonthFacts, versions: Versions, frozen: Mapping[int, Agreed]) -> MoneyRules | None:
    return rules_for(settled_as(month, frozen), _held(versions, month.contract.pk, month.start))


def _versions(contracts: Iterable[int]) -> Versions:
    found: dict[int, list[MoneyTerms]] = defaultdict(list)
    for row in MoneyTerms.objects.filter(contract__in=set(contracts), replaced_at=None):
        found[row.contract_id].append(row)
    return found


def _held(versions: Versions, contract: int, start: date) -> Terms | None:
    for row in versions.get(contract, ()):
        if row.valid_from <= start and (row.valid_until is None or start < row.valid_until):
            return Terms.of(row)
    return None
