"""What a later version of a card says differently, line by line."""

from __future__ import annotations

from typing import Any

from bpo.models import Scorecard, ScorecardLine
from bpo.queries.cards import presented

CARD_FIELDS = (*Scorecard.OUTCOME, "gates", "terms")
LINE_FIELDS = (*ScorecardLine.OUTCOME, "volume", "evidence", "comment")


def differences(older: Scorecard, newer: Scorecard) -> dict[str, Any]:
    """Return the fields that differ between two versions of one month's card, and the lines added or removed."""
    was, now = presented(older), presented(newer)
    lines_were, lines_are = ({_key(line): line for line in card["lines"]} for card in (was, now))
    keys = [*lines_are, *(key for key in lines_were if key not in lines_are)]
    compared = (_line(lines_were.get(key), lines_are.get(key)) for key in keys)
    return {
        "older": _head(was),
        "newer": _head(now),
        "card": _changed(was, now, CARD_FIELDS),
        "lines": [line for line in compared if line["fields"] or line["change"] != "changed"],
    }


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["kind"], line["kpi"], line["queue"], line["item"]


def _head(card: dict[str, Any]) -> dict[str, Any]:
    return {name: card[name] for name in ("id", "version", "status", "score", "grade", "computed_at")}


def _line(was: dict[str, Any] | None, now: dict[str, Any] | None) -> dict[str, Any]:
    shown = now or was or {}
    change = "changed" if was and now else "added" if now else "removed"
    return {
        **{name: shown[name] for name in ("kind", "kpi", "queue", "item", "name", "name_ko", "unit")},
        "change": change,
        "fields": _changed(was or {}, now or {}, LINE_FIELDS),
    }


def _changed(was: dict[str, Any], now: dict[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {"field": name, "old": was.get(name), "new": now.get(name)} for name in names if was.get(name) != now.get(name)
    ]
