"""Measures and KPIs, with the versions of their arithmetic."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kpis.admin.words import AGGREGATIONS, CATEGORIES, UNITS
from kpis.models import BucketEdges, Kpi, KpiVersion, Measure
from kpis.services import definitions
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.admin.base import HistoryAdmin, ReadOnlyInline, RecordAdmin
from vendors.admin.forms import ServiceForm
from vendors.admin.words import coded, word

ARITHMETIC = list(definitions.ARITHMETIC)


class EdgesOfMeasure(ReadOnlyInline):
    model = BucketEdges
    reads = Capability.READ_DEFINITIONS
    fields = ["version", "valid_from", "edges"]


@admin.register(Measure)
class MeasureAdmin(HistoryAdmin):
    reads = Capability.READ_DEFINITIONS
    writes = Capability.WRITE_DEFINITIONS
    list_display = ["code", "label", "counted_in", "rollup", "is_shipped"]
    list_filter = ["rollup", ("unit", coded(lambda code: word(UNITS, code))), "is_shipped"]
    search_fields = ["code", "name", "name_ko"]
    fieldsets = [
        (None, {"fields": ["code", "name", "name_ko", ("unit", "rollup"), ("edges", "edges_version"), "relations"]})
    ]
    fixed = ["code", "unit", "rollup", "edges", "edges_version"]
    inlines = [EdgesOfMeasure]

    @admin.display(description=_("name"), ordering="name")
    def label(self, row: Measure) -> str:
        return row.label

    @admin.display(description=_("unit"), ordering="unit")
    def counted_in(self, row: Measure) -> str:
        return word(UNITS, row.unit)

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Measure:
        return definitions.create_measure(actor=actor, now=now, fields=data)

    def change(self, row: Measure, data: dict[str, Any], *, actor: Actor, now: datetime) -> Measure:
        return definitions.update_measure(measure=row, actor=actor, now=now, fields=data)


class VersionsOfKpi(ReadOnlyInline):
    model = KpiVersion
    reads = Capability.READ_DEFINITIONS
    fields = ["number", "valid_from", "valid_until", "formula", "unit", "direction", "aggregation", "decimals"]


class KpiForm(ServiceForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "valid_from" in self.fields:
            self.fields["valid_from"].help_text = _(
                "The day from which changed arithmetic holds; empty is today. What is past keeps its arithmetic."
            )
        if "aggregation" in self.fields:
            self.fields["aggregation"].help_text = _("Empty: the one that fits the formula.")
            if self.is_new:
                self.fields["aggregation"].initial = ""


@admin.register(Kpi)
class KpiAdmin(HistoryAdmin):
    """A KPI and its arithmetic. Changed words are written in place, changed arithmetic makes a new version."""

    reads = Capability.READ_DEFINITIONS
    writes = Capability.WRITE_DEFINITIONS
    form = KpiForm
    list_display = ["code", "label", "meaning", "group", "channel", "is_core", "needs_labour_review", "is_shipped"]
    list_filter = [
        ("category", coded(lambda code: word(CATEGORIES, code))),
        "channel",
        "is_core",
        "needs_labour_review",
        "is_shipped",
    ]
    search_fields = ["code", "name", "name_ko"]
    fieldsets = [
        (None, {"fields": ["code", "name", "name_ko", ("category", "channel", "journey_stage")]}),
        (
            _("Words"),
            {
                "fields": [
                    ("definition", "definition_ko"),
                    ("variants", "variants_ko"),
                    ("pitfalls", "pitfalls_ko"),
                    ("typical_minimum", "typical_target"),
                ]
            },
        ),
        (None, {"fields": [("is_core", "needs_labour_review")]}),
    ]
    typed_fieldsets = [
        (
            _("Arithmetic"),
            {
                "fields": [
                    "valid_from",
                    "formula",
                    ("unit", "direction", "aggregation"),
                    ("decimals", "sampled", "settle_days"),
                    ("min_volume", "min_measure"),
                    "bounds",
                ]
            },
        )
    ]
    fixed = ["code"]
    borrowed = dict.fromkeys(["valid_from", *ARITHMETIC], KpiVersion)
    optional = frozenset({"valid_from", *ARITHMETIC} - {"formula"})
    inlines = [VersionsOfKpi]

    @admin.display(description=_("name"), ordering="name")
    def label(self, row: Kpi) -> str:
        return row.label

    @admin.display(description=_("definition"))
    def meaning(self, row: Kpi) -> str:
        return row.meaning

    @admin.display(description=_("category"), ordering="category")
    def group(self, row: Kpi) -> str:
        return word(CATEGORIES, row.category)

    def initial_of(self, row: Kpi) -> dict[str, Any]:
        versions = list(row.versions.all())
        today = clock.local_date(clock.now(), settings.TIME_ZONE)
        version = definitions.version_on(versions, today) if versions else None
        return {name: getattr(version, name) for name in ARITHMETIC} if version else {}

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Kpi:
        data.pop("valid_from", None)  # the first version has no beginning
        return definitions.create_kpi(actor=actor, now=now, fields=_without_empty(data))

    def change(self, row: Kpi, data: dict[str, Any], *, actor: Actor, now: datetime) -> Kpi:
        start: date | None = data.pop("valid_from", None)
        fields = {**_without_empty(data), **({"valid_from": start} if start else {})}
        definitions.update_kpi(kpi=row, actor=actor, now=now, fields=fields)
        return Kpi.objects.get(pk=row.pk)


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out arithmetic that was not filled in, so that it takes its default; bounds may be emptied."""
    kept_empty = {"bounds", "min_measure"}
    return {
        name: value
        for name, value in data.items()
        if name not in ARITHMETIC or name in kept_empty or value not in (None, "")
    }


@admin.register(BucketEdges)
class BucketEdgesAdmin(RecordAdmin):
    """Later edges of histograms; they are added through the API, where ``valid_from`` is named."""

    reads = Capability.READ_DEFINITIONS
    list_display = ["measure", "version", "valid_from"]
    list_select_related = ["measure"]
    search_fields = ["measure__code", "version"]


@admin.register(KpiVersion)
class KpiVersionAdmin(RecordAdmin):
    """The arithmetic by date; it is changed on the page of its KPI."""

    reads = Capability.READ_DEFINITIONS
    list_display = ["kpi", "number", "valid_from", "valid_until", "formula", "direction", "summed"]
    list_select_related = ["kpi"]
    list_filter = ["direction", ("aggregation", coded(lambda code: word(AGGREGATIONS, code))), "sampled"]
    search_fields = ["kpi__code", "kpi__name", "kpi__name_ko", "formula"]

    @admin.display(description=_("aggregation"), ordering="aggregation")
    def summed(self, row: KpiVersion) -> str:
        return word(AGGREGATIONS, row.aggregation)
