"""``/api/v1/targets/``: what we ask for, by date."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import F
from rest_framework import serializers
from rest_framework.response import Response

from kpis.choices import BelowMinimumChoice, ModeChoice, PeriodChoice, RoundingChoice
from kpis.models import Kpi, Target
from kpis.services import targets
from kpis.services.target_values import DECIMAL_FIELDS, NEVER_NULL, plain
from kpis.tasks import wake_up
from vendors.actors import Actor, Capability
from vendors.api import fields
from vendors.api.filters import CodeFilter, DateFilter
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, WritableViewSet
from vendors.models import Contract, Queue


class Level(fields.Decimal):
    """A decimal as its text, without trailing zeros."""

    def to_representation(self, value: Decimal) -> str:
        return plain(Decimal(value))


def level(name: str) -> Level:
    """Return the serializer field of one decimal of a target."""
    digits, places = DECIMAL_FIELDS[name]
    return Level(max_digits=digits, decimal_places=places, required=False, allow_null=name not in NEVER_NULL)


class KpiReference(fields.Reference):
    """A KPI by its code; KPIs belong to no vendor, so everybody sees all."""

    def get_queryset(self) -> Any:
        return Kpi.objects.all()


class TargetSerializer(StrictSerializer):
    """One version of a target. ``contract: null`` is the whole programme, ``queue: null`` the pooled contract."""

    id = serializers.IntegerField(read_only=True)
    contract = fields.Reference(
        source="series.contract", queryset=Contract.objects.all(), allow_null=True, required=False
    )
    queue = fields.Reference(source="series.queue", queryset=Queue.objects.all(), allow_null=True, required=False)
    kpi = KpiReference(source="series.kpi", queryset=Kpi.objects.all())
    period = fields.Choice(source="series.period", choices=PeriodChoice.choices, required=False)
    minimum = level("minimum")
    minimum_upper = level("minimum_upper")
    target = level("target")
    target_upper = level("target_upper")
    stretch = level("stretch")
    weight = level("weight")
    attainment_mode = fields.Choice(choices=ModeChoice.choices, required=False)
    score_at_minimum = level("score_at_minimum")
    score_at_target = level("score_at_target")
    score_at_stretch = level("score_at_stretch")
    below_minimum = fields.Choice(choices=BelowMinimumChoice.choices, required=False)
    step = level("step")
    tiers = serializers.JSONField(required=False, allow_null=True)
    cap = level("cap")
    decimals = fields.Whole(required=False)
    rounding = fields.Choice(choices=RoundingChoice.choices, required=False)
    parameters = serializers.JSONField(required=False)
    valid_from = fields.Date(required=False)
    valid_until = fields.Date(required=False, allow_null=True)


class TargetFilter(django_filters.FilterSet):
    contract = CodeFilter(field_name="series__contract__code")
    vendor = CodeFilter(field_name="series__contract__vendor__code")
    kpi = CodeFilter(field_name="series__kpi__code")
    queue = CodeFilter(field_name="series__queue__code")
    period = django_filters.ChoiceFilter(field_name="series__period", choices=PeriodChoice.choices)
    valid_on = DateFilter(method="filter_valid_on")

    class Meta:
        model = Target
        fields: list[str] = []

    def filter_valid_on(self, queryset: Any, name: str, value: date) -> Any:
        return queryset.valid_on(value)


class TargetViewSet(WritableViewSet):
    """Targets the actor may see; a manager sets those of its vendors."""

    queryset = Target.objects.select_related("series__contract", "series__queue", "series__kpi").order_by(
        # Databases differ in where null sorts: the programme first, then the pooled target before its queues.
        F("series__contract__code").asc(nulls_first=True),
        F("series__queue__code").asc(nulls_first=True),
        "series__kpi__code",
        "series__period",
        "valid_from",
    )
    serializer_class = TargetSerializer
    filterset_class = TargetFilter
    capabilities = {"read": Capability.READ_TARGETS, "write": Capability.WRITE_SETUP}
    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = NUMBER

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Target:
        about = data.pop("series")
        return targets.create_target(**about, fields=data, actor=actor, now=now)

    def change_object(self, row: Target, data: dict[str, Any], *, actor: Actor, now: datetime) -> Target:
        values = {**data.pop("series", {}), **data}
        return targets.update_target(target=row, fields=values, actor=actor, now=now)

    def answer(self, row: Target, status_code: int) -> Response:
        wake_up()
        response = super().answer(row, status_code)
        response.data["warnings"] = [warning.as_dict() for warning in targets.warnings_of(row)]
        return response
