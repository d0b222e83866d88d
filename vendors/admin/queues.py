"""Queues, which contract each belongs to, and the calendar that says when they are closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from vendors import clock
from vendors.actors import Actor, Capability
from vendors.admin.access import acting, may_for_all
from vendors.admin.base import HistoryAdmin, ReadOnlyInline, ServiceAdmin, widgets
from vendors.admin.filters import VisibleRelated
from vendors.admin.forms import ServiceForm
from vendors.choices import Channel
from vendors.errors import Forbidden
from vendors.models import ContractQueue, Holiday, Queue
from vendors.services import holidays, queues


class LinksOfQueue(ReadOnlyInline):
    model = ContractQueue
    fields = ["contract", "valid_from", "valid_until"]


class QueueForm(ServiceForm):
    open_weekdays = forms.TypedMultipleChoiceField(
        label=_("open weekdays"),
        coerce=int,
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        initial=[1, 2, 3, 4, 5, 6, 7],
        widget=widgets.Checkboxes,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "valid_from" in self.fields:
            self.fields["valid_from"].help_text = _("Where the contract changes: the first day under the new one.")
        if self.is_new and "opened_on" in self.fields:
            self.fields["opened_on"].help_text = _("Empty: the day the contract starts.")

    def clean_channel(self) -> str:
        channel: str = self.cleaned_data["channel"]
        if channel == Channel.ANY:
            raise ValidationError(_("A queue has one channel."), "invalid_choice")
        return channel


@admin.register(Queue)
class QueueAdmin(HistoryAdmin):
    writes = Capability.WRITE_SETUP
    form = QueueForm
    list_display = ["code", "name", "centre", "vendor", "service_name", "channel", "opened_on", "closed_on"]
    list_select_related = ["centre__vendor"]
    list_filter = ["channel", ("centre__vendor", VisibleRelated), ("centre", VisibleRelated), "observes_holidays"]
    search_fields = ["code", "name", "service", "centre__name", "centre__vendor__name"]
    autocomplete_fields = ["centre"]
    fieldsets = [
        (None, {"fields": ["centre", "code", "name", ("service", "channel")]}),
        (_("Opening"), {"fields": [("opened_on", "closed_on"), "open_weekdays", "observes_holidays"]}),
    ]
    typed_fieldsets = [(_("Contract"), {"fields": ["contract", "valid_from"]})]
    fixed = ["code"]
    borrowed = {"contract": ContractQueue, "valid_from": ContractQueue}
    optional = frozenset({"valid_from", "opened_on"})
    inlines = [LinksOfQueue]

    @admin.display(description=_("vendor"), ordering="centre__vendor__code")
    def vendor(self, row: Queue) -> str:
        return row.centre.vendor.label

    @admin.display(description=_("service"), ordering="service")
    def service_name(self, row: Queue) -> str:
        return row.service_label

    def initial_of(self, row: Queue) -> dict[str, Any]:
        link = row.contract_links.order_by("valid_from").last()
        return {"contract": link.contract_id if link else None}

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Queue:
        data.pop("valid_from", None)  # a new queue begins with the later of the two starts
        return queues.create_queue(data, contract=data.pop("contract"), actor=actor, now=now)

    def change(self, row: Queue, data: dict[str, Any], *, actor: Actor, now: datetime) -> Queue:
        contract, valid_from = data.pop("contract", None), data.pop("valid_from", None)
        if contract is not None and valid_from is None:
            valid_from = clock.local_date(now, row.centre.timezone)
        return queues.change_queue(row, data, actor=actor, now=now, contract=contract, valid_from=valid_from)


@admin.register(Holiday)
class HolidayAdmin(ServiceAdmin):
    """The calendar of a country, and of single centres. Marking a day open overrules the seeded calendar."""

    writes = Capability.WRITE_SETUP
    list_display = ["date", "label", "country", "centre", "is_open", "is_seeded"]
    list_editable = ["is_open"]
    list_select_related = ["centre"]
    list_filter = ["country", "is_open", ("centre", VisibleRelated), "is_seeded"]
    search_fields = ["name", "name_ko", "centre__name"]
    date_hierarchy = "date"
    ordering = ["-date", "country"]
    autocomplete_fields = ["centre"]
    fieldsets = [(None, {"fields": ["date", "name", "name_ko", "country", "centre", "is_open"]})]
    fixed = ["date", "country", "centre"]

    @admin.display(description=_("name"))
    def label(self, row: Holiday) -> str:
        return row.label

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The calendar of a country is there for everybody; a centre's own for those who see the centre."""
        return super().get_queryset(request) | Holiday.objects.filter(centre__isnull=True)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        if not may_for_all(acting(request), Capability.WRITE_SETUP):
            changelist.list_editable = ()
        return changelist

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Holiday:
        if data.get("centre") is None and not may_for_all(actor, Capability.WRITE_SETUP):
            raise Forbidden("role", _("The calendar of a country is kept by a manager of all vendors."))
        return holidays.add_holiday(data, actor=actor, now=now)

    def change(self, row: Holiday, data: dict[str, Any], *, actor: Actor, now: datetime) -> Holiday:
        return holidays.change_holiday(row, data, actor=actor, now=now)
