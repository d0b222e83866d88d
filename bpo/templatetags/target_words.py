"""Words and drawings of the pages of targets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from bpo.queries.target_pages import Bench
from bpo.templatetags.bpo_pages import figure_text, is_korean, mark, month
from kpis.calc.target_bench import Replay
from kpis.queries.target_bench import Replayed
from kpis.queries.unit_words import unit_word

register = template.Library()

LEVEL_WORDS = {
    "target": gettext_lazy("Target level"),
    "minimum": gettext_lazy("Minimum level"),
    "stretch": gettext_lazy("Stretch level"),
    "weight": gettext_lazy("Weight"),
    "target_upper": gettext_lazy("Target level, upper"),
    "minimum_upper": gettext_lazy("Minimum level, upper"),
}
ACTS = {
    "create": gettext_lazy("A target was made"),
    "change": gettext_lazy("A target was changed"),
    "apply_target_set": gettext_lazy("A target set was applied"),
}
STEP, TOP, FOOT, EDGE = 24, 8, 48, 14


@register.filter
def level_word(level: str) -> str:
    """Name a level of a target."""
    return str(LEVEL_WORDS.get(level, level))


register.filter(unit_word)


@register.filter
def act_word(action: str) -> str:
    """Name an act on targets that was not done on the grid."""
    return str(ACTS.get(action, action))


@register.filter
def short_month(value: date) -> str:
    """Write a month without its year: 10월, Oct."""
    return f"{value.month}월" if is_korean() else date_format(value, "M")


@register.simple_tag
def month_span(first: date, last: date) -> str:
    """Write neighbouring months of a year: 2026년 10월~12월, October–December 2026; one month where it is one."""
    if first == last:
        return month(first)
    if is_korean():
        return f"{month(first)}~{last.month}월"
    return f"{date_format(first, 'F')}–{month(last)}"


@register.simple_tag
def bench_mark(replay: Replay) -> SafeString | str:
    """Show a replayed month as a shape and a word."""
    return render_to_string("bpo/_mark.html", mark(str(replay.status or "no_data")))


@register.simple_tag
def bench_strip(row: Replayed, bench: Bench) -> SafeString | str:
    """Draw the months of one contract against the proposed level: filled where it is met, crossed where missed."""
    values = [one.value for one in row.months if one.value is not None]
    if not values:
        return ""
    low, high = min([*values, bench.target]), max([*values, bench.target])
    line = _height(bench.target, low, high)
    width = 2 * EDGE + STEP * (len(row.months) - 1)
    marks = format_html_join("", "{}", ((_dot(one, place, low, high),) for place, one in enumerate(row.months)))
    return format_html(
        '<svg class="strip" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">'
        '<path class="goal" d="M2 {3}H{4}"/>{5}</svg>',
        width,
        FOOT + TOP,
        _in_words(row, bench),
        line,
        width - 2,
        marks,
    )


def _height(value: Decimal, low: Decimal, high: Decimal) -> str:
    share = (value - low) / (high - low) if high > low else Decimal("0.5")
    return f"{FOOT - share * (FOOT - TOP):.1f}"


def _dot(one: Replay, place: int, low: Decimal, high: Decimal) -> SafeString:
    x = EDGE + place * STEP
    if one.value is None:
        return format_html('<path class="none" d="M{} {}v4"/>', x, FOOT)
    y = _height(one.value, low, high)
    if not one.is_known:
        return format_html('<circle class="open" cx="{}" cy="{}" r="3.4"/>', x, y)
    if one.is_met:
        return format_html('<circle class="met" cx="{}" cy="{}" r="4.2"/>', x, y)
    return format_html('<path class="missed" d="M{} {}l8 8m0-8l-8 8"/>', x - 4, Decimal(y) - 4)


def _in_words(row: Replayed, bench: Bench) -> str:
    shown = gettext("%(target)s would have been met in %(met)s of %(known)s months")
    target = figure_text(bench.target, bench.decimals, bench.unit)
    return shown % {"target": target, "met": row.tally.met, "known": row.tally.known}


@register.simple_tag
def miss_in_words(row: Replayed, bench: Bench) -> Any:
    """Say by how much the closest miss was one."""
    closest = row.tally.closest_miss
    if closest is None or closest.value is None:
        return "–"
    value = figure_text(closest.value, bench.decimals, bench.unit)
    distance = figure_text(abs(closest.value - bench.target), bench.decimals)
    return gettext("%(month)s: %(value)s, %(distance)s off") % {
        "month": month(closest.month),
        "value": value,
        "distance": distance,
    }
