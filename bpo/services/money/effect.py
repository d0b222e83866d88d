"""What changed figures do to the worth of a month: settled twice under the same terms, and not stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bpo.calc.settlement import LineFact, MoneyRules, MonthFacts, Statement, settle
from bpo.choices import LineKind
from bpo.queries import card_facts
from bpo.queries.card_money import is_month_over
from bpo.queries.money_facts import Want, completed, line_fact
from bpo.queries.money_terms import Agreed, Terms, agreed_of, table_of, terms_on
from bpo.services.scorecards.composing import Composed
from kpis.models import TargetSeries
from kpis.queries.numbers import plain


def money_of(month: card_facts.MonthFacts, was: Composed, then: Composed, *, now: datetime) -> dict[str, Any] | None:
    """Return the month's worth by two compositions of it; null for a pilot and where no terms hold.

    ``{"currency", "adjustment": [before, after], "gain": after − before, "reason"}``, amounts as decimal strings;
    null amounts where the reason says why.
    """
    agreed = settled_as(month, agreed_of([month.card] if month.card else []))
    rules = rules_for(agreed, terms_on(month.contract.pk, month.start))
    if rules is None:
        return None
    names = names_of(line.series_id for line in was.lines)
    before, after = (statement_of(month, one, rules, names, now=now) for one in (was, then))
    gain = None
    if before.adjustment is not None and after.adjustment is not None:
        gain = after.adjustment - before.adjustment
    return {
        "currency": agreed.currency,
        "adjustment": [plain(before.adjustment), plain(after.adjustment)],
        "gain": plain(gain),
        "reason": after.reason,
    }


Names = Mapping[int, tuple[str, str | None]]
"""By series, the codes of its KPI and queue."""


def settled_as(month: card_facts.MonthFacts, frozen: Mapping[int, Agreed]) -> Agreed:
    """Return what a month is settled as, given what final cards were frozen as."""
    found = frozen.get(month.card.pk) if month.card else None
    return found or Agreed(month.contract.is_pilot, month.contract.currency)


def rules_for(agreed: Agreed, terms: Terms | None) -> MoneyRules | None:
    """Return the rules a month is settled by; null for a pilot."""
    return None if terms is None or agreed.is_pilot else terms.rules


def names_of(series: Iterable[int | None]) -> Names:
    rows = TargetSeries.objects.filter(pk__in={key for key in series if key})
    return {pk: (kpi, queue) for pk, kpi, queue in rows.values_list("pk", "kpi__code", "queue__code")}


def statement_of(
    month: card_facts.MonthFacts, composed: Composed, rules: MoneyRules, names: Names, *, now: datetime
) -> Statement:
    """Return the statement of a month by one composition of its card."""
    facts = facts_of(composed, names, is_over=is_month_over(month.end, now))
    return settle(rules, completed(Want(facts, rules), month.contract.pk, month.start))


def facts_of(composed: Composed, names: Names, *, is_over: bool) -> MonthFacts:
    """Return a composition as a settlement reads it."""
    card, composition = composed.card, composed.card["composition"]
    return MonthFacts(
        score=card["score"],
        grade=card["grade"],
        grades=table_of(composition["terms"].get("grades")),
        has_incentive=composition["steps"]["incentive"],
        lines=list(_lines(composed, names)),
        is_over=is_over,
    )


def _lines(composed: Composed, names: Names) -> Iterable[LineFact]:
    for kind in (LineKind.CARRIED, LineKind.KPI):
        for line in composed.lines:
            if line.kind == kind and line.weight and line.series_id:
                yield line_fact(
                    *names[line.series_id], value=line.value, adjusted=line.adjusted_value, minimum=line.minimum,
                    direction=line.explanation["label"]["direction"], status=str(line.status), flags=line.flags,
                )  # fmt: skip
