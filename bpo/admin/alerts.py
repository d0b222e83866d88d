"""Alerts: to look at; they are handled on their own page, which shows what is behind them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bpo.models import Alert, AlertEvent, AlertMark, SeriesBaseline
from bpo.queries.alert_words import ACTIONS as STEPS
from bpo.queries.alert_words import action_word, message_of
from bpo.services import alerts
from kpis.admin.recalculation import MarkAdmin
from vendors import clock
from vendors.actors import Capability
from vendors.admin.access import acting
from vendors.admin.base import DONE, ReadOnlyAdmin, document
from vendors.admin.filters import VisibleRelated
from vendors.admin.words import ACTIONS, ACTORS, coded, word

ACTIONS.update({f"alert.{code}": text for code, text in STEPS.items()})


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    reads = Capability.READ_ALERTS
    writes = Capability.ACKNOWLEDGE_ALERTS
    list_display = ["opened_at", "kind", "severity", "status", "vendor", "contract", "message", "assignee"]
    list_select_related = ["vendor", "contract", "kpi", "assignee"]
    list_filter = ["status", "severity", "kind", ("vendor", VisibleRelated), ("contract", VisibleRelated)]
    search_fields = ["contract__code", "contract__name", "kpi__code", "kpi__name", "vendor__code", "vendor__name"]
    date_hierarchy = "opened_at"
    fields = [
        "message", ("kind", "severity", "status"), ("vendor", "contract"), ("kpi", "queue"), ("period", "start"),
        ("opened_at", "changed_at", "resolved_at"), ("assignee", "snoozed_until"), "is_live", "figures",
    ]  # fmt: skip
    readonly_fields = ["message", "figures"]
    actions = ["acknowledge"]

    def view_on_site(self, row: Alert) -> str:
        return reverse("bpo:alert-detail", args=[row.pk])

    @admin.action(description=_("Acknowledge"), permissions=["write"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Say of each that it was seen; what else is to be done is asked for on its page."""
        options: dict[str, Any] = {"actor": acting(request), "now": clock.now()}
        self.for_each(request, queryset, lambda alert: alerts.acknowledge(alert.pk, **options), DONE)

    @admin.display(description=_("message"))
    def message(self, row: Alert) -> str:
        return message_of(row)

    @admin.display(description=_("facts"))
    def figures(self, row: Alert) -> str:
        return document(row.facts)


@admin.register(AlertEvent)
class AlertEventAdmin(ReadOnlyAdmin):
    """Internal notes stand among them: only the client's side reads these rows."""

    reads = Capability.READ_INTERNAL_NOTES
    list_display = ["at", "alert", "step", "who", "note", "is_internal"]
    list_select_related = ["alert"]
    list_filter = [("action", coded(action_word)), "is_internal", ("alert__vendor", VisibleRelated)]
    search_fields = ["by", "note", "alert__contract__code", "alert__contract__name"]
    date_hierarchy = "at"
    fields = ["at", "alert", "step", "who", "note", "is_internal", "what_changed"]
    readonly_fields = ["step", "who", "what_changed"]

    @admin.display(description=_("action"), ordering="action")
    def step(self, row: AlertEvent) -> str:
        return action_word(row.action)

    @admin.display(description=_("who"), ordering="by")
    def who(self, row: AlertEvent) -> str:
        return word(ACTORS, row.by)

    @admin.display(description=_("changes"))
    def what_changed(self, row: AlertEvent) -> str:
        return document(row.changes)


@admin.register(SeriesBaseline)
class SeriesBaselineAdmin(ReadOnlyAdmin):
    reads = Capability.READ_INTERNAL_NOTES
    list_display = ["series", "until", "days", "learnt_at"]
    list_select_related = ["series__contract", "series__kpi", "series__queue"]
    list_filter = [("series__contract", VisibleRelated)]
    search_fields = ["series__contract__code", "series__kpi__code"]
    fields = ["series", "until", "days", "spread", "by_weekday", "learnt_at"]


@admin.register(AlertMark)
class AlertMarkAdmin(MarkAdmin):
    """Contracts whose alerts have not followed their figures yet; the sweep sees to them."""
