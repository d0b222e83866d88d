"""The audit trail: who changed what, to read and to take along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin, action
from vendors.admin.exports import csv_response
from vendors.admin.filters import VisibleRelated
from vendors.admin.words import ACTORS, action_word, coded, field_word, object_word, word
from vendors.models import AuditEntry

HEADER = ("at", "actor", "action", "object", "code", "vendor", "changes", "request")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """One line an act. Nobody adds, changes or deletes any."""

    reads = Capability.READ_AUDIT
    list_display = ["when", "who", "act", "thing", "object_code", "vendor", "short_changes"]
    list_display_links = ["when"]
    list_select_related = ["vendor"]
    list_filter = [
        ("action", coded(action_word)),
        ("object_type", coded(object_word)),
        ("actor", coded(lambda label: word(ACTORS, label))),
        ("vendor", VisibleRelated),
    ]
    search_fields = ["actor", "action", "object_type", "object_code", "request_id"]
    search_help_text = _("Who, action, object, code or request")
    date_hierarchy = "at"
    fields = ["at", "who", "act", "thing", "object_code", "vendor", "all_changes", "request_id"]
    readonly_fields = ["who", "act", "thing", "all_changes"]
    actions = ["export_selected"]
    actions_list = ["export_all"]

    @admin.display(description=_("at"), ordering="at")
    def when(self, row: AuditEntry) -> str:
        return format_html('<span class="whitespace-nowrap">{}</span>', f"{localtime(row.at):%Y-%m-%d %H:%M:%S}")

    @admin.display(description=_("who"), ordering="actor")
    def who(self, row: AuditEntry) -> str:
        return word(ACTORS, row.actor)

    @admin.display(description=_("action"), ordering="action")
    def act(self, row: AuditEntry) -> str:
        return action_word(row.action)

    @admin.display(description=_("object"), ordering="object_type")
    def thing(self, row: AuditEntry) -> str:
        return object_word(row.object_type)

    @admin.display(description=_("changes"))
    def short_changes(self, row: AuditEntry) -> str:
        return Truncator("; ".join(f"{name}: {text}" for name, text in _in_words(row))).chars(120)

    @admin.display(description=_("changes"))
    def all_changes(self, row: AuditEntry) -> str:
        return format_html("<div>{}</div>", format_html_join("", "<div><b>{}</b>: {}</div>", _in_words(row)) or "–")

    @admin.action(description=_("Export the chosen entries (CSV)"))
    def export_selected(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> StreamingHttpResponse:
        return csv_response("audit.csv", HEADER, _exported(queryset))

    @action(description=_("Export everything (CSV)"), url_path="export", permissions=["view"], icon="download")
    def export_all(self, request: HttpRequest) -> StreamingHttpResponse:
        return csv_response("audit.csv", HEADER, _exported(self.get_queryset(request)))


def spelled_out(row: AuditEntry) -> list[tuple[str, str]]:
    """Return what changed, field by field: ``old → new``, or the value of what was made."""
    return [(name, _change(value, row.action)) for name, value in row.changes.items()]


def _in_words(row: AuditEntry) -> list[tuple[str, str]]:
    return [(field_word(row.object_type, name), text) for name, text in spelled_out(row)]


def _change(value: Any, act: str) -> str:
    if isinstance(value, list) and len(value) == 2 and act != "create":
        return f"{_text(value[0])} → {_text(value[1])}"
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(inner)}" for name, inner in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(_text(inner) for inner in value) or "–"
    return "–" if value is None or value == "" else str(value)


def _exported(queryset: QuerySet[AuditEntry]) -> Iterator[tuple[Any, ...]]:
    for row in queryset.select_related("vendor").order_by("id").iterator(chunk_size=1000):
        changes = "; ".join(f"{name}: {text}" for name, text in spelled_out(row))
        vendor = row.vendor.code if row.vendor else ""
        at = row.at.isoformat()
        yield at, row.actor, row.action, row.object_type, row.object_code, vendor, changes, row.request_id
