"""``correction-requests/``: asking for a change in a closed month, and deciding it."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bpo.choices import CorrectionStatus
from bpo.models import CorrectionRequest
from bpo.queries.corrections import presented_request
from bpo.services import corrections
from kpis.api.submissions import SubmissionRowSerializer, read_feed
from kpis.choices import CorrectionReason
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.api import fields
from vendors.api.filters import CodeFilter, DateFilter
from vendors.api.parsers import body_of, optional_body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, ScopedViewSet

LONG: dict[str, Any] = {"max_length": 2000, "multiline": True}


class CorrectionFilter(django_filters.FilterSet):
    contract = CodeFilter(field_name="contract__code")
    vendor = CodeFilter(field_name="contract__vendor__code")
    start = DateFilter(field_name="start")
    status = django_filters.ChoiceFilter(choices=CorrectionStatus.choices)


class ChangeOfRequestSerializer(serializers.Serializer[Any]):
    """One value that changes; null is "not reported"."""

    queue = serializers.CharField()
    date = serializers.DateField()
    month = serializers.BooleanField()
    measure = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


class CorrectionRequestSerializer(serializers.Serializer[CorrectionRequest]):
    """The declared fields are the schema, :func:`bpo.queries.corrections.presented_request` the answer."""

    id = serializers.IntegerField()
    contract = serializers.CharField()
    vendor = serializers.CharField()
    start = serializers.DateField()
    status = serializers.CharField(help_text="`open`, `accepted`, `refused` or `withdrawn`")
    reason = serializers.CharField()
    note = serializers.CharField()
    changes = ChangeOfRequestSerializer(many=True)
    filed_by = serializers.CharField()
    filed_at = serializers.DateTimeField()
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decision = serializers.CharField()
    effect = serializers.JSONField(allow_null=True)
    submission = serializers.UUIDField(allow_null=True)

    def to_representation(self, instance: CorrectionRequest) -> dict[str, Any]:
        return presented_request(instance)


class CorrectionInputSerializer(serializers.Serializer[Any]):
    """Describes the body; rows are checked by the service, all of them at once."""

    rows = SubmissionRowSerializer(many=True)
    reason = serializers.CharField(help_text=", ".join(CorrectionReason.values))
    note = serializers.CharField(required=False, max_length=2000)


class CorrectionPreviewSerializer(serializers.Serializer[Any]):
    contract = serializers.CharField()
    start = serializers.DateField()
    changes = ChangeOfRequestSerializer(many=True)
    effect = serializers.JSONField()


class DecisionSerializer(StrictSerializer):
    decision = fields.Text(required=False, allow_blank=True, default="", **LONG)


class RefusalSerializer(StrictSerializer):
    decision = fields.Text(**LONG)


class CorrectionRequestViewSet(ScopedViewSet):
    """Requests to change figures of a closed month. POST files one with the rows of a submission and a reason."""

    queryset = CorrectionRequest.objects.select_related("contract__vendor").order_by("-filed_at", "-id")
    serializer_class = CorrectionRequestSerializer
    filterset_class = CorrectionFilter
    lookup_field = "pk"
    lookup_value_regex = NUMBER
    http_method_names = ["get", "post", "head", "options"]
    capabilities = {
        "read": Capability.READ_CORRECTIONS,
        "write": Capability.DECIDE_CORRECTIONS,
        "create": Capability.REQUEST_CORRECTIONS,
        "preview": Capability.REQUEST_CORRECTIONS,
        "withdraw": Capability.REQUEST_CORRECTIONS,
    }

    @extend_schema(request=CorrectionInputSerializer, responses={201: CorrectionRequestSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows, note, reason = read_feed(body_of(request))
        made = corrections.file(rows=rows, reason=reason, note=note, actor=self.actor, now=clock.now())
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=CorrectionInputSerializer, responses=CorrectionPreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What the rows would change, and what that does to the month's figures and points. Stores nothing."""
        rows, _note, _reason = read_feed(body_of(request))
        found = corrections.preview(rows=rows, actor=self.actor, now=clock.now())
        about = {"contract": found.contract.code, "start": found.start.isoformat()}
        return Response({**about, "changes": found.changes, "effect": found.effect})

    @extend_schema(request=DecisionSerializer, responses=CorrectionRequestSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Apply the rows. A final card of the month gets a next version beside it; nobody decides a request of his."""
        answer = self._decide(DecisionSerializer, corrections.accept)
        wake_up()
        return answer

    @extend_schema(request=RefusalSerializer, responses=CorrectionRequestSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str) -> Response:
        return self._decide(RefusalSerializer, corrections.refuse)

    @extend_schema(request=DecisionSerializer, responses=CorrectionRequestSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        return self._decide(DecisionSerializer, corrections.withdraw)

    def _decide(self, form: type[StrictSerializer], decide: Any) -> Response:
        found = self.get_object()
        serializer = form(data=optional_body_of(self.request), context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        made = decide(found.pk, **serializer.validated_data, actor=self.actor, now=clock.now())
        return Response(self.get_serializer(made).data)
