"""Telling people of alerts: to look at; webhooks and wishes are kept on their own pages."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from bpo.models import Delivery, DeliveryAttempt, NotificationSettings, Webhook
from bpo.queries.deliveries import address_hint
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin
from vendors.admin.filters import VisibleRelated


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    reads = Capability.MANAGE_WEBHOOKS
    list_display = ["name", "vendor", "preset", "hint", "from_severity", "is_active", "created_at"]
    list_select_related = ["vendor"]
    list_filter = ["preset", "is_active", ("vendor", VisibleRelated)]
    search_fields = ["name", "vendor__code", "vendor__name"]
    fields = ["name", "vendor", "preset", "hint", "from_severity", "language", "is_active", "created_by", "created_at"]
    readonly_fields = ["hint"]

    @admin.display(description=_("address"))
    def hint(self, row: Webhook) -> str:
        return address_hint(row.url)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    reads = Capability.MANAGE_WEBHOOKS
    list_display = ["created_at", "kind", "user", "webhook", "address", "status", "due_at", "tries", "sent_at", "error"]
    list_select_related = ["user", "webhook"]
    list_filter = ["status", "kind"]
    search_fields = ["user__username", "webhook__name", "error"]
    date_hierarchy = "created_at"
    fields = [
        "id", ("kind", "status"), ("user", "webhook", "address"), "report", ("created_at", "due_at", "sent_at"),
        ("tries", "leased_until"), "error",
    ]  # fmt: skip


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(ReadOnlyAdmin):
    reads = Capability.MANAGE_WEBHOOKS
    list_display = ["at", "delivery", "is_sent", "detail"]
    list_select_related = ["delivery"]
    list_filter = ["is_sent"]
    search_fields = ["detail"]
    date_hierarchy = "at"
    fields = ["at", "delivery", "is_sent", "detail"]


@admin.register(NotificationSettings)
class NotificationSettingsAdmin(ReadOnlyAdmin):
    reads = Capability.MANAGE_MEMBERS
    list_display = ["user", "wants_mail", "instant_from", "wants_digest", "digest_at", "language"]
    list_select_related = ["user"]
    list_filter = ["wants_mail", "instant_from", "wants_digest"]
    search_fields = ["user__username"]
    fields = [
        "user", "wants_mail", "instant_from", ("wants_digest", "digest_at"), ("quiet_from", "quiet_until"),
        "on_free_days", "language",
    ]  # fmt: skip
