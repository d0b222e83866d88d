"""The relief of external factors in a contract's terms as fields with names, beside the closing calendar.

Each field is called as the service names it (``relief.claim_days``), so that what the service refuses stands on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from vendors.admin.base import widgets
from vendors.choices import FactorMethod
from vendors.services.relief_terms import DAYS, MOST_BUSINESS_DAYS, MOST_QUEUE_DAYS, PERCENT

LABELS: Mapping[str, Any] = {
    "claim_days": _("Relief is claimed within"),
    "answer_days": _("The department answers within"),
    "decision_days": _("A claim is decided within"),
    "methods": _("Methods that are agreed"),
    "most_days": _("Most queue-days of relief a month"),
    "most_points": _("Most points of a KPI a month"),
    "most_share": _("Most of a KPI's volume a month, %"),
}
HELP: Mapping[str, Any] = {
    "claim_days": _("Business days after the event, 1 to 30. Empty: five."),
    "answer_days": _("Business days after the claim; nobody decides before. Empty: nobody waits for it."),
    "decision_days": _("Business days after the claim; what takes longer stands on the client's own card. Empty: off."),
    "methods": _("None chosen: all of them."),
    "most_days": _("Days on which something is relieved, each queue by itself. Empty: no cap."),
    "most_points": _("By which relief makes a KPI in per cent better, such as 2.5. Empty: no cap."),
    "most_share": _("What relief takes out of the denominator, such as 10. Empty: no cap."),
}
PREFIX = "relief."
FIELDS = tuple(PREFIX + name for name in LABELS)
ROWS = (tuple(PREFIX + name for name in DAYS), "relief.methods", *(PREFIX + name for name in ("most_days", *PERCENT)))


def relief_fields() -> dict[str, forms.Field]:
    """Return the fields of the relief, by name."""
    return {PREFIX + name: _field(name) for name in LABELS}


def _field(name: str) -> forms.Field:
    options: dict[str, Any] = {"label": LABELS[name], "help_text": HELP[name], "required": False}
    if name == "methods":
        return forms.MultipleChoiceField(choices=FactorMethod.choices, widget=widgets.Checkboxes, **options)
    if name in PERCENT:
        return forms.DecimalField(widget=widgets.Text(attrs={"inputmode": "decimal"}), **options)
    least, most = (1, MOST_BUSINESS_DAYS) if name in DAYS else (0, MOST_QUEUE_DAYS)
    return forms.IntegerField(widget=widgets.Whole(attrs={"min": least, "max": most}), **options)


def opened(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored relief as the values of the fields."""
    return {PREFIX + name: document.get(name) for name in LABELS}


def relief_words(document: Mapping[str, Any]) -> str:
    """Return stored relief as a list to read; a dash where there is none."""
    rows = [(LABELS[name], _word(document[name])) for name in LABELS if name in document]
    return format_html_join("", "<div>{}: {}</div>", rows) if rows else "–"


def _word(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(str(FactorMethod(method).label) for method in value)
    return value
