"""What changed figures do to a month's card: composed twice, with the same rules, and not stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bpo.choices import LineKind
from bpo.models import Scorecard
from bpo.queries.card_facts import MonthFacts, load_months
from bpo.queries.numbers import plain
from bpo.services.money.effect import money_of
from bpo.services.outcomes import with_carried, with_outcomes
from bpo.services.scorecards.composing import Composed, composed
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
    was, then = (composed(with_outcomes(month, figures), with_figures=False) for figures in (before, after))
    points = {
        line.series_id: [plain(line.points, 4), plain(later.points, 4)]
        for line, later in zip(was.lines, then.lines, strict=True)
        if line.series_id and line.kind == LineKind.KPI
    }
    about = {"score": _pair(was, then, "score"), "grade": _pair(was, then, "grade"), "points": points}
    reads_money = actor.may(Capability.READ_MONEY, month.contract.vendor_id)
    worth = money_of(month, was, then, now=now) if reads_money else None
    following = _next_card(month, before, after)
    if following is None:
        return about | {"next": None, "money": worth}
    counted, was, then = following
    told: dict[str, Any] = {"start": month.end.isoformat()}
    told |= {name: _pair(was, then, name) for name in ("score", "grade")}
    # The worth of a card that the actor is not shown is not told by the way of the month before.
    sees_next = actor.sees_scorecard_drafts or cards.filter(contract=contract, start=month.end).exists()
    told["money"] = money_of(counted, was, then, now=now) if reads_money and sees_next else None
    return about | {"next": told, "money": worth}


def _next_card(month: MonthFacts, before: Outcomes, after: Outcomes) -> tuple[MonthFacts, Composed, Composed] | None:
    """Return the next month and its card before and after, where a figure that counts there changes; else null."""
    later = {row.target.series_id for row in month.kpis if row.is_carried}
    if all(before.get(key) == after.get(key) for key in later):
        return None
    (following,) = load_months({month.contract.pk: [month.end]})
    was, then = (composed(with_carried(following, outcomes), with_figures=False) for outcomes in (before, after))
    return following, was, then


def _pair(was: Composed, now: Composed, name: str) -> list[str | None]:
    def shown(of: Composed) -> str | None:
        value = of.card[name]
        return value or None if isinstance(value, str) else plain(value, 4)

    return [shown(was), shown(now)]
