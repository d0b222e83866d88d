"""The days around an external factor: what came, beside what was to be expected, drawn by the server as SVG."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from bpo.templatetags.bpo_pages import short_day, written
from kpis.queries.effects import ContractEffect

register = template.Library()

WIDTH, HEIGHT = 960, 200
LEFT, TOP, BOTTOM = 60, 10, 26
INNER = HEIGHT - TOP - BOTTOM


@register.inclusion_tag("bpo/_effect_chart.html")
def effect_chart(effect: ContractEffect) -> dict[str, Any]:
    """Draw a bar a day, and the band it was expected in; the days of the factor are marked."""
    days = effect.days
    highest = max(
        [day.high for day in days] + [day.volume for day in days if day.volume is not None], default=Decimal(1)
    )
    step = Decimal(WIDTH - LEFT) / max(len(days), 1)

    def y(value: Decimal) -> Decimal:
        return TOP + INNER - value / highest * INNER

    bars = []
    for number, day in enumerate(days):
        x = LEFT + step * number
        volume = day.volume or Decimal(0)
        label = f"{short_day(day.date)} {written(day.volume, 0)} ({written(day.low, 0)}–{written(day.high, 0)})"
        bars.append(
            {
                "x": f"{x + step / 6:.1f}",
                "width": f"{step * 2 / 3:.1f}",
                "y": f"{y(volume):.1f}",
                "height": f"{TOP + INNER - y(volume):.1f}",
                "band_x": f"{x:.1f}",
                "band_width": f"{step:.1f}",
                "band_y": f"{y(day.high):.1f}",
                "band_height": f"{y(day.low) - y(day.high):.1f}",
                "middle": f"{y(day.expected):.1f}",
                "end": f"{x + step:.1f}",
                "is_affected": day.is_affected,
                "label": label,
                "day": short_day(day.date) if number % 7 == 0 else "",
                "text_x": f"{x + step / 2:.1f}",
            }
        )
    return {
        "bars": bars,
        "days": days,
        "width": WIDTH,
        "height": HEIGHT,
        "foot": HEIGHT - 8,
        "left": LEFT,
        "top_text": written(highest, 0),
        "effect": effect,
    }
