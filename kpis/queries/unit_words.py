"""Units of KPIs in the reader's words."""

from __future__ import annotations

from django.utils.translation import pgettext, pgettext_lazy

from vendors.errors import Text

UNITS: dict[str, Text] = {
    "s": pgettext_lazy("unit", "s"),
    "seconds": pgettext_lazy("unit", "s"),
    "h": pgettext_lazy("unit", "h"),
    "points": pgettext_lazy("unit", "points"),
    "points(1-5)": pgettext_lazy("unit", "points"),
    "points(1-7)": pgettext_lazy("unit", "points"),
    "days": pgettext_lazy("unit", "days"),
    "KRW": pgettext_lazy("unit", "KRW"),
    "KRW/h": pgettext_lazy("unit", "KRW/h"),
    "persons": pgettext_lazy("unit", "persons"),
    "contacts/h": pgettext_lazy("unit", "contacts/h"),
    "contacts/day": pgettext_lazy("unit", "contacts/day"),
    "items/h": pgettext_lazy("unit", "items/h"),
    "chats": pgettext_lazy("unit", "chats"),
    "fte": pgettext_lazy("unit", "FTE"),
    "per 1000": pgettext_lazy("unit", "per 1,000"),
    "per 10000": pgettext_lazy("unit", "per 10,000"),
    "per 100000": pgettext_lazy("unit", "per 100,000"),
    "count": pgettext_lazy("unit", "cases"),
}


def unit_word(unit: str) -> str:
    """Write a unit: 초, 건/1만; one without a word as it is."""
    return str(UNITS.get(unit, unit))


def measure_unit(unit: str) -> str:
    """Write the unit of a reported measure, 초; nothing of one that counts, whose name says what."""
    return "" if unit == "count" else str(UNITS.get(unit, ""))


def difference_unit(unit: str) -> str:
    """Write the unit of a difference between two figures of ``unit``: of shares, percentage points."""
    return pgettext("difference of shares", "points") if unit == "%" else unit_word(unit)
