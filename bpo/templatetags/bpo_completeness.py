"""How the pages of completeness write the states of days."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from kpis.calc.completeness import ClosedBy, DayState
from kpis.choices import ExcuseCause, SubmissionWay
from kpis.queries import refusal_words
from vendors.choices import MeasureOwner

register = template.Library()

WORDS: dict[str, Any] = {
    DayState.CLOSED.value: _("Nothing expected"),
    DayState.EXPECTED.value: _("Not due yet"),
    DayState.REPORTED.value: _("Reported"),
    DayState.CORRECTED.value: _("Reported, corrected"),
    DayState.LATE.value: _("Reported late"),
    DayState.AWAITING.value: _("Awaiting confirmation"),
    DayState.PARTIAL.value: _("Partly reported"),
    DayState.MISSING.value: _("Missing"),
    DayState.REJECTED.value: _("Sent back"),
    ClosedBy.WEEKDAY.value: _("Closed weekday"),
    ClosedBy.HOLIDAY.value: _("Holiday"),
    ClosedBy.EXCUSED.value: _("Day excused"),
    ClosedBy.NOT_OPENED.value: _("Before its first day"),
    ClosedBy.ENDED.value: _("After its last day"),
}


UNLIKELY: dict[str, Any] = {
    "suspicious_value": _("Far from what is usual"),
    "zero_on_open_day": _("Nothing but zeros on an open day"),
    "same_as_day_before": _("The same figures as the day before"),
    "round_numbers": _("Round numbers three days running"),
    "always_the_whole": _("A part equals its whole, three days running"),
}
"""The kinds of warnings about figures that are possible and unlikely."""


@register.filter
def unlikely_word(code: str) -> Any:
    """Name what is unlikely about a figure."""
    return UNLIKELY.get(code, code)


@register.filter
def day_word(name: str) -> Any:
    """Name the state of a day."""
    return WORDS.get(name, name)


@register.inclusion_tag("bpo/_day_mark.html")
def day_mark(name: str) -> dict[str, Any]:
    """Show the state of a day as a shape and a word."""
    return {"name": name, "word": WORDS.get(name, name)}


@register.inclusion_tag("bpo/_day_icon.html")
def day_icon(name: str, size: int = 16) -> dict[str, Any]:
    """Draw the shape of a day's state; always with its word beside it or read out."""
    return {"name": name, "size": size}


@register.filter
def weekday(day: date) -> str:
    """Write the weekday of a day in short: 월, Mon."""
    name = str(WEEKDAYS_ABBR[day.weekday()])
    return name.removesuffix("요일")


@register.filter
def cause_word(cause: str) -> Any:
    return ExcuseCause(cause).label if cause in ExcuseCause.values else cause


@register.filter
def owner_word(owner: str) -> Any:
    return MeasureOwner(owner).label if owner in MeasureOwner.values else owner


@register.filter
def way_word(way: str) -> Any:
    return SubmissionWay(way).label if way in SubmissionWay.values else way


@register.filter
def refusal_word(code: str) -> Any:
    """Say what a code of refused figures means; a code without words is written as it is."""
    return refusal_words.REFUSAL_WORDS.get(code, "")


@register.filter
def signed_exact(value: Any) -> str:
    """Write a difference with its sign and every digit."""
    return "–" if value is None else f"{value:+,f}".replace("-", "−")


@register.filter
def value_word(value: Any) -> str:
    """Write a reported value: with thousands separators, a histogram as its counts, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return " · ".join(f"{count:,}" for count in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
