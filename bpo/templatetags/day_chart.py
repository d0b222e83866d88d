"""A month of days as a line with its levels and limits, drawn by the server as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from bpo.queries.kpi_page import KpiPage
from bpo.templatetags.bpo_pages import figure_text, level_text, short_day
from kpis.queries.daily import DayPoint

register = template.Library()

WIDTH, HEIGHT = 960, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 14, 34
TICKS = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A point of the drawing, and the day it is of."""

    x: str
    y: str
    point: DayPoint
    label: str


class Scale:
    """Where days and values stand on the drawing."""

    def __init__(self, days: int, values: Sequence[Decimal]) -> None:
        low, high = min(values), max(values)
        room = (high - low) * Decimal("0.08") or Decimal(1)
        self.low, self.high = low - room, high + room
        self.step = Decimal(WIDTH - LEFT - RIGHT) / max(days, 1)

    def x(self, place: int) -> Decimal:
        """Return the middle of a day."""
        return LEFT + self.step * place + self.step / 2

    def y(self, value: Decimal) -> Decimal:
        share = (value - self.low) / (self.high - self.low)
        return Decimal(HEIGHT - BOTTOM) - share * (HEIGHT - TOP - BOTTOM)

    def ticks(self) -> list[Decimal]:
        """Return round values to write at the side."""
        span = self.high - self.low
        size = Decimal(10) ** (span / TICKS).adjusted()
        size = next(size * one for one in (1, 2, 5, 10) if size * one * TICKS >= span)
        first = (self.low / size).to_integral_value(rounding="ROUND_CEILING") * size
        found = []
        while first <= self.high:
            found.append(first)
            first += size
        return found


@register.inclusion_tag("bpo/_day_chart.html")
def day_chart(page: KpiPage) -> dict[str, Any]:
    """Draw a month: the line with gaps, target, minimum, the limits of each weekday, events and holidays."""
    days = list(page.period.dates())
    points = {point.date: point for point in page.course.points}
    values = _values(page)
    if not values:
        return {"is_empty": True, "is_of_totals": page.is_of_totals}
    scale = Scale(len(days), values)
    places = [_place(number, points[day], scale, page) for number, day in enumerate(days) if _has_value(points, day)]
    numbers = {day: number for number, day in enumerate(days)}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "title": page.series.kpi.label,
        "summary": _in_words(page),
        "ticks": [(_y(scale.y(tick)), f"{tick.normalize() + 0:f}") for tick in scale.ticks()],
        "days": [(_x(scale.x(number)), day.day) for day, number in numbers.items() if day.day % 5 == 1 or day.day == 1],
        "line": _line(places, numbers, scale, "value"),
        "adjusted": [place for place in places if place.point.adjusted not in (None, place.point.value)],
        "places": places,
        "missing": [(_x(scale.x(numbers[day])), short_day(day)) for day in page.missing],
        "band": _band(points, numbers, scale),
        "target": _level(page.target, scale),
        "minimum": _level(page.minimum, scale),
        "target_upper": _level(page.target_upper, scale),
        "target_text": level_text(page.target, page.target_upper, page.unit),
        "minimum_text": level_text(page.minimum, page.minimum_upper, page.unit),
        "events": [_bar(number, scale) for day, number in numbers.items() if page.factors_on(day)],
        "unusual": [_bar(number, scale) for day, number in numbers.items() if day in page.course.unusual],
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "bottom": HEIGHT - BOTTOM,
        "top": TOP,
        "base": HEIGHT - BOTTOM - 6,
        "foot": HEIGHT - 12,
    }


def _has_value(points: dict[date, DayPoint], day: date) -> bool:
    return day in points and points[day].value is not None


def _values(page: KpiPage) -> list[Decimal]:
    found = [one for point in page.course.points for one in (point.value, point.adjusted) if one is not None]
    if not found:
        return []
    limits = [one for point in page.course.points for one in (point.low, point.high) if one is not None]
    return [*found, *limits, *(level for level in (page.target, page.target_upper, page.minimum) if level is not None)]


def _place(number: int, point: DayPoint, scale: Scale, page: KpiPage) -> Place:
    assert point.value is not None
    label = f"{short_day(point.date)} {figure_text(point.value, page.decimals, page.unit)}"
    return Place(_x(scale.x(number)), _y(scale.y(point.value)), point, label)


def _line(places: Sequence[Place], numbers: dict[date, int], scale: Scale, name: str) -> str:
    """Return the path: it breaks where a day has no value."""
    text: list[str] = []
    before: int | None = None
    for place in places:
        number = numbers[place.point.date]
        text.append(f"{'L' if before is not None and number == before + 1 else 'M'}{place.x} {place.y}")
        before = number
    return "".join(text)


def _band(points: dict[date, DayPoint], numbers: dict[date, int], scale: Scale) -> list[dict[str, str]]:
    """Return a box a day: from where to where its weekday lets it stay."""
    found = []
    for day, number in numbers.items():
        point = points.get(day)
        if point is not None and point.low is not None and point.high is not None:
            top, bottom = scale.y(point.high), scale.y(point.low)
            x = scale.x(number) - scale.step / 2
            found.append({"x": _x(x), "y": _y(top), "width": _x(scale.step), "height": _y(bottom - top)})
    return found


def _level(value: Decimal | None, scale: Scale) -> str | None:
    return None if value is None else _y(scale.y(value))


def _bar(number: int, scale: Scale) -> dict[str, str]:
    return {"x": _x(scale.x(number) - scale.step / 2), "width": _x(scale.step)}


def _x(value: Decimal) -> str:
    return f"{value:.1f}"


_y = _x


def _in_words(page: KpiPage) -> str | SafeString:
    """Say what the drawing shows, for who cannot see it."""
    known = [point for point in page.course.points if point.value is not None]
    lowest = min(known, key=lambda point: point.value or Decimal(0))
    highest = max(known, key=lambda point: point.value or Decimal(0))
    return gettext(
        "Lowest %(low)s on %(low_day)s, highest %(high)s on %(high_day)s; %(missing)s days are incomplete,"
        " %(outside)s lie outside what their weekday lets expect."
    ) % {
        "low": figure_text(lowest.value, page.decimals, page.unit),
        "low_day": short_day(lowest.date),
        "high": figure_text(highest.value, page.decimals, page.unit),
        "high_day": short_day(highest.date),
        "missing": len(page.missing),
        "outside": sum(point.is_outside for point in known),
    }
