"""What waits to be computed, and what could not be."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kpis.models import RecalculationMark
from vendors.actors import Capability
from vendors.admin.access import acting
from vendors.admin.base import DONE, ReadOnlyAdmin


class MarkAdmin(ReadOnlyAdmin):
    """The page of marks: notes of work that is to be done for a contract, and of what went wrong with it."""

    reads = Capability.READ_RESULTS
    writes = Capability.WRITE_SETUP
    list_display = ["created_at", "contract", "attempts", "error"]
    list_select_related = ["contract"]
    list_filter = ["attempts"]
    search_fields = ["contract__code", "contract__name", "error"]
    date_hierarchy = "created_at"
    actions = ["try_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        actor = acting(request).limited_to(self.reads)
        return rows if actor.sees_all_vendors else rows.filter(contract__vendor_id__in=actor.vendor_ids)

    @admin.action(description=_("Try again"), permissions=["write"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        count = queryset.update(attempts=0, error="")
        self.wake()
        self.message_user(request, str(DONE) % {"count": count})


@admin.register(RecalculationMark)
class RecalculationMarkAdmin(MarkAdmin):
    list_display = ["created_at", "contract", "first_on", "last_on", "attempts", "error"]
