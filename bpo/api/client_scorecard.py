"""``client-scorecard/``: how well the client forecast, announced, informed and decided, and what its events cost."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bpo.queries.client_card import GRAINS, client_card
from bpo.services.money import price
from kpis.calc.facts import PeriodKind
from kpis.models import ExternalFactor
from kpis.queries.numbers import plain
from vendors import clock
from vendors.actors import Capability
from vendors.api.filters import bad_query, iso_date
from vendors.api.viewsets import ScopedViewSet

FIRST_YEAR, LAST_YEAR = 2000, 2100


@extend_schema_field(OpenApiTypes.STR)
class Figure(serializers.Field[Any, Any, Any, Any]):
    """A decimal string without needless zeros; with two decimals where it was a quotient."""

    def __init__(self, *, rounded: bool = False, **options: Any) -> None:
        self.rounded = rounded
        super().__init__(read_only=True, allow_null=True, **options)

    def to_representation(self, value: Any) -> str | None:
        return plain(value, 2 if self.rounded else None)


class AccuracySerializer(serializers.Serializer[Any]):
    wape = Figure(rounded=True, help_text="Σ|forecast − actual| ÷ Σ actual, per cent.")
    bias = Figure(rounded=True, help_text="Σ(actual − forecast) ÷ Σ forecast, per cent: above 0 more came.")


class ForecastAccuracySerializer(serializers.Serializer[Any]):
    queue = serializers.CharField(source="queue.code")
    grain = serializers.CharField()
    periods = serializers.IntegerField()
    forecast = Figure()
    actual = Figure()
    wape = Figure(rounded=True, source="accuracy.wape")
    bias = Figure(rounded=True, source="accuracy.bias")
    open = serializers.IntegerField(help_text="Forecasts that lack a day's figures, and are left out.")


class EventSerializer(serializers.ModelSerializer[ExternalFactor]):
    department = serializers.CharField(source="department.code", default=None, allow_null=True)
    starts_at = serializers.DateTimeField(default_timezone=UTC)
    ends_at = serializers.DateTimeField(default_timezone=UTC)

    class Meta:
        model = ExternalFactor
        fields = ["id", "kind", "title", "department", "starts_at", "ends_at", "status", "department_answer"]


class ServiceMinutesSerializer(serializers.Serializer[Any]):
    service = serializers.CharField()
    minutes = Figure()


class OutagesSerializer(serializers.Serializer[Any]):
    """Minutes with at least one outage that the client registered, confirmed or approved; each minute once."""

    total_minutes = Figure(source="total")
    by_service = serializers.SerializerMethodField()
    events = EventSerializer(many=True)

    @extend_schema_field(ServiceMinutesSerializer(many=True))
    def get_by_service(self, row: Any) -> list[dict[str, Any]]:
        return [{"service": name, "minutes": plain(minutes)} for name, minutes in row.by_service]


class PunctualRowSerializer(serializers.Serializer[Any]):
    factor = serializers.IntegerField(source="factor.pk")
    title = serializers.CharField(source="factor.title")
    in_time = serializers.BooleanField(source="is_in_time", allow_null=True, help_text="Null is unknown, not late.")
    by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    days = Figure(help_text="Days of notice.")


class PunctualitySerializer(serializers.Serializer[Any]):
    in_time = serializers.IntegerField(source="found.in_time")
    late = serializers.IntegerField(source="found.late")
    unknown = serializers.IntegerField(source="found.unknown")
    share = Figure(source="found.share", help_text="Of those that are known, per cent; null where none is.")
    median_days = Figure(source="median")
    rows = PunctualRowSerializer(many=True)


class LostSerializer(serializers.Serializer[Any]):
    """`points` are the sum of those that the cards of the months would lack without the relief."""

    start = serializers.DateField()
    department = serializers.CharField(source="department.code", default=None, allow_null=True)
    factors = serializers.SerializerMethodField()
    days = serializers.IntegerField(help_text="Queue-days.")
    calls = Figure()
    missed = Figure()
    points = Figure()
    money = serializers.DictField(
        child=serializers.CharField(), help_text="What the relief is worth, by currency; empty without terms of money."
    )

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_factors(self, row: Any) -> list[int]:
        return [one.pk for one in row.factors]


class PutSerializer(serializers.Serializer[Any]):
    """What is put to a contract from elsewhere: information, which changes none of its figures."""

    contract = serializers.CharField(source="contract.code")
    start = serializers.DateField()
    kind = serializers.CharField()
    days = serializers.IntegerField()
    calls = Figure()
    missed = Figure()


class ClientScorecardSerializer(serializers.Serializer[Any]):
    """One month or quarter, of the queues that exist for the reader."""

    period = serializers.CharField(source="period.kind.value")
    start = serializers.DateField(source="period.start")
    end = serializers.DateField(source="period.end")
    is_over = serializers.BooleanField()
    forecast_accuracy = AccuracySerializer(source="pooled", help_text="Of all forecasts together.")
    forecasts = ForecastAccuracySerializer(many=True)
    outages = OutagesSerializer()
    notice_days = serializers.IntegerField(source="notice_bar", help_text="Days ahead that are in time.")
    notice = PunctualitySerializer()
    knowledge = PunctualitySerializer()
    decisions = PunctualitySerializer()
    answers = PunctualitySerializer()
    attributed = LostSerializer(many=True, help_text="By party: the client (`department` null) and its departments.")
    put_to_contracts = PutSerializer(source="put", many=True)
    lost_by_quarter = LostSerializer(source="trend", many=True, help_text="All approved factors of four quarters.")


class ClientScorecardViewSet(ScopedViewSet):
    """How the client did its own part; in won where terms of money hold."""

    scoped = False
    serializer_class = ClientScorecardSerializer
    capabilities = {"read": Capability.READ_RESULTS}
    query_params = ("period", "start", "vendor")
    filter_backends: list[Any] = []

    @extend_schema(
        parameters=[
            OpenApiParameter("period", enum=[kind.value for kind in GRAINS], description="Default month."),
            OpenApiParameter("start", OpenApiTypes.DATE, description="A day of the period; default today."),
            OpenApiParameter("vendor", str),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        query = request.query_params
        kind = query.get("period", PeriodKind.MONTH.value)
        if kind not in {one.value for one in GRAINS}:
            raise bad_query("period", _("Choose month or quarter."))
        vendor = query.get("vendor", "")
        card = client_card(self.actor, PeriodKind(kind), self._day(), now=clock.now(), vendor=vendor, price=price)
        page = self.paginate_queryset([card])
        return self.get_paginated_response(ClientScorecardSerializer(page, many=True).data)

    def _day(self) -> date | None:
        text = self.request.query_params.get("start")
        try:
            day = iso_date(text) if text is not None else None
        except ValueError:
            day = date.max
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise bad_query("start", _("Write the date as YYYY-MM-DD."))
        return day
