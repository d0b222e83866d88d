"""``closings/``: which months take no more figures; closing one, and opening it again."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.models import MonthClose
from kpis.services import closing
from vendors import clock
from vendors.actors import Capability
from vendors.api import fields
from vendors.api.filters import CodeFilter, DateFilter
from vendors.api.parsers import body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, ScopedViewSet

LONG: dict[str, Any] = {"max_length": 2000, "multiline": True}


class ClosingFilter(django_filters.FilterSet):
    contract = CodeFilter(field_name="contract__code")
    vendor = CodeFilter(field_name="contract__vendor__code")
    start = DateFilter(field_name="start")


class ClosingSerializer(serializers.ModelSerializer[MonthClose]):
    """One act on a month; the one with the highest ``number`` says how the month stands."""

    contract: Any = serializers.SlugRelatedField(slug_field="code", read_only=True)
    way = serializers.CharField(read_only=True, help_text="`hand` or `schedule`")
    at = fields.Moment(read_only=True)

    class Meta:
        model = MonthClose
        fields = ["id", "contract", "start", "number", "is_closed", "way", "by", "at", "reason"]
        read_only_fields = fields


class CloseSerializer(StrictSerializer):
    contract = fields.Code()
    start = fields.Date(help_text="The first day of the month.")
    reason = fields.Text(required=False, allow_blank=True, default="", **LONG)


class ReopenSerializer(CloseSerializer):
    reason = fields.Text(**LONG)


class ClosingViewSet(ScopedViewSet):
    """The acts that closed months and opened them again. POST closes a month (409 where it is closed already)."""

    queryset = MonthClose.objects.select_related("contract").order_by("-start", "contract__code", "-number")
    serializer_class = ClosingSerializer
    filterset_class = ClosingFilter
    lookup_field = "pk"
    lookup_value_regex = NUMBER
    http_method_names = ["get", "post", "head", "options"]
    capabilities = {"read": Capability.READ_CONTRACTS, "write": Capability.CLOSE_MONTHS}

    @extend_schema(request=CloseSerializer, responses={201: ClosingSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._act(CloseSerializer, closing.close_month)

    @extend_schema(request=ReopenSerializer, responses={201: ClosingSerializer})
    @action(detail=False, methods=["post"])
    def reopen(self, request: Request) -> Response:
        """Open a closed month again, with the reason."""
        return self._act(ReopenSerializer, closing.reopen_month)

    def _act(self, form: type[StrictSerializer], act: Any) -> Response:
        serializer = form(data=body_of(self.request), context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        made = act(**serializer.validated_data, actor=self.actor, now=clock.now())
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)
