"""``/api/v1/measures/``: what queues report for a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kpis.calc.percentiles import edges_on
from kpis.choices import RollupChoice
from kpis.models import Measure
from kpis.queries.edges import edges_of
from kpis.services import definitions
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api import fields
from vendors.api.filters import BoolFilter
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import WritableViewSet
from vendors.models.base import NAME_PATTERN


class EdgesSerializer(serializers.Serializer[Any]):
    """One version of a histogram's edges; the first has no beginning."""

    version = serializers.CharField()
    valid_from = serializers.DateField(allow_null=True)
    edges = serializers.ListField(child=serializers.CharField(), source="bounds")


class MeasureSerializer(StrictSerializer):
    """One measure. Relations read ``a <= b; soft c <= 2 * d; e = f``, a histogram being the sum of its buckets.

    ``edges`` are the upper bucket edges of a histogram, the last bucket being open above. Others hold from
    ``valid_from`` on, the first of a month; counts of different edges are never added together.
    """

    code = fields.Code(pattern=NAME_PATTERN)
    name = fields.Text(max_length=200)
    name_ko = fields.Text(max_length=200, allow_blank=True, required=False)
    unit = fields.Text(max_length=32, required=False)
    rollup = fields.Choice(choices=RollupChoice.choices, required=False)
    relations = fields.Text(max_length=2000, allow_blank=True, required=False)
    edges = serializers.ListField(
        child=fields.Decimal(max_digits=24, decimal_places=9), allow_null=True, required=False
    )
    edges_version = fields.Code(pattern=NAME_PATTERN, required=False, allow_blank=True)
    edges_versions = serializers.SerializerMethodField()
    valid_from = fields.Date(write_only=True, required=False, allow_null=True)
    is_shipped = serializers.BooleanField(read_only=True)

    def to_representation(self, instance: Measure) -> dict[str, Any]:
        """Show the edges in force today, and every version of them."""
        shown: dict[str, Any] = super().to_representation(instance)
        versions = edges_of(instance)
        current = edges_on(versions, clock.local_date(clock.now(), settings.TIME_ZONE)) if versions else None
        shown["edges"] = [str(edge) for edge in current.bounds] if current else None
        shown["edges_version"] = current.version if current else ""
        return shown

    @extend_schema_field(EdgesSerializer(many=True))
    def get_edges_versions(self, instance: Measure) -> Any:
        return EdgesSerializer(edges_of(instance), many=True).data


class MeasureFilter(django_filters.FilterSet):
    rollup = django_filters.ChoiceFilter(choices=RollupChoice.choices)
    is_shipped = BoolFilter()

    class Meta:
        model = Measure
        fields: list[str] = []


class MeasureViewSet(WritableViewSet):
    """Measures, the same for everybody; who manages all vendors adds to them."""

    scoped = False
    queryset = Measure.objects.order_by("code").prefetch_related("later_edges")
    serializer_class = MeasureSerializer
    filterset_class = MeasureFilter
    capabilities = {"read": Capability.READ_DEFINITIONS, "write": Capability.WRITE_DEFINITIONS}

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Measure:
        return definitions.create_measure(actor=actor, now=now, fields=data)

    def change_object(self, row: Measure, data: dict[str, Any], *, actor: Actor, now: datetime) -> Measure:
        return definitions.update_measure(measure=row, actor=actor, now=now, fields=data)
