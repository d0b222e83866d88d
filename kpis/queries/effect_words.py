"""The size of an effect in a plain sentence, and as JSON-able values."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kpis.queries.effects import ContractEffect, KpiEffect, Suggestion
from kpis.queries.unit_words import difference_unit


def percent(share: float) -> str:
    """Write a change with its sign and without places: +41, −7."""
    return f"{round(100 * share):+d}".replace("-", "−")


def sentence(effect: ContractEffect) -> str:
    """Say it: "volume +41 % ± 6 for 2 days; Service level −17.0"."""
    volume = effect.volume
    text = ngettext(
        "volume %(change)s %% ± %(half)s for %(days)s day",
        "volume %(change)s %% ± %(half)s for %(days)s days",
        volume.days,
    ) % {"change": percent(volume.change), "half": round(100 * volume.half_width), "days": volume.days}
    if not volume.is_sure:
        text = _("no sure change of volume (%(text)s)") % {"text": text}
    return "; ".join([text, *(_moved(one) for one in effect.kpis if one.is_sure)])


def _moved(one: KpiEffect) -> str:
    size = one.change.quantize(Decimal("0.1"), ROUND_HALF_UP)
    moved = f"{size:+f}".replace("-", "−")
    return f"{one.kpi.label} {moved} {difference_unit(one.unit)}"


def presented_effect(effect: ContractEffect) -> dict[str, Any]:
    """Return an effect as the API answers it."""
    volume = effect.volume
    return {
        "contract": effect.contract.code,
        "vendor": effect.contract.vendor.code,
        "sentence": sentence(effect),
        "days": volume.days,
        "volume_kpi": effect.kpi.code,
        "volume_change_percent": f"{100 * volume.change:.1f}",
        "volume_half_width": f"{100 * volume.half_width:.1f}",
        "is_sure": volume.is_sure,
        "kpis": [
            {
                "kpi": one.kpi.code,
                "actual": f"{one.actual:f}",
                "expected": f"{one.expected:f}",
                "change": f"{one.change:f}",
                "half_width": f"{one.half_width:f}",
                "is_sure": one.is_sure,
            }
            for one in effect.kpis
        ],
    }


def presented_suggestion(one: Suggestion) -> dict[str, Any]:
    """Return a suggestion as the API answers it."""
    return {
        "contract": one.contract.code,
        "vendor": one.contract.vendor.code,
        "date": one.odd.date.isoformat(),
        "volume": f"{one.odd.volume:.0f}",
        "expected": f"{one.odd.expected:.0f}",
        "change_percent": f"{100 * one.odd.change:.1f}",
        "queues": list(one.queues),
    }
