"""Target sets (평가 기준): versions, copies with a percentage change, and giving them to contracts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kpis.models import TargetSet, TargetSetApplication, TargetSetVersion
from kpis.services import target_sets
from kpis.services.target_set_application import apply_set
from kpis.services.target_set_items import read_items, warnings_of_items
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.admin.access import acting, rows_for
from vendors.admin.base import (
    DialogForm,
    HistoryAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    action,
    document,
    widgets,
)
from vendors.admin.filters import VisibleRelated
from vendors.admin.forms import add_refusal
from vendors.errors import DomainError
from vendors.models import Contract

DOCUMENT = ["items", "policies", "note"]


class VersionsOfSet(ReadOnlyInline):
    model = TargetSetVersion
    reads = Capability.READ_TARGETS
    fields = ["number", "note", "created_by", "created_at"]


class SetDialog(DialogForm):
    """A dialog about one set, saved while it is validated."""

    result: Any = None

    @property
    def version(self) -> TargetSetVersion:
        return target_sets.latest(TargetSet.objects.get(pk=self.object_id))

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        data.pop("_form_submitted", None)
        if not self.errors:
            try:
                with transaction.atomic():
                    self.result = self.act(data, {"actor": acting(self.request), "now": clock.now()})
            except DomainError as error:
                add_refusal(self, error)
        return data

    def act(self, data: dict[str, Any], options: dict[str, Any]) -> Any:
        raise NotImplementedError


def _percent() -> forms.DecimalField:
    return forms.DecimalField(
        label=_("change, %"),
        required=False,
        max_digits=7,
        decimal_places=3,
        help_text=_("How much more demanding the levels become; negative is more lenient."),
        widget=widgets.Decimal,
    )


class ApplyForm(SetDialog):
    contracts: Any = forms.ModelMultipleChoiceField(
        label=_("contracts"), queryset=Contract.objects.none(), widget=widgets.SelectMany
    )
    valid_from = forms.DateField(label=_("valid from"), widget=forms.DateInput(attrs={"type": "date"}))
    percent_change = _percent()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Contract.objects.select_related("vendor").order_by("code")
        self.fields["contracts"].queryset = rows_for(acting(self.request), rows, Capability.WRITE_SETUP)
        self.fields["valid_from"].widget.attrs["class"] = widgets.Text().attrs.get("class", "")

    def act(self, data: dict[str, Any], options: dict[str, Any]) -> Any:
        return apply_set(
            version=self.version,
            contracts=list(data["contracts"]),
            valid_from=data["valid_from"],
            percent_change=data["percent_change"] or Decimal(0),
            **options,
        )


class CopyForm(SetDialog):
    code = forms.CharField(label=_("code"), max_length=64, widget=widgets.Text)
    name = forms.CharField(label=_("name"), max_length=200, widget=widgets.Text)
    name_ko = forms.CharField(label=_("Korean name"), max_length=200, required=False, widget=widgets.Text)
    percent_change = _percent()

    def act(self, data: dict[str, Any], options: dict[str, Any]) -> Any:
        data["percent_change"] = data["percent_change"] or Decimal(0)
        return target_sets.copy_set(version=self.version, **data, **options)


@admin.register(TargetSet)
class TargetSetAdmin(HistoryAdmin):
    """A set in its newest version; changing its items or policies makes the next one."""

    reads = Capability.READ_TARGETS
    writes = Capability.WRITE_DEFINITIONS
    list_display = ["code", "label", "is_shipped"]
    list_filter = ["is_shipped"]
    search_fields = ["code", "name", "name_ko"]
    fieldsets = [(None, {"fields": ["code", "name", "name_ko"]})]
    typed_fieldsets = [(_("Newest version"), {"fields": DOCUMENT})]
    fixed = ["code"]
    borrowed = dict.fromkeys(DOCUMENT, TargetSetVersion)
    optional = frozenset({"policies", "note"})
    inlines = [VersionsOfSet]
    actions_detail = ["apply_to_contracts", "copy"]

    @admin.display(description=_("name"), ordering="name")
    def label(self, row: TargetSet) -> str:
        return row.label

    def initial_of(self, row: TargetSet) -> dict[str, Any]:
        version = row.versions.order_by("-number").first()
        return {"items": version.items, "policies": version.policies} if version else {}

    def has_apply_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return acting(request).may(Capability.WRITE_SETUP)

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> TargetSet:
        data["policies"] = data.get("policies") or {}
        return target_sets.create_set(**data, actor=actor, now=now).target_set

    def change(self, row: TargetSet, data: dict[str, Any], *, actor: Actor, now: datetime) -> TargetSet:
        if "policies" in data:
            data["policies"] = data["policies"] or {}
        return target_sets.new_version(target_set=row, **data, actor=actor, now=now).target_set

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        items = read_items(target_sets.latest(obj).items, target_sets.today(clock.now()))
        for warning in warnings_of_items(items):
            self.message_user(request, str(warning.detail), messages.WARNING)
        return super().response_change(request, obj)

    @action(
        description=_("Apply to contracts"),
        url_path="apply",
        permissions=["apply"],
        icon="playlist_add_check",
        dialog={"form_class": ApplyForm, "title": _("Apply to contracts"), "form_submit_text": _("Apply")},
    )
    def apply_to_contracts(self, request: HttpRequest, form: ApplyForm, object_id: str) -> HttpResponse:
        text = gettext("%(contract)s: %(created)s new, %(replaced)s changed, %(ended)s ended.")
        for result in form.result:
            self.message_user(request, text % {"contract": result.contract, **result.counts()})
            for warning in result.warnings:
                self.message_user(request, f"{result.contract}: {warning.detail}", messages.WARNING)
        self.wake()
        return _go_to(reverse("admin:kpis_targetset_change", args=[object_id]))

    @action(
        description=_("Copy"),
        url_path="copy",
        permissions=["write"],
        icon="content_copy",
        dialog={"form_class": CopyForm, "title": _("Copy this set"), "form_submit_text": _("Copy")},
    )
    def copy(self, request: HttpRequest, form: CopyForm, object_id: str) -> HttpResponse:
        version, unchanged = form.result
        for warning in unchanged:
            self.message_user(request, str(warning.detail), messages.WARNING)
        return _go_to(reverse("admin:kpis_targetset_change", args=[version.target_set_id]))


def _go_to(address: str) -> HttpResponse:
    """Leave the dialog for another page."""
    return HttpResponse(headers={"HX-Redirect": address})


@admin.register(TargetSetVersion)
class TargetSetVersionAdmin(ReadOnlyAdmin):
    reads = Capability.READ_TARGETS
    list_display = ["target_set", "number", "note", "created_by", "created_at"]
    list_select_related = ["target_set"]
    list_filter = ["target_set"]
    search_fields = ["target_set__code", "target_set__name", "target_set__name_ko", "note"]
    date_hierarchy = "created_at"
    fields = ["target_set", "number", "all_items", "all_policies", "note", "created_by", "created_at"]
    readonly_fields = ["all_items", "all_policies"]

    @admin.display(description=_("items"))
    def all_items(self, row: TargetSetVersion) -> str:
        return document(row.items)

    @admin.display(description=_("policies"))
    def all_policies(self, row: TargetSetVersion) -> str:
        return document(row.policies)


@admin.register(TargetSetApplication)
class TargetSetApplicationAdmin(ReadOnlyAdmin):
    reads = Capability.READ_TARGETS
    list_display = ["version", "contract", "valid_from", "percent_change", "applied_by", "applied_at"]
    list_select_related = ["version__target_set", "contract"]
    list_filter = [("contract__vendor", VisibleRelated), "version__target_set"]
    search_fields = ["version__target_set__code", "contract__code", "contract__name"]
    date_hierarchy = "applied_at"
