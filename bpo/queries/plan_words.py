"""Words about action plans: their steps, what a check found, and what a new one is begun with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bpo.choices import AlertKind
from bpo.models import ActionPlan, Alert, Scorecard
from bpo.queries.alert_words import MESSAGES, figure_words, message_of, period_words
from kpis.calc.facts import PeriodKind
from kpis.models import ExternalFactor
from kpis.queries.before_after import BeforeAfter
from kpis.queries.before_after_words import change_sentence, presented_change
from vendors.errors import Text
from vendors.models.base import for_reader

STEPS: Mapping[str, Text] = {
    "make": gettext_lazy("Plan made"),
    "propose": gettext_lazy("Proposed by the vendor"),
    "change": gettext_lazy("Changed"),
    "share": gettext_lazy("Shared with the vendor"),
    "start": pgettext_lazy("action plan", "Begun"),
    "finish": pgettext_lazy("action plan", "Done"),
    "check": gettext_lazy("Effect checked"),
    "cancel": pgettext_lazy("action plan", "Cancelled"),
    "note": gettext_lazy("Note added"),
}


def plan_step(action: str) -> str:
    """Name a step in the life of an action plan."""
    return str(STEPS.get(action, action))


def sentence_of(one: BeforeAfter) -> str:
    """Say what a KPI was before and after."""
    return change_sentence(presented_change(one), one.kpi.label, figure_words)


def measured_sentence(plan: ActionPlan, measured: Mapping[str, Any] | None) -> str:
    """Say what a plan's KPI was before and after; nothing where it was not measured."""
    return change_sentence(measured, plan.kpi.label, figure_words) if measured and plan.kpi else ""


def begun_from_alert(alert: Alert) -> dict[str, Any]:
    """Return what a plan about an alert begins with: its message as the facts, the weight as the effect."""
    name = alert.kpi.label if alert.kpi else alert.contract.name if alert.contract else ""
    share = alert.facts.get("weight_share")
    effect = _("It counts for %(weight)s %% of the contract's weight.") % {"weight": share} if share else ""
    return {
        "title": f"{name}: {alert.get_kind_display()}" if name else str(alert.get_kind_display()),
        "facts": message_of(alert),
        "effect": effect,
    }


def begun_from_line(card: Scorecard, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a plan about a line of a scorecard begins with: value and target, and the points it came to.

    ``shown`` is the line as the scorecard shows it (:func:`bpo.queries.cards.presented`).
    """
    name = for_reader(shown["name"], shown["name_ko"])
    month, unit = period_words(PeriodKind.MONTH, card.start), shown.get("unit") or ""
    said = {
        "kpi": name,
        "value": figure_words(shown.get("value"), unit),
        "period": month,
        "target": figure_words(shown.get("target"), unit),
    }
    points = {"points": _short(shown.get("points")), "weight": _short(shown.get("weight")), "month": month}
    effect = _("%(points)s points of %(weight)s in the scorecard of %(month)s.") % points
    return {
        "title": f"{name} {month}",
        "facts": str(MESSAGES[AlertKind.BELOW_TARGET]) % said if shown.get("value") is not None else "",
        "effect": effect if shown.get("points") is not None else "",
    }


def _short(value: str | None) -> str:
    """Write points or a weight to two places, as the scorecard shows them."""
    return "" if value is None else f"{Decimal(value).quantize(Decimal('0.01'), ROUND_HALF_UP).normalize():f}"


def begun_from_factor(factor: ExternalFactor, sentences: list[str]) -> dict[str, Any]:
    """Return what the prevention of a factor begins with: what happened, and how large its effect was."""
    return {
        "title": _("Recurrence prevention: %(title)s") % {"title": factor.title},
        "facts": factor.description or factor.title,
        "effect": "\n".join(sentences),
    }
