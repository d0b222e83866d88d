"""What the relief of approved events is worth in money: each month settled with it, and as it would be without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from bpo.calc.settlement import MoneyRules
from bpo.models import MoneyTerms
from bpo.queries.card_facts import MonthFacts, load_months
from bpo.queries.lost import Priced, key_of
from bpo.queries.money_terms import Terms, agreed_of
from bpo.services.money.effect import Names, names_of, rules_for, settled_as, statement_of
from bpo.services.outcomes import with_outcomes
from bpo.services.scorecards.composing import composed
from kpis.services.factors.costs import Cost, Judged


def price(costs: Sequence[Cost], *, now: datetime) -> Priced:
    """Return what each cost's relief moves the fee by (above 0: the vendor is due more), by factor, contract and month.

    Only where terms of money hold and something can be said. A constant number of queries, but where a fee is by
    volume or a repeat was agreed: a few for each event there.
    """
    versions = _versions({one.contract.pk for one in costs})
    held = [(one, terms) for one in costs if (terms := _held(versions, one)) is not None]
    wanted: dict[int, set[date]] = defaultdict(set)
    for one, _terms in held:
        wanted[one.contract.pk].add(one.start)
    months = {(month.contract.pk, month.start): month for month in load_months(wanted)}
    frozen = agreed_of([month.card for month in months.values() if month.card])
    names = names_of(judged.series for one, _terms in held for judged in one.judged)
    found = {}
    for one, terms in held:
        month = months[one.contract.pk, one.start]
        rules = rules_for(settled_as(month, frozen), terms)
        worth = _worth(month, one.judged, rules, names, now) if rules else None
        if worth is not None:
            found[key_of(one)] = worth
    return found


def _worth(
    month: MonthFacts, judged: Sequence[Judged], rules: MoneyRules, names: Names, now: datetime
) -> Decimal | None:
    """Return by how much the relief moves the month's fee; null where nothing can be said."""
    sides = ({one.series: one.having for one in judged}, {one.series: one.lacking for one in judged})
    known = ({series: row for series, row in side.items() if row is not None} for side in sides)
    pair = (composed(with_outcomes(month, side), with_figures=False) for side in known)
    having, lacking = (statement_of(month, one, rules, names, now=now).adjustment for one in pair)
    return None if having is None or lacking is None else having - lacking


def _versions(contracts: Iterable[int]) -> Mapping[int, list[MoneyTerms]]:
    found: dict[int, list[MoneyTerms]] = defaultdict(list)
    for row in MoneyTerms.objects.filter(contract__in=set(contracts), replaced_at=None):
        found[row.contract_id].append(row)
    return found


def _held(versions: Mapping[int, list[MoneyTerms]], cost: Cost) -> Terms | None:
    for row in versions.get(cost.contract.pk, ()):
        if row.valid_from <= cost.start and (row.valid_until is None or cost.start < row.valid_until):
            return Terms.of(row)
    return None
