"""What a decision on an external factor did to scores, grades and money, as far as the reader sees the cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from bpo.models import Scorecard
from kpis.models import FactorEvent
from vendors.actors import Actor, Capability

EFFECT = "effect"
Names = Mapping[tuple[str, str], str]


def with_effects(events: Iterable[FactorEvent], actor: Actor) -> list[FactorEvent]:
    """Return the events, each with ``effects``: rows of months whose card exists for the actor, contracts named.

    One query where a decision kept any, else none.
    """
    found = list(events)
    kept = [row for event in found for row in event.document.get(EFFECT, ())]
    names = _names(kept, actor) if kept and actor.may(Capability.READ_MONEY) else {}
    for event in found:
        event.__dict__["effects"] = _named(event.document.get(EFFECT, ()), names)
    return found


def _named(rows: Iterable[dict[str, Any]], names: Names) -> list[dict[str, Any]]:
    named = ((row, (row["contract"], row["start"])) for row in rows)
    return [row | {"name": names[key]} for row, key in named if key in names]


def _names(rows: Iterable[dict[str, Any]], actor: Actor) -> Names:
    """Return the names of the contracts by code and month, of months whose card the actor sees."""
    wanted = {(row["contract"], row["start"]) for row in rows}
    cards = Scorecard.objects.visible_to(actor.limited_to(Capability.READ_MONEY)).filter(
        contract__code__in={code for code, _start in wanted},
        start__in={date.fromisoformat(start) for _code, start in wanted},
    )
    seen = cards.order_by().values_list("contract__code", "start", "contract__name").distinct()
    return {(code, start.isoformat()): name for code, start, name in seen}
