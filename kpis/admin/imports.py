"""Large files on their way in: to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from kpis.models import ImportJob
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin
from vendors.admin.filters import VisibleRelated


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    reads = Capability.READ_SUBMISSIONS
    list_display = ["created_at", "filename", "vendor", "submitted_by", "status", "done", "total", "attempts"]
    list_select_related = ["vendor"]
    list_filter = ["status", ("vendor", VisibleRelated)]
    search_fields = ["filename", "submitted_by", "content_hash"]
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # A list of large files is not a list of their bytes.
        return super().get_queryset(request).defer("content")
