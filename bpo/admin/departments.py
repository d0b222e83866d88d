"""Questions to departments: to look at."""

from __future__ import annotations

from django.contrib import admin

from bpo.models import DepartmentQuestion
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin


@admin.register(DepartmentQuestion)
class DepartmentQuestionAdmin(ReadOnlyAdmin):
    reads = Capability.READ_AUDIT
    list_display = ["week", "department", "email", "sent_at", "answer", "answered_at"]
    list_select_related = ["department"]
    list_filter = ["answer", "department"]
    search_fields = ["department__code", "department__name", "email"]
    date_hierarchy = "week"
    fields = ["department", "week", ("email", "sent_at"), ("answer", "answered_at")]
