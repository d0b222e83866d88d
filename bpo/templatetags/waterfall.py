"""The way from a target to the actual figure, step by step, drawn by the server as SVG."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from bpo.queries.kpi_page import KpiPage
from bpo.templatetags.bpo_pages import figure_text
from kpis.calc.facts import Direction
from kpis.queries.unit_words import difference_unit

register = template.Library()

WIDTH, ROW, LEFT, RIGHT = 960, 30, 260, 110
WORDS = {"mix": _("Mix of queues"), "vendor": _("Left for the vendor"), "factor": _("External factor")}


@register.inclusion_tag("bpo/_waterfall.html")
def waterfall(page: KpiPage) -> dict[str, Any]:
    """Draw the target, each step, and where it ends; gains and losses differ in shape as well as in colour."""
    if not page.way or page.target is None:
        return {"rows": []}
    ends = [page.target, *(leg.end for leg in page.way)]
    low, high = min(ends), max(ends)
    room = (high - low) * Decimal("0.15") or Decimal(1)
    low, high = low - room, high + room

    def x(value: Decimal) -> Decimal:
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def text(value: Decimal) -> str:
        return figure_text(value.quantize(Decimal(1).scaleb(-page.decimals)), page.decimals, page.unit)

    rows = [_row(0, _("Target"), "level", x(page.target), x(page.target), text(page.target))]
    for number, leg in enumerate(page.way, 1):
        label = leg.label or WORDS[leg.kind]
        size = leg.size.quantize(Decimal(1).scaleb(-page.decimals))
        written = f"{size:+f}".replace("-", "−") if size else f"{abs(size):f}"
        written = f"{written} {difference_unit(page.unit)}".strip()
        rows.append(_row(number, label, _kind(size, page.direction), x(leg.start), x(leg.end), _marked(size, written)))
    last = page.way[-1].end
    rows.append(_row(len(page.way) + 1, _("Actual, gross"), "level", x(last), x(last), text(last)))
    return {"rows": rows, "width": WIDTH, "height": ROW * len(rows), "label_x": LEFT - 10, "page": page}


BETTER = {Direction.HIGHER: 1, Direction.LOWER: -1, Direction.ZERO: -1}


def _kind(size: Decimal, direction: Direction) -> str:
    """Say whether a step is for the better: more seconds are worse; a band has no better side, nor has nothing."""
    side = size * BETTER.get(direction, 0)
    return "gain" if side > 0 else "loss" if side < 0 else "shift"


def _marked(size: Decimal, text: str) -> str:
    return f"{'▲' if size > 0 else '▼'} {text}" if size else text


def _row(number: int, label: Any, kind: str, start: Decimal, end: Decimal, text: str) -> dict[str, Any]:
    return {
        "label": label,
        "kind": kind,
        "y": ROW * number + 6,
        "text_y": ROW * number + 20,
        "x": f"{min(start, end):.1f}",
        "width": f"{max(abs(end - start), Decimal(3)):.1f}",
        "text": text,
        "text_x": f"{max(start, end) + 8:.1f}",
    }
