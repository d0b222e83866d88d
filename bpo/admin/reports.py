"""Reports that go out: to look at; they are set up on their own pages."""

from __future__ import annotations

from django.contrib import admin

from bpo.models import ReportFile, ReportLink, ReportOptOut, ReportSubscription, SentReport
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin


@admin.register(ReportSubscription)
class ReportSubscriptionAdmin(ReadOnlyAdmin):
    reads = Capability.READ_REPORTS
    list_display = ["name", "kind", "period", "business_day", "at", "language", "is_active"]
    list_filter = ["kind", "period", "is_active"]
    search_fields = ["name"]
    fields = [
        "name", ("kind", "language"), ("period", "business_day", "at"), "users", "roles", "addresses", "attachments",
        "link_days", "is_active", "since", ("created_by", "created_at"),
    ]  # fmt: skip


@admin.register(SentReport)
class SentReportAdmin(ReadOnlyAdmin):
    reads = Capability.READ_REPORTS
    list_display = ["made_at", "subject", "address", "cause", "language", "start"]
    list_filter = ["kind", "cause", "period", "language"]
    search_fields = ["subject", "address", "user__username"]
    date_hierarchy = "made_at"
    fields = [
        "id", "subscription", ("cause", "slot"), ("kind", "period", "start"), "language", ("user", "address"),
        "subject", "text", "files", "link_days", ("is_of_all", "vendors"), ("made_by", "made_at"),
    ]  # fmt: skip


@admin.register(ReportLink)
class ReportLinkAdmin(ReadOnlyAdmin):
    reads = Capability.READ_REPORTS
    list_display = ["created_at", "report", "is_personal", "purpose", "expires_at", "revoked_at", "opened"]
    list_select_related = ["report"]
    list_filter = ["is_personal"]
    search_fields = ["purpose", "report__address"]
    date_hierarchy = "created_at"
    fields = [
        "report", ("is_personal", "purpose"), ("created_by", "created_at"), "expires_at", ("revoked_by", "revoked_at"),
        ("opened", "opened_at"),
    ]  # fmt: skip


@admin.register(ReportOptOut)
class ReportOptOutAdmin(ReadOnlyAdmin):
    reads = Capability.READ_REPORTS
    list_display = ["at", "subscription", "address"]
    list_select_related = ["subscription"]
    search_fields = ["address"]
    fields = ["subscription", "address", "at"]


@admin.register(ReportFile)
class ReportFileAdmin(ReadOnlyAdmin):
    reads = Capability.READ_REPORTS
    list_display = ["sha256", "size"]
    search_fields = ["sha256"]
    fields = ["sha256", "size"]
