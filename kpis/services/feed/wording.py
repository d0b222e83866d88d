"""What a bad row is told: what is wrong, and the cure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches

from django.utils.translation import gettext as _

from kpis.services.feed.facts import MeasureRule, QueueFacts
from kpis.services.feed.numbers import LONGEST_TEXT, MOST_DECIMALS
from vendors.errors import cut


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Return the known word most like ``word``, where one is near."""
    lowered = {name.lower(): name for name in known}
    if word.isdigit() and (padded := next((name for name in known if name.lstrip("0") == word), None)):
        # A spreadsheet took the code for a number.
        return padded
    matches = get_close_matches(word[:64].lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[matches[0]] if matches else None


def unknown(kind: str, given: str, known: Sequence[str]) -> str:
    """Say that no queue, measure or field has this name, with the nearest one of ``known``."""
    return no_such(kind, given, nearest(given, known))


def no_such(kind: str, given: str, suggestion: str | None) -> str:
    """Say that no queue, measure or field has this name, and which one may be meant."""
    texts = {
        "queue": _("There is no queue “%(given)s”."),
        "measure": _("There is no measure “%(given)s”."),
        "field": _("There is no field “%(given)s”."),
        "column": _("There is no column “%(given)s”."),
    }
    text = texts[kind] % {"given": cut(given)}
    return " ".join([text, _("Did you mean “%(name)s”?") % {"name": suggestion}]) if suggestion else text


def agent_field() -> str:
    return _("Figures of single persons are not taken: send the queue's totals without agent fields.")


def bad_date(given: object) -> str:
    """Say how a date is written, and what the given one looks like."""
    hint = ""
    if isinstance(given, str) and re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}", given):
        hint = _("“%(given)s” may be read in two ways.")
    elif re.fullmatch(r"[3-6][0-9]{4}", str(given)):
        hint = _("“%(given)s” looks like a spreadsheet's day number: format the column as a date.")
    elif given is not None:
        hint = _("“%(given)s” is no date of that form.")
    return f"{_('Give the date as 2026-03-02.')} {hint % {'given': cut(given)}}".strip()


def future(day: date, queue: QueueFacts, is_month: bool) -> str:
    if is_month:
        text = _("The month %(day)s is not over at the centre of %(queue)s (today is %(today)s there).")
        shown = f"{day:%Y-%m}"
    else:
        text = _("%(day)s has not begun at the centre of %(queue)s (today is %(today)s there).")
        shown = day.isoformat()
    return text % {"day": shown, "queue": queue.code, "today": queue.today.isoformat()}


def before_contract(day: date, queue: QueueFacts) -> str:
    if not queue.links:
        return _("%(queue)s belongs to no contract; link it to one first.") % {"queue": queue.code}
    first = max(queue.opened_on, min(link[1] for link in queue.links))
    text = _("%(day)s is before %(queue)s reports: its first day is %(first)s.")
    return text % {"day": day.isoformat(), "queue": queue.code, "first": first.isoformat()}


def after_contract(day: date, queue: QueueFacts) -> str:
    text = _("%(queue)s is in no contract on %(day)s: it was closed or its contract had ended.")
    return text % {"day": day.isoformat(), "queue": queue.code}


def bad_number(code: str, rule: MeasureRule, given: object) -> str:
    """Say what is wrong with a value of the measure, by the error's code."""
    texts = {
        "not_a_number": _("%(name)s takes a number, not %(given)s."),
        "non_ascii_number": _("Write %(name)s with the digits 0 to 9, not %(given)s."),
        "thousands_separator": _("Write %(name)s without thousands separators, not %(given)s."),
        "percent_sign": _("%(name)s is a count or a sum, never a percentage: send the figure itself, not %(given)s."),
        "too_precise": _("%(name)s takes at most %(decimals)s decimals, not %(given)s."),
        "number_range": _("%(name)s takes at most 12 digits before the point, not %(given)s."),
        "number_too_long": _("%(name)s takes a number of at most %(longest)s characters."),
        "not_integer": _("%(name)s counts whole things, so it cannot be %(given)s."),
        "out_of_bounds": _("%(name)s cannot be below 0, but is %(given)s."),
        "blank": _("%(name)s is empty: leave it out where it is not reported, or send null to withdraw it."),
    }
    filling = {"name": rule.name, "given": cut(given), "decimals": MOST_DECIMALS, "longest": LONGEST_TEXT}
    return texts[code] % filling


def wanted_number(rule: MeasureRule) -> str:
    """Say what a value of the measure may be."""
    if rule.is_whole:
        return _("a whole number from 0 to 999999999999")
    return _("a number from 0 to 999999999999 with at most %(decimals)s decimals") % {"decimals": MOST_DECIMALS}


def duplicate(word: str, first: str, second: str, queue: str, day: date) -> str:
    text = (
        _("Lines %(first)s and %(second)s both hold %(queue)s on %(day)s; send it once.")
        if word == "line"
        else _("Rows %(first)s and %(second)s both hold %(queue)s on %(day)s; send it once.")
    )
    return text % {"first": first, "second": second, "queue": queue, "day": day.isoformat()}


def month_and_days(queue: str, day: date) -> str:
    text = _("%(queue)s has a month total and single days in %(month)s; a month is one or the other.")
    return text % {"queue": queue, "month": f"{day:%Y-%m}"}
