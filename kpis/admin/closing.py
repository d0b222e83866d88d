"""Which months are closed: to look at; they are closed and opened on the page of closings."""

from __future__ import annotations

from django.contrib import admin

from kpis.models import MonthClose
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin
from vendors.admin.filters import VisibleRelated


@admin.register(MonthClose)
class MonthCloseAdmin(ReadOnlyAdmin):
    reads = Capability.READ_CONTRACTS
    list_display = ["start", "contract", "number", "is_closed", "way", "by", "at", "reason"]
    list_select_related = ["contract"]
    list_filter = ["is_closed", "way", ("contract__vendor", VisibleRelated), ("contract", VisibleRelated)]
    search_fields = ["contract__code", "contract__name", "by", "reason"]
    date_hierarchy = "start"
    fields = ["contract", "start", "number", "is_closed", "way", "by", "at", "reason"]
