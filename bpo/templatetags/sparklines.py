"""Small lines of thirteen months, drawn by the server, each with its months in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from bpo.queries.trends import Point
from bpo.templatetags.bpo_pages import month, written

register = template.Library()

WIDTH, HEIGHT, EDGE = 132, 30, 4


@register.simple_tag
def sparkline(trends: Mapping[int, Sequence[Point]] | str, line: Mapping[str, Any]) -> SafeString | str:
    """Draw the months of a line: dots, open squares for month totals, a gap where nothing is known."""
    points = trends.get(line["id"], ()) if isinstance(trends, Mapping) else ()
    if not _is_drawn(points):
        return ""
    places = _places(points)
    pairs = zip(points, places, strict=True)
    marks = format_html_join("", "{}", ((_mark(point, place),) for point, place in pairs if place))
    return format_html(
        '<svg class="spark" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">'
        '<path d="{3}"/>{4}</svg>',
        WIDTH,
        HEIGHT,
        _in_words(points, line),
        _path(places),
        marks,
    )


@register.simple_tag
def months_line(points: Sequence[Point], page: Any) -> SafeString | str:
    """Draw the months of one vendor, with them in words."""
    return sparkline({0: points}, {"id": 0, "unit": page.unit, "decimals": page.decimals})


@register.filter
def any_drawn(trends: Mapping[int, Sequence[Point]]) -> bool:
    """Say whether any line has months enough to be drawn."""
    return any(map(_is_drawn, trends.values()))


@register.filter
def any_month_totals(trends: Mapping[int, Sequence[Point]]) -> bool:
    """Say whether a month of history is drawn anywhere."""
    drawn = (point for points in trends.values() if _is_drawn(points) for point in points)
    return any(point.is_month_total and point.value is not None for point in drawn)


def _is_drawn(points: Sequence[Point]) -> bool:
    return sum(point.value is not None for point in points) > 1


def _places(points: Sequence[Point]) -> list[tuple[str, str] | None]:
    """Return where each month stands, null for those without a value; the lowest value at the bottom."""
    values = [point.value for point in points if point.value is not None]
    low, high = min(values), max(values)
    step = Decimal(WIDTH - 2 * EDGE) / max(len(points) - 1, 1)
    found: list[tuple[str, str] | None] = []
    for place, point in enumerate(points):
        if point.value is None:
            found.append(None)
            continue
        share = (point.value - low) / (high - low) if high > low else Decimal("0.5")
        found.append((f"{EDGE + place * step:.1f}", f"{HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE):.1f}"))
    return found


def _path(places: Sequence[tuple[str, str] | None]) -> str:
    text, is_drawing = [], False
    for place in places:
        if place:
            text.append(f"{'L' if is_drawing else 'M'}{place[0]} {place[1]}")
        is_drawing = place is not None
    return "".join(text)


def _mark(point: Point, place: tuple[str, str]) -> SafeString:
    x, y = Decimal(place[0]), Decimal(place[1])
    if point.is_month_total:
        left, top = x - Decimal("2.5"), y - Decimal("2.5")
        return format_html('<rect class="total" x="{}" y="{}" width="5" height="5"/>', left, top)
    return format_html('<circle cx="{}" cy="{}" r="1.8"/>', x, y)


def _in_words(points: Sequence[Point], line: Mapping[str, Any]) -> str:
    shown = ", ".join(_point_in_words(point, line) for point in points if point.value is not None)
    return gettext("Thirteen months: %(months)s") % {"months": shown}


def _point_in_words(point: Point, line: Mapping[str, Any]) -> str:
    unit = "%" if line.get("unit") == "%" else ""
    text = f"{month(point.start)} {written(point.value, int(line.get('decimals') or 0))}{unit}"
    return f"{text} ({gettext('Month totals, no daily figures')})" if point.is_month_total else text
