"""The keys of machines: issued here, shown once, revoked here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vendors import clock
from vendors.actors import Capability
from vendors.admin.access import acting, may_for_all
from vendors.admin.base import ReadOnlyAdmin, widgets
from vendors.admin.filters import VisibleRelated
from vendors.admin.forms import ServiceForm
from vendors.choices import Scope
from vendors.errors import Forbidden
from vendors.models import ApiKey
from vendors.services.keys import issue_key, revoke_key


class KeyForm(ServiceForm):
    scopes = forms.MultipleChoiceField(
        label=_("scopes"),
        choices=Scope.choices,
        required=False,
        widget=widgets.Checkboxes,
        help_text=_("Of a vendor's or the client's key; a role's key does what the role may do."),
    )


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Neither the key nor its hash is ever shown again; a key that is lost is revoked and a new one made."""

    reads = Capability.WRITE_SETUP
    writes = Capability.WRITE_SETUP
    form = KeyForm
    list_display = ["prefix", "name", "kind", "vendor", "scopes", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["vendor"]
    list_filter = ["kind", ("vendor", VisibleRelated)]
    search_fields = ["prefix", "name", "vendor__code", "vendor__name"]
    date_hierarchy = "created_at"
    autocomplete_fields = ["vendor"]
    new_fieldsets = [(None, {"fields": ["kind", "vendor", "scopes", "name", "expires_at"]})]
    fieldsets = [
        (None, {"fields": ["prefix", "name", "kind", "vendor", "scopes"]}),
        (None, {"fields": ["created_by", "created_at", "expires_at", "revoked_at", "last_used_at"]}),
    ]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_write_permission(request)

    def save_row(self, request: HttpRequest, row: Model | None, data: dict[str, Any]) -> Model:
        actor = acting(request)
        if data["vendor"] is None and not may_for_all(actor, Capability.WRITE_SETUP):
            raise Forbidden("role", _("Keys for all vendors are issued by a manager of all vendors."))
        now: datetime = clock.now()
        key, text = issue_key(actor=actor, now=now, **data)
        request.key_to_show = text  # type: ignore[attr-defined]
        return key

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        warning = gettext("Copy this key now; it is never shown again:")
        text = format_html("{} <code>{}</code>", warning, request.key_to_show)  # type: ignore[attr-defined]
        self.message_user(request, text, messages.WARNING)
        return super().response_add(request, obj, post_url_continue)

    @admin.action(description=_("Revoke the chosen keys"), permissions=["write"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        actor, now = acting(request), clock.now()
        done = _("Revoked: %(count)s.")
        self.for_each(request, queryset, lambda key: revoke_key(actor=actor, key=key, now=now), done)
