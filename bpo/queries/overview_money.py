"""The worth of each contract's month in the overview: by its card, or by its KPI lines so far where it has none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, JSONField, OuterRef, Q, Subquery, When

from bpo.calc.grades import grade_of
from bpo.calc.settlement import LineFact, MoneyRules, MonthFacts
from bpo.calc.settlement.rules import Scheme
from bpo.models import Scorecard, ScorecardLine
from bpo.queries.card_money import PILOT, CardMoney, is_month_over, worth
from bpo.queries.money_facts import Want, completed_many, fact_of, line_fact, line_rows
from bpo.queries.money_terms import Agreed, Terms, frozen_part, table_of, terms_of, with_terms
from bpo.queries.standings import Found
from kpis.calc.periods import Period
from kpis.choices import WAITING_FACTORS
from kpis.models import FactorEvent
from vendors.actors import Actor, Capability
from vendors.models import Contract, ContractTerms, Queue


def with_money(contracts: Any, start: date) -> Any:
    """Have contracts bring their terms of money and their grade table along, without a query of their own."""
    terms = ContractTerms.objects.filter(Q(valid_from=None) | Q(valid_from__lte=start), contract=OuterRef("pk"))
    grades = terms.order_by(F("valid_from").desc(nulls_last=True)).values("grades")[:1]
    return with_terms(contracts, "pk", start).annotate(grade_rows=Subquery(grades))


def with_rules(cards: Any, month: date) -> Any:
    """Have cards bring along what a settlement reads of their composition, and those of ``month`` what they froze."""
    frozen = {
        f"frozen_{name}": Case(When(start=month, then=frozen_part(name, "frozen__document")), output_field=JSONField())
        for name in Agreed._fields
    }
    return cards.annotate(
        **frozen,
        grade_rows=F("composition__terms__grades"),
        has_incentive=F("composition__steps__incentive"),
        frozen_at=F("frozen__frozen_at"),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What the overview tells of a contract: the card the reader sees, and the score it stands at."""

    contract: Contract
    card: Scorecard | None
    score: Decimal | None

    @property
    def is_open(self) -> bool:
        return self.card is None or self.card.is_open

    @property
    def agreed(self) -> Agreed:
        """What the month is settled as."""
        read = {} if self.card is None or self.is_open else self.card.__dict__
        now = Agreed(self.contract.is_pilot, self.contract.currency)
        return now if read.get("frozen_currency") is None else Agreed(read["frozen_is_pilot"], read["frozen_currency"])


def money_of(told: Iterable[Told], found: Found, period: Period, *, now: datetime) -> dict[int, CardMoney]:
    """Return the worth of every contract with terms, by contract; a pilot's says that it is one.

    Without a card the score is that of the KPI lines so far, and its grade is looked up without gates: an estimate.
    """
    rows = [(one, terms_of(one.contract)) for one in told]
    pilots = {one.contract.pk: _pilot(one) for one, terms in rows if terms and one.agreed.is_pilot}
    wanted = [(one, terms, terms.rules) for one, terms in rows if terms and terms.rules and not one.agreed.is_pilot]
    lines = _lines([(one, rules) for one, _terms, rules in wanted], found, period)
    is_over = is_month_over(period.end, now)
    wants = [_want(one, rules, lines, is_over=is_over) for one, _terms, rules in wanted]
    keys = [(one.contract.pk, period.start) for one, _terms, _rules in wanted]
    months = completed_many(list(zip(keys, wants, strict=True)))
    settled = {
        one.contract.pk: worth(month, rules, _about(one, terms), ())
        for (one, terms, rules), month in zip(wanted, months, strict=True)
    }
    return pilots | settled


def _pilot(one: Told) -> CardMoney:
    return CardMoney(one.agreed.currency, is_estimate=one.is_open, reason=PILOT)


def _about(one: Told, terms: Terms) -> dict[str, Any]:
    return {"currency": one.agreed.currency, "is_estimate": one.is_open, "terms": terms}


def _want(one: Told, rules: MoneyRules, lines: Mapping[int, list[LineFact]], *, is_over: bool) -> Want:
    card, read = one.card, one.card.__dict__ if one.card else {}
    table = table_of(read.get("grade_rows") or one.contract.__dict__["grade_rows"])
    grade = card.stated_grade if card else ""
    if not grade and one.score is not None:
        grade = grade_of(one.score, table)
    month = MonthFacts(
        one.score, grade, table, has_incentive=read.get("has_incentive") is not False,
        lines=lines.get(one.contract.pk, []), is_over=is_over,
    )  # fmt: skip
    return Want(month, rules, read.get("frozen_at"))


def _lines(wanted: Iterable[tuple[Told, MoneyRules]], found: Found, period: Period) -> dict[int, list[LineFact]]:
    """Return the KPI lines of who is settled by KPI: its card's, or the standings; a query each where there are any."""
    by_kpi = [one for one, rules in wanted if rules.scheme is Scheme.KPI]
    cards = {one.card.pk: one.contract.pk for one in by_kpi if one.card}
    lines: dict[int, list[LineFact]] = defaultdict(list)
    if cards:
        for card, *row in line_rows(ScorecardLine.objects.filter(scorecard__in=cards), "scorecard_id"):
            lines[cards[card]].append(fact_of(row))
    without = {one.contract.pk for one in by_kpi if not one.card}
    return lines | _standing_lines(without, found, period)


def _standing_lines(contracts: Collection[int], found: Found, period: Period) -> dict[int, list[LineFact]]:
    standings = [one for one in found.standings[period] if one.contract in contracts]
    named = {one.queue for one in standings if one.queue}
    queues = dict(Queue.objects.filter(pk__in=named).values_list("pk", "code")) if named else {}
    lines: dict[int, list[LineFact]] = defaultdict(list)
    for one in standings:
        version = found.kpis[one.kpi]
        queue = queues[one.queue] if one.queue else None
        fact = line_fact(
            version.kpi.code, queue, value=one.value, adjusted=one.adjusted, minimum=one.minimum,
            direction=version.direction, status=one.status, flags=(),
        )  # fmt: skip
        lines[one.contract].append(fact)
    return lines


def waiting_relief(actor: Actor, contracts: Collection[int], start: date) -> dict[str, Decimal]:
    """Return what relief claims that wait are worth in a month, by currency, as of when each was claimed.

    One query. Of the contracts given and the vendors the actor reads money of.
    """
    reader = actor.limited_to(Capability.READ_MONEY)
    events = FactorEvent.objects.filter(action="claim", factor__status__in=WAITING_FACTORS).order_by("pk")
    rows = events.values_list("factor_id", "document")
    latest = {factor: document.get("effect", ()) for factor, document in rows}
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in (row for effect in latest.values() for row in effect):
        money, is_of_month = row["money"], row["start"] == start.isoformat()
        if money and money["gain"] and is_of_month and row["id"] in contracts and reader.sees(row["vendor"]):
            found[money["currency"]] += Decimal(money["gain"])
    return dict(found)
