"""Runs of jobs and set-ups of programmes: to look at."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from bpo.models import JobRun, SetUp
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin, document
from vendors.admin.filters import VisibleRelated


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    reads = Capability.READ_RESULTS
    list_display = ["name", "slot", "vendor", "status", "done", "total", "started_at", "ended_at"]
    list_select_related = ["vendor"]
    list_filter = ["status", "name", ("vendor", VisibleRelated)]
    search_fields = ["name", "slot", "error"]
    date_hierarchy = "started_at"


@admin.register(SetUp)
class SetUpAdmin(ReadOnlyAdmin):
    """Programmes made in one go: to look at. They are made and undone on their page."""

    reads = Capability.READ_AUDIT
    list_display = ["made_at", "made_by", "undone_at", "undone_by"]
    search_fields = ["made_by", "undone_by"]
    date_hierarchy = "made_at"
    fields = [("made_by", "made_at"), "wish_shown", "made_shown", ("undone_by", "undone_at")]
    readonly_fields = ["wish_shown", "made_shown"]

    @admin.display(description=_("what was wished for"))
    def wish_shown(self, row: SetUp) -> str:
        return document(row.wish)

    @admin.display(description=_("what was made"))
    def made_shown(self, row: SetUp) -> str:
        return document(row.made)
