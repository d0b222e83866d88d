"""What was reported and what it comes to: to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kpis.models import Attainment, DailyMetric, MetricRevision, Submission
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin, ReadOnlyInline, document, figure
from vendors.admin.filters import VisibleRelated

VENDOR_OF_QUEUE = ("queue__centre__vendor", VisibleRelated)


class RevisionsOfSubmission(ReadOnlyInline):
    model = MetricRevision
    reads = Capability.READ_FIGURES
    fields = ["queue", "date", "is_month", "what_changed"]
    readonly_fields = ["what_changed"]
    per_page = 50

    @admin.display(description=_("changes"))
    def what_changed(self, row: MetricRevision) -> str:
        return changes_of(row)


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    reads = Capability.READ_SUBMISSIONS
    list_display = ["received_at", "vendor", "submitted_by", "way", "row_count", "reason", "note"]
    list_select_related = ["vendor"]
    list_filter = ["way", "reason", ("vendor", VisibleRelated)]
    search_fields = ["id", "submitted_by", "note", "vendor__code", "vendor__name"]
    date_hierarchy = "received_at"
    fields = [
        "id",
        "received_at",
        "vendor",
        "submitted_by",
        "way",
        "reason",
        "note",
        "profile_version",
        "row_count",
        "derived_measures",
        "answer",
        "body_hash",
    ]
    readonly_fields = ["answer", "derived_measures"]
    inlines = [RevisionsOfSubmission]

    @admin.display(description=_("result"))
    def answer(self, row: Submission) -> str:
        return document(row.result)

    @admin.display(description=_("derived measures"))
    def derived_measures(self, row: Submission) -> str:
        return ", ".join(row.derived or ()) or "–"


@admin.register(DailyMetric)
class DailyMetricAdmin(ReadOnlyAdmin):
    reads = Capability.READ_FIGURES
    list_display = ["date", "queue", "is_month", "figures"]
    list_select_related = ["queue", "submission"]
    list_filter = [VENDOR_OF_QUEUE, ("queue", VisibleRelated), "is_month"]
    search_fields = ["queue__code", "queue__name"]
    date_hierarchy = "date"
    ordering = ["-date", "queue"]
    fields = ["queue", "date", "is_month", "all_figures", "submission"]
    readonly_fields = ["all_figures"]

    @admin.display(description=_("measures"))
    def figures(self, row: DailyMetric) -> str:
        return ", ".join(f"{code} {value}" for code, value in list(row.measures.items())[:6])

    @admin.display(description=_("measures"))
    def all_figures(self, row: DailyMetric) -> str:
        return document(row.measures)


@admin.register(MetricRevision)
class MetricRevisionAdmin(ReadOnlyAdmin):
    reads = Capability.READ_FIGURES
    list_display = ["date", "queue", "is_month", "what_changed", "submission"]
    list_select_related = ["queue", "submission"]
    list_filter = [VENDOR_OF_QUEUE, "is_month"]
    search_fields = ["queue__code", "queue__name"]
    date_hierarchy = "date"
    fields = ["queue", "date", "is_month", "what_changed", "submission"]
    readonly_fields = ["what_changed"]

    @admin.display(description=_("changes"))
    def what_changed(self, row: MetricRevision) -> str:
        return changes_of(row)


def changes_of(row: MetricRevision) -> str:
    """Return a revision as people read it: ``offered: 100 → 110``."""

    def text(value: Any) -> str:
        return "–" if value is None else str(value)

    return document({code: f"{text(change[0])} → {text(change[1])}" for code, change in row.changes.items()})


@admin.register(Attainment)
class AttainmentAdmin(ReadOnlyAdmin):
    reads = Capability.READ_RESULTS
    list_display = [
        "start",
        "kpi",
        "contract",
        "queue",
        figure("value", _("value")),
        figure("target", _("target")),
        figure("attainment", _("attainment")),
        figure("score", _("score")),
        "status",
    ]
    list_select_related = ["series__kpi", "series__contract", "series__queue"]
    list_filter = [
        "status",
        "series__period",
        ("series__contract__vendor", VisibleRelated),
        ("series__contract", VisibleRelated),
    ]
    search_fields = ["series__kpi__code", "series__kpi__name", "series__kpi__name_ko", "series__contract__code"]
    date_hierarchy = "start"
    ordering = ["-start", "series"]
    fields = [
        "series",
        ("start", "end"),
        (figure("value", _("value")), figure("adjusted_value", _("adjusted value"))),
        (figure("target", _("target")), figure("minimum", _("minimum")), figure("weight", _("weight"))),
        (figure("attainment", _("attainment")), figure("score", _("score"))),
        ("status", "flags"),
        (figure("volume", _("volume")), "days_expected", "days_reported"),
        "why",
        "computed_at",
    ]
    readonly_fields = ["why"]

    @admin.display(description=_("KPI"), ordering="series__kpi__code")
    def kpi(self, row: Attainment) -> str:
        return row.series.kpi.label

    @admin.display(description=_("contract"), ordering="series__contract__code")
    def contract(self, row: Attainment) -> str:
        return str(row.series.contract or _("Programme"))

    @admin.display(description=_("queue"), ordering="series__queue__code")
    def queue(self, row: Attainment) -> str:
        return str(row.series.queue or "–")

    @admin.display(description=_("explanation"))
    def why(self, row: Attainment) -> str:
        return document(row.explanation)
