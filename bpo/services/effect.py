"""What changed figures do to a month's card: composed twice, with the same rules, and not stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from bpo.choices import LineKind
from bpo.models import Scorecard
from bpo.queries.card_facts import MonthFacts, load_months
from bpo.queries.numbers import plain
from bpo.services.money.effect import money_of
from bpo.services.scorecards.composing import Composed, composed
from kpis.models import TargetSeries
from kpis.services.effect import Outcomes
from vendors.actors import Actor, Capability


def card_effect(
    contract: int, start: date, before: Outcomes, after: Outcomes, *, actor: Actor, now: datetime
) -> dict[str, Any] | None:
    """Return score, grade, points and worth of the month before and after; null where ``actor`` sees no card of it.

    See :class:`kpis.services.effect.CardEffect`.
    """
    cards = Scorecard.objects.visible_to(actor.limited_to(Capability.READ_SCORECARDS))
    if not cards.filter(contract=contract, start=start).exists():
        return None
    (month,) = load_months({contract: [start]})
    was, then = (composed(_with(month, figures), with_figures=False) for figures in (before, after))
    points = {
        line.series_id: [plain(line.points, 4), plain(later.points, 4)]
        for line, later in zip(was.lines, then.lines, strict=True)
        if line.series_id and line.kind == LineKind.KPI
    }
    about = {"score": _pair(was, then, "score"), "grade": _pair(was, then, "grade"), "points": points}
    worth = money_of(month, was, then, now=now) if actor.may(Capability.READ_MONEY, month.contract.vendor_id) else None
    return about | {"next": _next_card(month, before, after), "money": worth}


def _next_card(month: MonthFacts, before: Outcomes, after: Outcomes) -> dict[str, Any] | None:
    """Return what the next month's card comes to, where a figure that counts there changes; null elsewhere."""
    later = {row.target.series_id for row in month.kpis if row.is_carried}
    if all(before.get(key) == after.get(key) for key in later):
        return None
    (following,) = load_months({month.contract.pk: [month.end]})
    was, now = (composed(_with_carried(following, outcomes), with_figures=False) for outcomes in (before, after))
    return {"start": month.end.isoformat(), "score": _pair(was, now, "score"), "grade": _pair(was, now, "grade")}


def _with_carried(month: MonthFacts, outcomes: Outcomes) -> MonthFacts:
    rows = (replace(row, attainment=outcomes.get(row.target.series_id, row.attainment)) for row in month.carried)
    return replace(month, carried=tuple(rows))


def _with(month: MonthFacts, outcomes: Outcomes) -> MonthFacts:
    """Return the month with other figures in the place of the stored ones."""
    kpis = tuple(replace(row, attainment=outcomes.get(row.target.series_id, row.attainment)) for row in month.kpis)
    return replace(month, kpis=kpis, gate_values=_gate_values(month, outcomes))


def _gate_values(month: MonthFacts, outcomes: Outcomes) -> dict[str, Any]:
    """Return the worst value of each KPI, as :mod:`bpo.queries.card_facts` reads it of what is stored."""
    later = {row.target.series_id for row in month.kpis if row.is_carried}
    codes = dict(TargetSeries.objects.filter(pk__in=outcomes).values_list("pk", "kpi__code"))
    found = [(codes[key], row.value) for key, row in outcomes.items() if key not in later]
    found += [(row.kpi.code, row.attainment.value) for row in month.carried if row.attainment is not None]
    values: dict[str, Any] = {}
    for code, value in found:
        if value is not None:
            values[code] = max(value, values.get(code, value))
    return values


def _pair(was: Composed, now: Composed, name: str) -> list[str | None]:
    def shown(of: Composed) -> str | None:
        value = of.card[name]
        return value or None if isinstance(value, str) else plain(value, 4)

    return [shown(was), shown(now)]
