"""What the relief of approved events is worth in money: each month settled with it, and as it would be without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from bpo.calc.settlement import MoneyRules
from bpo.models import MoneyTerms
from bpo.queries.card_facts import MonthFacts, load_months
from bpo.queries.lost import Priced, key_of
from bpo.queries.money_terms import Agreed, Terms, agreed_of
from bpo.services.money.effect import Names, names_of, rules_for, settled_as, statement_of
from bpo.services.outcomes import with_carried, with_outcomes
from bpo.services.scorecards.composing import composed
from kpis.services.effect import Outcomes
from kpis.services.factors.costs import Cost, Judged

Months = dict[tuple[int, date], MonthFacts]
Versions = Mapping[int, list[MoneyTerms]]


def price(costs: Sequence[Cost], *, now: datetime) -> Priced:
    """Return what each cost's relief moves the fee by (above 0: the vendor is due more), by factor, contract and month.

    Only where terms of money hold and something can be said. A constant number of queries, but where a fee is by
    volume or a repeat was agreed: a few for each event there.
    """
    versions = _versions({one.contract.pk for one in costs})
    held = [(one, terms) for one in costs if (terms := _held(versions, one.contract.pk, one.start)) is not None]
    wanted: dict[int, set[date]] = defaultdict(set)
    for one, _terms in held:
        wanted[one.contract.pk].add(one.start)
    months = {(month.contract.pk, month.start): month for month in load_months(wanted)}
    months |= _following(held, months)
    frozen = agreed_of([month.card for month in months.values() if month.card])
    names = names_of(judged.series for one, _terms in held for judged in one.judged)
    found = {}
    for one, terms in held:
        month = months[one.contract.pk, one.start]
        amounts = []
        rules = rules_for(settled_as(month, frozen), terms)
        if rules:
            amounts.append(_worth(month, one.judged, rules, names, now, with_outcomes))
        later = months[one.contract.pk, month.end] if _counts_later(month, one) else None
        rules = _rules_of(later, versions, frozen) if later else None
        if later and rules:
            amounts.append(_worth(later, one.judged, rules, names, now, with_carried))
        if amounts and None not in amounts:
            found[key_of(one)] = sum((amount for amount in amounts if amount is not None), Decimal(0))
    return found


def _counts_later(month: MonthFacts, cost: Cost) -> bool:
    """Say whether a figure that the relief moves counts on the next month's card."""
    later = {row.target.series_id for row in month.kpis if row.is_carried}
    return any(one.series in later and one.having != one.lacking for one in cost.judged)


def _following(held: Sequence[tuple[Cost, Terms]], months: Months) -> Months:
    """Return the months to whose cards the relief of the month before is carried."""
    wanted: dict[int, set[date]] = defaultdict(set)
    for one, _terms in held:
        month = months[one.contract.pk, one.start]
        if _counts_later(month, one):
            wanted[one.contract.pk].add(month.end)
    return {(month.contract.pk, month.start): month for month in load_months(wanted)}


def _rules_of(month: MonthFacts, versions: Versions, frozen: Mapping[int, Agreed]) -> MoneyRules | None:
    return rules_for(settled_as(month, frozen), _held(versions, month.contract.pk, month.start))


def _worth(
    month: MonthFacts,
    judged: Sequence[Judged],
    rules: MoneyRules,
    names: Names,
    now: datetime,
    put: Callable[[MonthFacts, Outcomes], MonthFacts],
) -> Decimal | None:
    """Return by how much the relief moves the month's fee; null where nothing can be said."""
    sides = ({one.series: one.having for one in judged}, {one.series: one.lacking for one in judged})
    known = ({series: row for series, row in side.items() if row is not None} for side in sides)
    pair = (composed(put(month, side), with_figures=False) for side in known)
    having, lacking = (statement_of(month, one, rules, names, now=now).adjustment for one in pair)
    return None if having is None or lacking is None else having - lacking


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
