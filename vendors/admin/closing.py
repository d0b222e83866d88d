"""The closing calendar of a contract's terms as fields with names, beside the other terms on the contract's page.

Each field is called as the service names it (``closing.feed_closed``), so that what the service refuses stands on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _

from vendors.admin.base import widgets
from vendors.services.closing_terms import LIMITS, MOST_BUSINESS_DAYS, MOST_DAYS, STEPS

LABELS: Mapping[str, Any] = {
    "daily_cutoff": _("Daily cut-off"),
    "feed_closed": _("Figures close"),
    "shared": _("Review asked for on"),
    "objections_end": _("Objections until"),
    "final": _("Final on"),
    "invoice_day": _("Tax invoice by"),
    "free_correction_days": _("Days of corrections without a reason"),
    "correction_days": _("Days of corrections"),
    "backfill_days": _("Days of back-fill"),
    "share_automatically": _("Ask for the review by itself"),
}
_BUSINESS_DAY = _("Business day of the next month, 1 to 20. Empty: off.")
HELP: Mapping[str, Any] = {
    "daily_cutoff": _("Time of the next day, such as 10:00, by which a day's figures are due. Empty: off."),
    **dict.fromkeys(STEPS, _BUSINESS_DAY),
    "invoice_day": _("Day of the next month, 1 to 28. Empty: off."),
    "free_correction_days": _("So many days after its day a figure may be changed without a reason. Empty: always."),
    "correction_days": _("Later than that a change takes a correction request. Empty: no limit."),
    "backfill_days": _("Later than that a figure never reported takes a correction request. Empty: no limit."),
    "share_automatically": _("On the day of the review, once the figures are closed."),
}
PREFIX = "closing."
FIELDS = tuple(PREFIX + name for name in LABELS)
ROWS = (
    "closing.daily_cutoff",
    tuple(PREFIX + name for name in STEPS[:2]),
    tuple(PREFIX + name for name in STEPS[2:]),
    "closing.invoice_day",
    *(PREFIX + name for name in LIMITS),
    "closing.share_automatically",
)


def closing_fields() -> dict[str, forms.Field]:
    """Return the fields of the calendar, by name."""
    return {PREFIX + name: _field(name) for name in LABELS}


def _field(name: str) -> forms.Field:
    options: dict[str, Any] = {"label": LABELS[name], "help_text": HELP[name], "required": False}
    if name == "daily_cutoff":
        return forms.CharField(widget=widgets.Text(attrs={"type": "time"}), **options)
    if name == "share_automatically":
        return forms.BooleanField(widget=widgets.Checkbox(), **options)
    least, most = (0, MOST_DAYS) if name in LIMITS else (1, 28 if name == "invoice_day" else MOST_BUSINESS_DAYS)
    return forms.IntegerField(widget=widgets.Whole(attrs={"min": least, "max": most}), **options)


def opened(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored calendar as the values of the fields."""
    return {PREFIX + name: document.get(name) for name in LABELS}


def folded(
    data: Mapping[str, Any], typed: Mapping[str, Any], fields: Collection[str] = FIELDS, prefix: str = PREFIX
) -> dict[str, Any]:
    """Return ``data`` with ``fields`` as one document (all that was ``typed``) where one of them is in ``data``."""
    rest = {name: value for name, value in data.items() if name not in fields}
    if len(rest) < len(data):
        rest[prefix.removesuffix(".")] = {name.removeprefix(prefix): typed.get(name) for name in fields}
    return rest


def closing_words(document: Mapping[str, Any]) -> str:
    """Return a stored calendar as a list to read; a dash where there is none."""
    rows = [(LABELS[name], _word(document[name])) for name in LABELS if name in document]
    return format_html_join("", "<div>{}: {}</div>", rows) if rows else "–"


def _word(value: Any) -> Any:
    return gettext_now("yes") if value is True else value
