"""The navigation of the pages: which entries there are, who sees them, and which one the reader is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from vendors.actors import Actor, Capability

register = template.Library()


@dataclass(frozen=True, slots=True)
class Entry:
    """One address of the navigation; ``also`` are addresses whose pages belong to it."""

    view: str
    label: Any
    needs: Capability | None = None
    also: tuple[str, ...] = ()


DAILY = (
    Entry("today", _("Today")),
    Entry("overview", _("Executive overview"), Capability.READ_RESULTS, also=("compare",)),
    Entry("scorecard-list", _("Monthly scorecards")),
    Entry("alert-list", _("Alerts"), Capability.READ_ALERTS),
    Entry("plan-board", _("Action plans"), Capability.READ_PLANS),
    Entry("submit", _("Daily figures"), Capability.SUBMIT),
    Entry(
        "completeness", _("Completeness of figures"), Capability.READ_FIGURES, also=("reconciliation-list", "quality")
    ),
    Entry("factor-list", _("External factors"), Capability.READ_FACTORS, also=("forecast-list",)),
)
"""What is opened from day to day; one line at 1280 pixels, in both languages and with every right."""
NOW_AND_THEN = (
    Entry("submission-list", _("Submissions"), Capability.READ_SUBMISSIONS),
    Entry("correction-list", _("Correction requests"), Capability.READ_FIGURES),
    Entry("month-ends", _("Month ends"), Capability.READ_FIGURES),
    Entry("report-list", _("Reports"), Capability.READ_REPORTS),
    Entry("client", _("The client's own scorecard"), Capability.READ_RESULTS),
    Entry("department-list", _("Departments"), Capability.ANSWER_FACTORS),
)
"""What is opened a few times a month; it folds away for who has more entries than one line holds."""
ONE_LINE = 8
"""So many entries stand side by side at 1280 pixels, the longer English labels included."""
SET_UP = (
    Entry("start", _("Set up a programme"), Capability.WRITE_VENDORS),
    Entry("target-list", _("Targets"), Capability.READ_TARGETS),
    Entry("import-profile-list", _("Import profiles"), Capability.SUBMIT),
    Entry("connect", _("Send by program"), Capability.SUBMIT),
    Entry("key-list", _("API keys"), Capability.MANAGE_KEYS),
    Entry("webhook-list", _("Webhooks"), Capability.MANAGE_WEBHOOKS),
    Entry("notifications", _("Notifications"), Capability.READ_ALERTS),
)
"""What is done once; it stands behind one more step."""


@register.inclusion_tag("bpo/_navigation.html", takes_context=True)
def navigation(context: Any) -> dict[str, Any]:
    """Show the entries the reader may open, with the one this page belongs to marked."""
    request = context["request"]
    actor = getattr(request, "actor", None)
    daily, more, set_up = (_shown(entries, actor, request.path) for entries in (DAILY, NOW_AND_THEN, SET_UP))
    if len(daily) + len(more) <= ONE_LINE:
        daily, more = daily + more, []
    if settings.SECOND_STEP:
        own = reverse("second-step-settings")
        set_up.append({"url": own, "label": _("Second step"), "here": "page" if request.path == own else ""})
    groups = [(label, entries) for label, entries in ((_("More"), more), (_("Set-up"), set_up)) if entries]
    return {
        "daily": daily,
        "groups": [
            {"label": label, "entries": entries, "is_here": any(entry["here"] for entry in entries)}
            for label, entries in groups
        ],
    }


def _shown(entries: tuple[Entry, ...], actor: Actor | None, path: str) -> list[dict[str, Any]]:
    return [
        {"url": reverse(f"bpo:{entry.view}"), "label": entry.label, "here": _here(entry, path)}
        for entry in entries
        if entry.needs is None or (actor is not None and actor.may(entry.needs))
    ]


def _here(entry: Entry, path: str) -> str:
    """Return what ``aria-current`` says: this very page, or one below it."""
    own = reverse(f"bpo:{entry.view}")
    if path == own:
        return "page"
    below = (own, *(reverse(f"bpo:{view}") for view in entry.also))
    return "true" if path.startswith(below) else ""
