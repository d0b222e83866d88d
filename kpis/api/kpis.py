"""``/api/v1/kpis/`` and ``kpis/preview/``: the indicators, their arithmetic by date, and trying a formula."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import django_filters
from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.choices import DirectionChoice
from kpis.models import Kpi, KpiVersion
from kpis.services import definitions
from kpis.services.formula_preview import preview
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api import fields
from vendors.api.filters import BoolFilter, bad_query, iso_date
from vendors.api.parsers import body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import WritableViewSet
from vendors.choices import Channel
from vendors.models.base import NAME_PATTERN

VERSION_FIELDS = (*definitions.ARITHMETIC, "valid_from")


class Formula(serializers.CharField):
    """A formula as typed: the formula engine, and nothing before it, says what is wrong with it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "allow_blank": True, **kwargs})
        self.validators = []

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # Null bytes and blanks are the engine's to refuse, with their position.
        if isinstance(data, str):
            return data
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        raise serializers.ValidationError(_("This must be a text."), code="not_a_string")


class Bounds(serializers.ListField):
    """``[lowest, highest]``, null for an open side; ``"0:100"``, as the catalogue's table writes it, is read too."""

    child = fields.Decimal(max_digits=24, decimal_places=9, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and data.count(":") == 1:
            data = [side or None for side in data.split(":")]
        return super().to_internal_value(data)

    def to_representation(self, data: list[Any]) -> list[str | None]:
        return [None if bound is None else str(bound) for bound in data]


class KpiSerializer(StrictSerializer):
    """A KPI with the arithmetic of one of its versions: the one in force on the day asked for (default: today)."""

    code = fields.Code(pattern=NAME_PATTERN)
    name = fields.Text(max_length=200)
    name_ko = fields.Text(max_length=200, allow_blank=True, required=False)
    formula = Formula()
    unit = fields.Text(max_length=32, allow_blank=True, required=False)
    direction = fields.Choice(choices=DirectionChoice.choices, required=False)
    aggregation = fields.Text(max_length=32, required=False)
    decimals = fields.Whole(min_value=0, max_value=8, required=False)
    min_volume = fields.Decimal(max_digits=18, decimal_places=6, min_value=Decimal(0), required=False)
    min_measure = fields.Text(max_length=64, allow_blank=True, allow_null=True, required=False)
    sampled = fields.Bool(required=False)
    settle_days = fields.Whole(min_value=0, max_value=400, required=False)
    bounds = Bounds(min_length=2, max_length=2, allow_null=True, required=False)
    category = fields.Text(max_length=32, allow_blank=True, required=False)
    channel = fields.Choice(choices=Channel.choices, required=False)
    journey_stage = fields.Text(max_length=32, allow_blank=True, required=False)
    valid_from = fields.Date(allow_null=True, required=False)
    definition = fields.Text(max_length=4000, allow_blank=True, required=False, multiline=True)
    variants = fields.Text(max_length=4000, allow_blank=True, required=False, multiline=True)
    pitfalls = fields.Text(max_length=4000, allow_blank=True, required=False, multiline=True)
    definition_ko = fields.Text(max_length=4000, allow_blank=True, required=False, multiline=True)
    variants_ko = fields.Text(max_length=4000, allow_blank=True, required=False, multiline=True)
    pitfalls_ko = fields.Text(max_length=4000, allow_blank=True, required=False, multiline=True)
    typical_minimum = fields.Text(max_length=32, allow_blank=True, required=False)
    typical_target = fields.Text(max_length=32, allow_blank=True, required=False)
    is_core = fields.Bool(required=False)
    needs_labour_review = fields.Bool(required=False)
    is_shipped = serializers.BooleanField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    valid_until = serializers.DateField(read_only=True, allow_null=True)

    def validate_min_measure(self, value: str | None) -> str:
        return value or ""

    def to_representation(self, instance: Kpi) -> dict[str, Any]:
        version = definitions.version_on(list(instance.versions.all()), self.context["day"])
        for name in (*VERSION_FIELDS, "valid_until"):
            setattr(instance, name, getattr(version, name))
        instance.version = version.number  # type: ignore[attr-defined]
        shown: dict[str, Any] = super().to_representation(instance)
        return {**shown, "min_measure": shown["min_measure"] or None}


class PreviewSerializer(StrictSerializer):
    """A formula and a number for each measure it names."""

    formula = Formula()
    measures = serializers.DictField(
        child=fields.Decimal(max_digits=30, decimal_places=9, allow_null=True), required=False, default=dict
    )
    decimals = fields.Whole(min_value=0, max_value=8, required=False, default=2)


class PreviewAnswerSerializer(serializers.Serializer[Any]):
    """What the formula comes to; ``value`` is null where a divisor is 0 or a measure is null."""

    value = fields.Decimal(max_digits=None, decimal_places=None, allow_null=True)
    measures = serializers.ListField(child=serializers.CharField())
    denominator = serializers.CharField(allow_null=True)


class KpiFilter(django_filters.FilterSet):
    category = django_filters.CharFilter(max_length=32)
    channel = django_filters.ChoiceFilter(choices=Channel.choices)
    is_core = BoolFilter()
    is_shipped = BoolFilter()

    class Meta:
        model = Kpi
        fields: list[str] = []


class KpiViewSet(WritableViewSet):
    """KPIs, the same for everybody; ``?as_of=`` shows the arithmetic that holds on another day."""

    scoped = False
    queryset = Kpi.objects.prefetch_related("versions").order_by("code")
    serializer_class = KpiSerializer
    filterset_class = KpiFilter
    sandbox = ("preview",)
    query_params = {"list": ("as_of",), "retrieve": ("as_of",)}
    capabilities = {
        "read": Capability.READ_DEFINITIONS,
        "write": Capability.WRITE_DEFINITIONS,
        "preview": Capability.READ_DEFINITIONS,
    }
    changed_from: date | None = None

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "day": self.day()}

    def day(self) -> date:
        """Return the day whose versions are shown: as asked, or from when a change just made holds, or today."""
        text = self.request.query_params.get("as_of") if self.request else None
        if text is None:
            return self.changed_from or clock.local_date(clock.now(), settings.TIME_ZONE)
        try:
            return iso_date(text)
        except ValueError:
            raise bad_query("as_of", _("Write the date as YYYY-MM-DD.")) from None

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Kpi:
        return definitions.create_kpi(actor=actor, now=now, fields=data)

    def change_object(self, row: Kpi, data: dict[str, Any], *, actor: Actor, now: datetime) -> Kpi:
        version: KpiVersion = definitions.update_kpi(kpi=row, actor=actor, now=now, fields=data)
        self.changed_from = version.valid_from
        wake_up()
        return row

    @action(detail=False, methods=["post"], serializer_class=PreviewSerializer)
    def preview(self, request: Request) -> Response:
        """Evaluate a formula on given numbers, without storing anything."""
        serializer = self.get_serializer(data=body_of(request))
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        found = preview(asked["formula"], asked["measures"], asked["decimals"])
        value = None if found.value is None else f"{found.value:f}"
        return Response({"value": value, "measures": found.measures, "denominator": found.denominator})
