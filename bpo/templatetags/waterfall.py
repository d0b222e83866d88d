"""The way from a target to the actual figure, step by step, drawn by the server as SVG."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from bpo.queries.kpi_page import KpiPage
from bpo.templatetags.bpo_pages import figure_text

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
        kind = "gain" if leg.size >= 0 else "loss"
        label = leg.label or WORDS[leg.kind]
        signed = f"{leg.size:+.{page.decimals}f}".replace("-", "−")
        rows.append(_row(number, label, kind, x(leg.start), x(leg.end), signed))
    last = page.way[-1].end
    rows.append(_row(len(page.way) + 1, _("Actual, gross"), "level", x(last), x(last), text(last)))
    return {"rows": rows, "width": WIDTH, "height": ROW * len(rows), "label_x": LEFT - 10, "page": page}


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
        "mark": {"gain": "▲", "loss": "▼"}.get(kind, ""),
    }
