"""Runs of jobs: to look at."""

from __future__ import annotations

from django.contrib import admin

from bpo.models import JobRun
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin
from vendors.admin.filters import VisibleRelated


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    reads = Capability.READ_RESULTS
    list_display = ["name", "slot", "vendor", "status", "done", "total", "started_at", "ended_at"]
    list_select_related = ["vendor"]
    list_filter = ["status", "name", ("vendor", VisibleRelated)]
    search_fields = ["name", "slot", "error"]
    date_hierarchy = "started_at"
