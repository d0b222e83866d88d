"""``reconciliations/``: where two sources of a figure differ, and what was decided."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.calc.reconciliation import difference
from kpis.choices import ReconciliationDecision, ReconciliationStatus
from kpis.models import Reconciliation
from kpis.queries.numbers import plain
from kpis.services.reconciliation import settle
from kpis.services.submissions import LONGEST_NOTE
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.api.fields import Choice, Moment, Text
from vendors.api.filters import CodeFilter, DateFilter
from vendors.api.parsers import body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, ScopedViewSet


class SideSerializer(serializers.Serializer[Any]):
    """What one source reported."""

    source: Any = serializers.CharField()
    value = serializers.CharField(help_text="A decimal string; a list of bucket counts for histograms.")
    submission = serializers.UUIDField()
    received_at = Moment()
    submitted_by = serializers.CharField()


class ReconciliationSerializer(serializers.ModelSerializer[Reconciliation]):
    vendor = serializers.CharField(source="queue.centre.vendor.code")
    contract = serializers.CharField(source="contract.code")
    queue = serializers.CharField(source="queue.code")
    month = serializers.BooleanField(
        source="is_month", help_text="Whether it is about a month's total, dated the first of its month."
    )
    status = serializers.ChoiceField(choices=ReconciliationStatus.choices)
    first = serializers.SerializerMethodField()
    second = serializers.SerializerMethodField()
    difference = serializers.SerializerMethodField()
    tolerance_percent = serializers.SerializerMethodField()
    tolerance_absolute = serializers.SerializerMethodField()
    opened_at = Moment()
    decision = serializers.ChoiceField(choices=ReconciliationDecision.choices, allow_blank=True)
    decided_at = Moment(allow_null=True)
    decided = serializers.SerializerMethodField()
    settlement = serializers.UUIDField(source="settlement_id", allow_null=True)

    class Meta:
        model = Reconciliation
        fields = [
            "id", "vendor", "contract", "queue", "date", "month", "measure", "status", "first", "second", "difference",
            "tolerance_percent", "tolerance_absolute", "opened_at", "decision", "decided", "note", "decided_by",
            "decided_at", "settlement",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(SideSerializer)
    def get_first(self, row: Reconciliation) -> dict[str, Any]:
        return _side(row.first_source, row.figures["first"], row.first_submission)

    @extend_schema_field(SideSerializer)
    def get_second(self, row: Reconciliation) -> dict[str, Any]:
        return _side(row.second_source, row.figures["second"], row.second_submission)

    def get_difference(self, row: Reconciliation) -> str | None:
        return plain(difference(row.figures["first"], row.figures["second"]))

    def get_tolerance_percent(self, row: Reconciliation) -> str | None:
        return plain(row.tolerance_percent)

    def get_tolerance_absolute(self, row: Reconciliation) -> str | None:
        return plain(row.tolerance_absolute)

    def get_decided(self, row: Reconciliation) -> str | None:
        decided = row.figures.get("decided")
        return None if decided is None else _text(decided)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _side(source: str, value: Any, submission: Any) -> dict[str, Any]:
    about = {"source": source, "value": _text(value), "submission": submission.pk}
    about |= {"received_at": submission.received_at, "submitted_by": submission.submitted_by}
    return dict(SideSerializer(about).data)


class SettleSerializer(StrictSerializer):
    decision = Choice(choices=ReconciliationDecision.choices)
    value = Text(required=False, max_length=40, help_text="Of decision “agreed”: the value both sides agreed on.")
    note = Text(multiline=True, max_length=LONGEST_NOTE)


class ReconciliationFilter(django_filters.FilterSet):
    vendor = CodeFilter(field_name="queue__centre__vendor__code")
    contract = CodeFilter(field_name="contract__code")
    queue = CodeFilter(field_name="queue__code")
    measure = CodeFilter()
    date = DateFilter()
    status = django_filters.ChoiceFilter(choices=ReconciliationStatus.choices)


class ReconciliationViewSet(ScopedViewSet):
    """Differences between two sources beyond the tolerance of the contract, until they are settled by decision."""

    queryset = Reconciliation.objects.select_related(
        "queue__centre__vendor", "contract", "first_submission", "second_submission"
    ).order_by("-date", "-id")
    serializer_class = ReconciliationSerializer
    filterset_class = ReconciliationFilter
    capabilities = {"read": Capability.READ_FIGURES, "write": Capability.DECIDE_FIGURES}
    http_method_names = ["get", "post", "head", "options"]
    lookup_field = "pk"
    lookup_value_regex = NUMBER

    @extend_schema(request=SettleSerializer, responses=ReconciliationSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """Decide which figure counts; the current value is revised by an ordinary submission."""
        row = self.get_object()
        serializer = SettleSerializer(data=body_of(request), context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        settle(row.pk, **serializer.validated_data, actor=self.actor, now=clock.now())
        wake_up()
        return Response(self.get_serializer(self.queryset.get(pk=row.pk)).data)
