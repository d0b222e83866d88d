"""External factors: to look at. They are registered and decided on their page and by the API."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kpis.models import ExternalFactor, FactorEvent, FactorFile, FactorQueue, FactorSlice, Forecast
from kpis.services.factors.parties import shown_parameters
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin, document
from vendors.admin.filters import VisibleRelated
from vendors.admin.words import ACTORS, action_word, word


@admin.register(ExternalFactor)
class ExternalFactorAdmin(ReadOnlyAdmin):
    reads = Capability.READ_FACTORS
    list_display = ["title", "kind", "department", "starts_at", "ends_at", "status", "decided_by"]
    list_select_related = ["department"]
    list_filter = ["status", "kind", "department"]
    search_fields = ["title", "description", "evidence"]
    date_hierarchy = "starts_at"
    fields = [
        "title",
        ("kind", "department", "department_answer"),
        ("starts_at", "ends_at"),
        ("is_planned", "announced_at", "knowledge_ready_at", "expected_percent"),
        "description",
        "evidence",
        ("status", "method"),
        "with_what",
        ("filed_by", "filed_at"),
        ("claimed_by", "claimed_at"),
        ("decided_by", "decided_at"),
        "decision",
    ]
    readonly_fields = ["with_what"]

    @admin.display(description=_("parameters of the method"))
    def with_what(self, row: ExternalFactor) -> str:
        """Show the parameters without another vendor's contract: its own vendors read this page too."""
        return document(dict(shown_parameters(row, sees_all=False)))


@admin.register(FactorSlice)
class FactorSliceAdmin(ReadOnlyAdmin):
    reads = Capability.READ_FIGURES
    list_display = ["date", "queue", "factor", "method", "counts"]
    list_select_related = ["queue", "factor"]
    list_filter = [("queue__centre__vendor", VisibleRelated)]
    search_fields = ["queue__code", "queue__name", "factor__title"]
    date_hierarchy = "date"
    fields = [("factor", "queue", "date"), "counts", "method", "by_what"]
    readonly_fields = ["counts", "by_what"]

    @admin.display(description=_("measures"))
    def counts(self, row: FactorSlice) -> str:
        return document(row.measures) if row.measures else str(_("the whole day"))

    @admin.display(description=_("by what"))
    def by_what(self, row: FactorSlice) -> str:
        return document(row.terms)


@admin.register(FactorQueue)
class FactorQueueAdmin(ReadOnlyAdmin):
    reads = Capability.READ_FIGURES
    list_display = ["factor", "queue"]
    list_select_related = ["queue", "factor"]
    list_filter = [("queue__centre__vendor", VisibleRelated)]
    search_fields = ["queue__code", "queue__name", "factor__title"]


@admin.register(FactorEvent)
class FactorEventAdmin(ReadOnlyAdmin):
    reads = Capability.READ_FIGURES
    list_display = ["at", "factor", "step", "who", "note"]
    list_select_related = ["factor"]
    search_fields = ["factor__title", "by", "note"]
    date_hierarchy = "at"
    fields = [("factor", "step"), ("who", "at"), "note", "details"]
    readonly_fields = ["step", "who", "details"]

    @admin.display(description=_("step"))
    def step(self, row: FactorEvent) -> str:
        return action_word(f"factor.{row.action}")

    @admin.display(description=_("who"))
    def who(self, row: FactorEvent) -> str:
        return word(ACTORS, row.by)

    @admin.display(description=_("details"))
    def details(self, row: FactorEvent) -> str:
        return document(row.document)


@admin.register(FactorFile)
class FactorFileAdmin(ReadOnlyAdmin):
    reads = Capability.READ_FACTORS
    list_display = ["added_at", "factor", "name", "media_type", "size", "added_by"]
    list_select_related = ["factor"]
    search_fields = ["factor__title", "name", "added_by"]
    date_hierarchy = "added_at"
    fields = ["factor", "name", ("media_type", "size"), "sha256", ("added_by", "added_at")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[FactorFile]:
        rows: QuerySet[FactorFile] = super().get_queryset(request)
        return rows.defer("content")


@admin.register(Forecast)
class ForecastAdmin(ReadOnlyAdmin):
    reads = Capability.READ_FIGURES
    list_display = ["start", "queue", "grain", "volume", "band", "forecaster", "locked_at"]
    list_select_related = ["queue"]
    list_filter = ["grain", "forecaster", ("queue__centre__vendor", VisibleRelated)]
    search_fields = ["queue__code", "queue__name"]
    date_hierarchy = "start"
