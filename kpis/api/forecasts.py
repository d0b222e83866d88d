"""``forecasts/``: the volumes that were forecast, locked before they came."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.choices import Forecaster, ForecastGrain
from kpis.models import Forecast
from kpis.services.forecasts import MOST_ROWS, lock_forecasts
from vendors import clock
from vendors.actors import Capability
from vendors.api.fields import Choice, Code, Date, Decimal, Moment
from vendors.api.filters import CodeFilter, DateFilter
from vendors.api.parsers import body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, ScopedViewSet


class ForecastSerializer(serializers.ModelSerializer[Forecast]):
    vendor = serializers.CharField(source="queue.centre.vendor.code")
    queue = serializers.CharField(source="queue.code")
    grain = serializers.ChoiceField(choices=ForecastGrain.choices)
    forecaster = serializers.ChoiceField(choices=Forecaster.choices)
    locked_at = serializers.DateTimeField(default_timezone=UTC)
    recorded_at = serializers.DateTimeField(default_timezone=UTC)

    class Meta:
        model = Forecast
        fields = [
            "id", "vendor", "queue", "measure", "grain", "start", "volume", "band", "forecaster", "locked_at",
            "recorded_at", "recorded_by",
        ]  # fmt: skip
        read_only_fields = fields


class ForecastRowSerializer(StrictSerializer):
    """One queue and period; a week begins on Monday, a month on its first."""

    queue = Code()
    start = Date()
    volume = Decimal(max_digits=18, decimal_places=6)


class ForecastInputSerializer(StrictSerializer):
    """Forecasts of one grain. ``locked_at`` is for those that were agreed before they are entered here."""

    rows = serializers.ListField(child=ForecastRowSerializer(), max_length=MOST_ROWS)
    grain = Choice(choices=ForecastGrain.choices, required=False, default=ForecastGrain.DAY)
    measure = Code(required=False, default="offered")
    band = Decimal(max_digits=6, decimal_places=2, required=False, help_text="± per cent, 10 where left out.")
    forecaster = Choice(choices=Forecaster.choices, required=False, default=Forecaster.CLIENT)
    locked_at = Moment(required=False)


class StoredForecastsSerializer(serializers.Serializer[Any]):
    """How many forecasts were locked, and their ids in the order of the rows."""

    stored = serializers.IntegerField()
    ids = serializers.ListField(child=serializers.IntegerField())


class ForecastFilter(django_filters.FilterSet):
    """Which forecasts; ``from`` and ``to`` choose those whose first day lies in ``[from, to)``."""

    vendor = CodeFilter(field_name="queue__centre__vendor__code")
    queue = CodeFilter(field_name="queue__code")
    grain = django_filters.ChoiceFilter(choices=ForecastGrain.choices)
    vars()["from"] = DateFilter(field_name="start", lookup_expr="gte")
    to = DateFilter(field_name="start", lookup_expr="lt")


class ForecastViewSet(ScopedViewSet):
    """Locked forecasts; a later one of the same period stands beside the earlier one and changes nothing of it."""

    queryset = Forecast.objects.select_related("queue__centre__vendor").order_by("-start", "queue__code", "-id")
    serializer_class = ForecastSerializer
    filterset_class = ForecastFilter
    capabilities = {"read": Capability.READ_FIGURES, "write": Capability.WRITE_SETUP}
    http_method_names = ["get", "post", "head", "options"]
    lookup_field = "pk"
    lookup_value_regex = NUMBER

    @extend_schema(request=ForecastInputSerializer, responses={201: StoredForecastsSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Lock forecasts, at most 5,000 at once: all of them or none."""
        body = body_of(request)
        serializer = ForecastInputSerializer(data=body, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        made = lock_forecasts(data.pop("rows"), **data, actor=self.actor, now=clock.now())
        return Response({"stored": len(made), "ids": [row.pk for row in made]}, status=status.HTTP_201_CREATED)
