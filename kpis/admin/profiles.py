"""Import profiles, to look at: they are made and changed on the pages, where a sample shows what they do."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kpis.models import ImportProfile, ImportProfileVersion
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin, ReadOnlyInline, document
from vendors.admin.filters import VisibleRelated


class VersionsOfProfile(ReadOnlyInline):
    model = ImportProfileVersion
    reads = Capability.SUBMIT
    fields = ["number", "note", "created_by", "created_at"]


@admin.register(ImportProfile)
class ImportProfileAdmin(ReadOnlyAdmin):
    reads = Capability.SUBMIT
    list_display = ["code", "name", "vendor", "is_active"]
    list_select_related = ["vendor"]
    list_filter = ["is_active", ("vendor", VisibleRelated)]
    search_fields = ["code", "name", "vendor__code", "vendor__name"]
    fields = ["vendor", "code", "name", "is_active"]
    inlines = [VersionsOfProfile]


@admin.register(ImportProfileVersion)
class ImportProfileVersionAdmin(ReadOnlyAdmin):
    reads = Capability.SUBMIT
    list_display = ["profile", "number", "created_by", "created_at", "note"]
    list_select_related = ["profile__vendor"]
    list_filter = [("profile__vendor", VisibleRelated)]
    search_fields = ["profile__code", "profile__name"]
    fields = ["profile", "number", "how", "note", "created_by", "created_at"]
    readonly_fields = ["how"]

    @admin.display(description=_("mapping"))
    def how(self, row: ImportProfileVersion) -> str:
        return document(row.mapping)
