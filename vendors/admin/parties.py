"""Vendors and their centres."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from vendors.actors import Actor, Capability
from vendors.admin.base import HistoryAdmin, ReadOnlyInline
from vendors.admin.filters import VisibleRelated
from vendors.admin.forms import ServiceForm
from vendors.models import Centre, Contract, Department, Queue, Vendor
from vendors.services import parties


class CentresOfVendor(ReadOnlyInline):
    model = Centre
    reads = Capability.READ_PARTIES
    fields = ["code", "name", "timezone", "country"]


class ContractsOfVendor(ReadOnlyInline):
    model = Contract
    fields = ["code", "name", "starts_on", "ends_on", "is_pilot"]


@admin.register(Vendor)
class VendorAdmin(HistoryAdmin):
    writes = Capability.WRITE_VENDORS
    list_display = ["code", "name", "name_ko", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["code", "name", "name_ko"]
    fieldsets = [(None, {"fields": ["code", "name", "name_ko", "is_active"]})]
    fixed = ["code"]
    inlines = [CentresOfVendor, ContractsOfVendor]

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Vendor:
        return parties.create_vendor(data, actor=actor, now=now)

    def change(self, row: Vendor, data: dict[str, Any], *, actor: Actor, now: datetime) -> Vendor:
        return parties.change_vendor(row, data, actor=actor, now=now)


@admin.register(Department)
class DepartmentAdmin(HistoryAdmin):
    writes = Capability.WRITE_VENDORS
    list_display = ["code", "name", "name_ko", "owner", "deputy", "email", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["code", "name", "name_ko", "owner"]
    fieldsets = [(None, {"fields": ["code", "name", "name_ko", "owner", "deputy", "email", "language", "is_active"]})]
    fixed = ["code"]

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Department:
        return parties.create_department(data, actor=actor, now=now)

    def change(self, row: Department, data: dict[str, Any], *, actor: Actor, now: datetime) -> Department:
        return parties.change_department(row, data, actor=actor, now=now)


class CentreForm(ServiceForm):
    def clean_timezone(self) -> str:
        zone: str = self.cleaned_data["timezone"]
        if zone not in available_timezones():
            raise ValidationError(_("There is no such time zone; write it as Asia/Seoul."), "unknown_timezone")
        return zone

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"]
        if len(country) != 2 or not (country.isascii() and country.isalpha() and country.isupper()):
            raise ValidationError(_("Write the country as two letters: KR."), "bad_country")
        return country


class QueuesOfCentre(ReadOnlyInline):
    model = Queue
    reads = Capability.READ_PARTIES
    fields = ["code", "name", "service_name", "channel", "opened_on", "closed_on"]

    @admin.display(description=_("service"))
    def service_name(self, row: Queue) -> str:
        return row.service_label


@admin.register(Centre)
class CentreAdmin(HistoryAdmin):
    writes = Capability.WRITE_SETUP
    form = CentreForm
    list_display = ["code", "name", "vendor", "timezone", "country"]
    list_select_related = ["vendor"]
    list_filter = [("vendor", VisibleRelated), "country"]
    search_fields = ["code", "name", "vendor__name", "vendor__name_ko"]
    autocomplete_fields = ["vendor"]
    fieldsets = [(None, {"fields": ["vendor", "code", "name", "timezone", "country"]})]
    fixed = ["vendor", "code"]
    inlines = [QueuesOfCentre]

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Centre:
        return parties.create_centre(data, actor=actor, now=now)

    def change(self, row: Centre, data: dict[str, Any], *, actor: Actor, now: datetime) -> Centre:
        return parties.change_centre(row, data, actor=actor, now=now)
