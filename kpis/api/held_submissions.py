"""``held-submissions/``: figures that wait until a second person of the vendor has confirmed them (이중 확인)."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.api.submissions import SubmissionRowSerializer, SubmissionSerializer
from kpis.choices import DraftStatus, SubmissionWay
from kpis.models import Submission, SubmissionDraft
from kpis.services import drafts, second_check
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.api.fields import Moment, Text
from vendors.api.filters import CodeFilter
from vendors.api.parsers import body_of, optional_body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import UUID, ScopedViewSet

MOST_ROWS = 1_000
SHOWN = [(one.value, one.label) for one in (DraftStatus.HELD, DraftStatus.RETURNED)]


class HeldSubmissionSerializer(serializers.ModelSerializer[SubmissionDraft]):
    """What waits, or was returned: who sent it and when, and how many queue-days it holds."""

    vendor: Any = serializers.SlugRelatedField(slug_field="code", read_only=True)
    contract: Any = serializers.SlugRelatedField(slug_field="code", read_only=True)
    status = serializers.CharField(read_only=True, help_text="`held` or `returned`")
    submitted_by = serializers.CharField(source="made_by", read_only=True)
    held_at = Moment(read_only=True)
    decided_at = Moment(read_only=True, allow_null=True)
    row_count = serializers.SerializerMethodField()

    class Meta:
        model = SubmissionDraft
        fields = [
            "id", "vendor", "contract", "status", "submitted_by", "held_at", "way", "file_name", "body_hash", "note",
            "row_count", "decided_by", "decided_at", "reason",
        ]  # fmt: skip
        read_only_fields = fields

    def get_row_count(self, draft: SubmissionDraft) -> int:
        return len(draft.body["rows"])


class HeldSubmissionDetailSerializer(HeldSubmissionSerializer):
    """With its rows, the first 1,000 of them."""

    rows = serializers.SerializerMethodField()

    class Meta(HeldSubmissionSerializer.Meta):
        fields = [*HeldSubmissionSerializer.Meta.fields, "rows"]
        read_only_fields = fields

    @extend_schema(responses=SubmissionRowSerializer(many=True))
    def get_rows(self, draft: SubmissionDraft) -> list[dict[str, Any]]:
        return list(draft.body["rows"][:MOST_ROWS])


class NoFieldsSerializer(StrictSerializer):
    """Confirming takes no fields."""


class ReturnSerializer(StrictSerializer):
    reason = Text(multiline=True, max_length=2000)


class HeldSubmissionFilter(django_filters.FilterSet):
    vendor = CodeFilter(field_name="vendor__code")
    way = django_filters.ChoiceFilter(choices=SubmissionWay.choices)
    status = django_filters.ChoiceFilter(choices=SHOWN)


class HeldSubmissionViewSet(ScopedViewSet):
    """Figures that were found right and count nowhere yet, and those that were returned to be mended."""

    queryset = (
        SubmissionDraft.objects.filter(status__in=[DraftStatus.HELD, DraftStatus.RETURNED])
        .select_related("vendor", "contract")
        .order_by("-held_at", "-id")
    )
    filterset_class = HeldSubmissionFilter
    capabilities = {"read": Capability.READ_SUBMISSIONS, "write": Capability.CONFIRM_SUBMISSIONS}
    http_method_names = ["get", "post", "head", "options"]
    lookup_field = "pk"
    lookup_value_regex = UUID

    def get_serializer_class(self) -> Any:
        return HeldSubmissionSerializer if self.action == "list" else HeldSubmissionDetailSerializer

    @extend_schema(request=NoFieldsSerializer, responses={201: SubmissionSerializer})
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Let the figures count: 201 and the receipt, which names both people. Nobody confirms figures of their own."""
        row = self.get_object()
        NoFieldsSerializer(data=optional_body_of(request)).is_valid(raise_exception=True)
        draft = drafts.confirm(row.pk, actor=self.actor, now=clock.now())
        wake_up()
        receipt = Submission.objects.select_related("vendor").get(draft=draft)
        return Response(
            SubmissionSerializer(receipt, context=self.get_serializer_context()).data, status=status.HTTP_201_CREATED
        )

    @extend_schema(request=ReturnSerializer, responses=HeldSubmissionDetailSerializer)
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, pk: str) -> Response:
        """Return the figures to whoever sent them, with a reason; they count nowhere until mended and confirmed."""
        row = self.get_object()
        serializer = ReturnSerializer(data=body_of(request), context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        second_check.send_back(row.pk, **serializer.validated_data, actor=self.actor, now=clock.now())
        return Response(self.get_serializer(self.queryset.get(pk=row.pk)).data)
