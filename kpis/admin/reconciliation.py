"""Two sources of one figure: to look at. Differences are settled on their page and by the API."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kpis.models import Reconciliation, SourceFigure
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin, document
from vendors.admin.filters import VisibleRelated


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    reads = Capability.READ_FIGURES
    list_display = ["date", "is_month", "queue", "measure", "both", "status", "decided_by", "decided_at"]
    list_select_related = ["queue"]
    list_filter = ["status", ("queue__centre__vendor", VisibleRelated)]
    search_fields = ["queue__code", "queue__name", "measure", "note"]
    date_hierarchy = "date"
    fields = [
        ("contract", "queue", "date", "is_month", "measure"),
        ("first_source", "second_source"),
        "both",
        ("tolerance_percent", "tolerance_absolute"),
        ("status", "opened_at"),
        ("decision", "decided_by", "decided_at"),
        "note",
    ]
    readonly_fields = ["both"]

    @admin.display(description=_("figures"))
    def both(self, row: Reconciliation) -> str:
        return document(row.figures)


@admin.register(SourceFigure)
class SourceFigureAdmin(ReadOnlyAdmin):
    reads = Capability.READ_FIGURES
    list_display = ["date", "is_month", "queue", "measure", "source", "figure"]
    list_select_related = ["queue", "submission"]
    list_filter = ["source", ("queue__centre__vendor", VisibleRelated)]
    search_fields = ["queue__code", "queue__name", "measure"]
    date_hierarchy = "date"
    fields = [("queue", "date", "is_month", "measure", "source"), "figure", "submission"]
    readonly_fields = ["figure"]

    @admin.display(description=_("value"))
    def figure(self, row: SourceFigure) -> Any:
        return str(row.value)
