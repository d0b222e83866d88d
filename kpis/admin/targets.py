"""Targets by date, and what each of them is about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from kpis.models import Target, TargetChange, TargetSeries
from kpis.services import targets
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.admin.access import acting
from vendors.admin.base import HistoryAdmin, ReadOnlyAdmin, ReadOnlyInline, document, figure
from vendors.admin.filters import VisibleRelated
from vendors.admin.forms import ServiceForm

ABOUT = ["contract", "queue", "kpi", "period"]
DEFAULTED = frozenset(
    {
        "attainment_mode",
        "below_minimum",
        "rounding",
        "decimals",
        "score_at_minimum",
        "score_at_target",
        "score_at_stretch",
        "parameters",
        "step",
    }
)
"""What the KPI's direction and scale fill in where it is left empty."""


class TargetsOfSeries(ReadOnlyInline):
    model = Target
    reads = Capability.READ_TARGETS
    fields = ["valid_from", "valid_until", "minimum", "target", "stretch", "weight", "attainment_mode"]


@admin.register(TargetSeries)
class TargetSeriesAdmin(ReadOnlyAdmin):
    """What targets are about, each with its versions."""

    reads = Capability.READ_TARGETS
    list_display = ["kpi", "contract", "queue", "period"]
    list_select_related = ["kpi", "contract", "queue"]
    list_filter = ["period", ("contract__vendor", VisibleRelated), ("contract", VisibleRelated)]
    search_fields = ["kpi__code", "kpi__name", "kpi__name_ko", "contract__code", "contract__name"]
    fields = ABOUT
    inlines = [TargetsOfSeries]


class TargetForm(ServiceForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._explain("contract", _("Empty: the whole programme."))
        self._explain("queue", _("Empty: the contract as a whole, its queues pooled."))
        self._explain("valid_until", _("The first day it no longer holds."))
        self._explain("weight", _("Its share of the month's scorecard; the weights of a contract sum to 100."))
        self._explain("cap", _("The most a score may be; empty is no cap."))
        if self.is_new:
            for name in DEFAULTED & self.fields.keys():
                self._leave_to_kpi(self.fields[name])

    def _explain(self, name: str, text: Any) -> None:
        if name in self.fields:
            self.fields[name].help_text = text

    def _leave_to_kpi(self, field: Any) -> None:
        field.required, field.initial = False, None
        if hasattr(field, "choices"):
            field.choices = [("", _("By the KPI")), *(choice for choice in field.choices if choice[0])]

    def get_initial_for_field(self, field: Any, field_name: str) -> Any:
        if self.is_new and field_name in DEFAULTED:
            return None
        return super().get_initial_for_field(field, field_name)

    def data_for_service(self) -> dict[str, Any]:
        data = super().data_for_service()
        keep = not self.is_new
        return {name: value for name, value in data.items() if keep or value not in (None, "")}


@admin.register(Target)
class TargetAdmin(HistoryAdmin):
    """One version of a target. What it is about is chosen once; the rest may be changed or ended."""

    reads = Capability.READ_TARGETS
    writes = Capability.WRITE_SETUP
    form = TargetForm
    list_display = [
        "kpi",
        "contract",
        "queue",
        "period",
        "valid_from",
        "valid_until",
        figure("minimum", _("minimum level")),
        figure("target", _("target level")),
        figure("stretch", _("stretch level")),
        figure("weight", _("weight")),
    ]
    list_select_related = ["series__kpi", "series__contract", "series__queue"]
    list_filter = [
        "series__period",
        ("series__contract__vendor", VisibleRelated),
        ("series__contract", VisibleRelated),
        "attainment_mode",
    ]
    search_fields = [
        "series__kpi__code",
        "series__kpi__name",
        "series__kpi__name_ko",
        "series__contract__code",
        "series__contract__name",
        "series__queue__code",
    ]
    date_hierarchy = "valid_from"
    _levels = [
        (_("When"), {"fields": [("valid_from", "valid_until")]}),
        (
            _("Levels"),
            {"fields": [("minimum", "minimum_upper"), ("target", "target_upper"), "stretch", "weight"]},
        ),
        (
            _("Attainment and score"),
            {
                "fields": [
                    ("attainment_mode", "below_minimum", "cap"),
                    ("score_at_minimum", "score_at_target", "score_at_stretch"),
                    ("step", "tiers"),
                    ("decimals", "rounding"),
                    "parameters",
                ]
            },
        ),
    ]
    new_fieldsets = [(_("About"), {"fields": ABOUT}), *_levels]
    fieldsets = [(None, {"fields": ["series"]}), *_levels]
    fixed = ["series"]
    borrowed = dict.fromkeys(ABOUT, TargetSeries)
    only_new = frozenset(ABOUT)
    optional = frozenset({"valid_from"})

    @admin.display(description=_("KPI"), ordering="series__kpi__code")
    def kpi(self, row: Target) -> str:
        return row.series.kpi.label

    @admin.display(description=_("contract"), ordering="series__contract__code")
    def contract(self, row: Target) -> str:
        return str(row.series.contract or _("Programme"))

    @admin.display(description=_("queue"), ordering="series__queue__code")
    def queue(self, row: Target) -> str:
        return str(row.series.queue or "–")

    @admin.display(description=_("period"), ordering="series__period")
    def period(self, row: Target) -> str:
        return row.series.get_period_display()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Target:
        about = {name: data.pop(name) for name in ABOUT if name in data}
        return targets.create_target(**about, fields=data, actor=actor, now=now)

    def change(self, row: Target, data: dict[str, Any], *, actor: Actor, now: datetime) -> Target:
        return targets.update_target(target=row, fields=data, actor=actor, now=now)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        self._warn(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        self._warn(request, obj)
        return super().response_change(request, obj)

    def _warn(self, request: HttpRequest, target: Target) -> None:
        for warning in targets.warnings_of(target):
            self.message_user(request, str(warning.detail), messages.WARNING)

    actions = ["end_today"]

    @admin.action(description=_("End the chosen targets today"), permissions=["write"])
    def end_today(self, request: HttpRequest, queryset: QuerySet[Target]) -> None:
        actor, now = acting(request), clock.now()
        day = clock.local_date(now, "Asia/Seoul")

        def end(target: Target) -> None:
            targets.end_target(target=target, valid_until=day, actor=actor, now=now)

        self.for_each(request, queryset, end, _("Ended: %(count)s."))


@admin.register(TargetChange)
class TargetChangeAdmin(ReadOnlyAdmin):
    """Changes made on the grid of a year: to look at. They are proposed and approved on the page of targets."""

    reads = Capability.WRITE_SETUP
    list_display = ["contract", "year", "status", "proposed_by", "proposed_at", "decided_by", "decided_at"]
    list_select_related = ["contract"]
    list_filter = ["status", "year", ("contract__vendor", VisibleRelated)]
    search_fields = ["contract__code", "contract__name", "proposed_by", "note"]
    date_hierarchy = "proposed_at"
    fields = [
        ("contract", "year", "status"),
        "cells_shown",
        ("goes_on", "note"),
        ("proposed_by", "proposed_at"),
        ("decided_by", "decided_at"),
        "reason",
    ]
    readonly_fields = ["cells_shown"]

    @admin.display(description=_("months changed"))
    def cells_shown(self, row: TargetChange) -> str:
        return document(row.cells)
