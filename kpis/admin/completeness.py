"""Days that were excused and feeds that were refused: to look at."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kpis.models import ExcusedDay, RefusedDay, RefusedFeed
from kpis.queries.refusal_words import refusal_word
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin, ReadOnlyInline, document
from vendors.admin.filters import VisibleRelated


@admin.register(ExcusedDay)
class ExcusedDayAdmin(ReadOnlyAdmin):
    """Excused and withdrawn on the completeness pages and by the API."""

    reads = Capability.READ_FIGURES
    list_display = ["date", "queue", "cause", "reason", "excused_by", "excused_at", "withdrawn_at"]
    list_select_related = ["queue"]
    list_filter = ["cause", ("queue__centre__vendor", VisibleRelated)]
    search_fields = ["queue__code", "queue__name", "reason"]
    date_hierarchy = "date"


class DaysOfRefusal(ReadOnlyInline):
    model = RefusedDay
    reads = Capability.READ_SUBMISSIONS
    fields = ["queue", "date"]
    per_page = 50


@admin.register(RefusedFeed)
class RefusedFeedAdmin(ReadOnlyAdmin):
    reads = Capability.READ_SUBMISSIONS
    list_display = ["refused_at", "vendor", "submitted_by", "way", "row_count", "what_was_wrong"]
    list_select_related = ["vendor"]
    list_filter = ["way", ("vendor", VisibleRelated)]
    search_fields = ["submitted_by", "vendor__code", "vendor__name"]
    date_hierarchy = "refused_at"
    fields = ["refused_at", "vendor", "submitted_by", "way", "row_count", "what_was_wrong", "body_hash"]
    readonly_fields = ["what_was_wrong"]
    inlines = [DaysOfRefusal]

    @admin.display(description=_("errors"))
    def what_was_wrong(self, row: RefusedFeed) -> str:
        return document({f"{refusal_word(code)} ({code})": count for code, count in row.codes.items()})


@admin.register(RefusedDay)
class RefusedDayAdmin(ReadOnlyAdmin):
    reads = Capability.READ_SUBMISSIONS
    list_display = ["date", "queue", "feed"]
    list_select_related = ["queue", "feed"]
    list_filter = [("queue__centre__vendor", VisibleRelated)]
    search_fields = ["queue__code", "queue__name"]
    date_hierarchy = "date"
