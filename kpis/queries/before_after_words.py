"""A KPI before and after as a plain sentence, and as JSON-able values that the sentence can be made of again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from kpis.calc.before_after import Verdict
from kpis.queries.before_after import BeforeAfter
from vendors.errors import Text

VERDICTS: Mapping[str, Text] = {
    Verdict.BETTER: gettext_lazy("better"),
    Verdict.WORSE: gettext_lazy("worse"),
    Verdict.CHANGED: gettext_lazy("changed"),
    Verdict.UNSURE: gettext_lazy("no sure change"),
}
MINUS = "−"


def presented_change(one: BeforeAfter) -> dict[str, Any]:
    """Return it as the API answers it and as a check keeps it: figures as texts, with the days they are of."""
    change, two = one.change, one.windows
    return {
        "kpi": one.kpi.code,
        "unit": one.definition.unit,
        "before": f"{change.before:f}",
        "after": f"{change.after:f}",
        "change": f"{change.change:f}",
        "half_width": None if change.half_width is None else f"{change.half_width:f}",
        "verdict": one.verdict.value,
        "weeks": two.weeks,
        "before_from": two.before[0].isoformat(),
        "before_to": two.before[1].isoformat(),
        "after_from": two.after[0].isoformat(),
        "after_to": two.after[1].isoformat(),
        "days": list(change.days),
        "volume": [f"{volume:f}" for volume in change.volume],
    }


def with_unit(value: str, unit: str) -> str:
    """Write a figure with its unit: 84.00%, 252.0 s (252.0초)."""
    if unit in ("", "%"):
        return f"{value}{unit}"
    return _("%(value)s %(unit)s") % {"value": value, "unit": pgettext("unit", "s") if unit == "s" else unit}


def change_sentence(values: Mapping[str, Any], label: str, write: Callable[[str, str], str] = with_unit) -> str:
    """Say it: "AHT: 252.0 s before, 246.1 s after (−5.9 ± 2.1; the same weekdays of 4 weeks each): better."."""
    weeks = int(values["weeks"])
    text = ngettext(
        "%(kpi)s: %(before)s before, %(after)s after (%(change)s; the same weekdays of %(weeks)s week each):"
        " %(verdict)s.",
        "%(kpi)s: %(before)s before, %(after)s after (%(change)s; the same weekdays of %(weeks)s weeks each):"
        " %(verdict)s.",
        weeks,
    )
    return text % {
        "kpi": label,
        "before": write(values["before"], values["unit"]),
        "after": write(values["after"], values["unit"]),
        "change": _change(values),
        "weeks": weeks,
        "verdict": VERDICTS[values["verdict"]],
    }


def _change(values: Mapping[str, Any]) -> str:
    change = f"{'' if values['change'].startswith('-') else '+'}{values['change']}".replace("-", MINUS)
    unit = pgettext("difference of shares", "points") if values["unit"] == "%" else ""
    half = f" ± {values['half_width']}" if values["half_width"] is not None else ""
    return f"{change}{half}{' ' if unit else ''}{unit}"
