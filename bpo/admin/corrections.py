"""Correction requests: to look at; they are decided on their own page, which shows the effect first."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from bpo.models import CorrectionRequest
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin, document
from vendors.admin.filters import VisibleRelated


@admin.register(CorrectionRequest)
class CorrectionRequestAdmin(ReadOnlyAdmin):
    reads = Capability.READ_CORRECTIONS
    list_display = ["id", "contract", "start", "status", "reason", "filed_by", "filed_at", "decided_by", "page"]
    list_select_related = ["contract"]
    list_filter = ["status", "reason", ("contract__vendor", VisibleRelated), ("contract", VisibleRelated)]
    search_fields = ["contract__code", "contract__name", "filed_by", "note"]
    date_hierarchy = "filed_at"
    fields = [
        "page", ("contract", "start"), "status", ("reason", "note"), "what_changes", ("filed_by", "filed_at"),
        ("decided_by", "decided_at"), "decision", "submission", "what_it_does",
    ]  # fmt: skip
    readonly_fields = ["page", "what_changes", "what_it_does"]

    @admin.display(description=_("page"))
    def page(self, row: CorrectionRequest) -> str:
        return format_html('<a href="{}">{}</a>', reverse("bpo:correction-detail", args=[row.pk]), _("Open"))

    @admin.display(description=_("changes"))
    def what_changes(self, row: CorrectionRequest) -> str:
        return document(row.changes)

    @admin.display(description=_("effect on the points"))
    def what_it_does(self, row: CorrectionRequest) -> str:
        return document(row.effect or {})
