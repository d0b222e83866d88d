"""``alerts/``: what somebody should look at, and what is done about it."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bpo.choices import AlertKind, AlertSeverity, AlertStatus, Cause
from bpo.models import Alert
from bpo.queries.alerts import RELATED, events_for, named_by, presented_alert, presented_events
from bpo.services import alerts
from vendors import clock
from vendors.actors import Capability
from vendors.api import fields
from vendors.api.filters import CodeFilter
from vendors.api.parsers import optional_body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, ScopedViewSet

LONG: dict[str, Any] = {"max_length": 2000, "multiline": True}


class AlertFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=AlertKind.choices)
    severity = django_filters.ChoiceFilter(choices=AlertSeverity.choices)
    status = django_filters.ChoiceFilter(choices=AlertStatus.choices)
    vendor = CodeFilter(field_name="vendor__code")
    contract = CodeFilter(field_name="contract__code")
    kpi = CodeFilter(field_name="kpi__code")
    queue = CodeFilter(field_name="queue__code")


class AlertSerializer(serializers.Serializer[Alert]):
    """The declared fields are the schema, :func:`bpo.queries.alerts.presented_alert` the answer."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=AlertKind.choices)
    severity = serializers.ChoiceField(choices=AlertSeverity.choices)
    vendor = serializers.CharField(allow_null=True, help_text="Null where it belongs to the company.")
    contract = serializers.CharField(allow_null=True)
    kpi = serializers.CharField(allow_null=True)
    queue = serializers.CharField(allow_null=True)
    period = serializers.CharField(allow_null=True, help_text="`day`, `week`, `month`, `quarter` or `year`")
    start = serializers.DateField(allow_null=True, help_text="The first day of the period.")
    message = serializers.CharField(help_text="In the language that was asked for.")
    status = serializers.ChoiceField(choices=AlertStatus.choices)
    assignee = serializers.CharField(allow_null=True)
    opened_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    facts = serializers.JSONField(help_text="The figures behind the message; decimals are texts.")

    def to_representation(self, instance: Alert) -> dict[str, Any]:
        return presented_alert(instance)


class AlertEventSerializer(serializers.Serializer[Any]):
    """One step in the life of an alert. Internal notes are answered to the client's side alone."""

    action = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()
    note = serializers.CharField()
    internal = serializers.BooleanField()
    cause = serializers.ChoiceField(choices=Cause.choices, allow_blank=True)
    external_factor = serializers.IntegerField(allow_null=True)
    action_plan = serializers.IntegerField(allow_null=True)


class AlertDetailSerializer(AlertSerializer):
    """An alert with its history."""

    events = AlertEventSerializer(many=True)

    def to_representation(self, instance: Alert) -> dict[str, Any]:
        events = events_for(instance, self.context["view"].actor)
        named = named_by(events, self.context["view"].actor)
        return presented_alert(instance) | {"events": presented_events(events, named)}


class AlertNoteSerializer(StrictSerializer):
    note = fields.Text(required=False, allow_blank=True, default="", **LONG)
    internal = fields.Bool(required=False, default=False, help_text="Never shown to the vendor.")


class AlertAssignSerializer(AlertNoteSerializer):
    assignee = fields.Text(max_length=150, help_text="The log-in of a person who handles the vendor's alerts.")


class AlertSnoozeSerializer(AlertNoteSerializer):
    until = fields.Date(help_text="The day on whose morning it is open again.")


class AlertResolveSerializer(AlertNoteSerializer):
    note = fields.Text(help_text="What was done.", **LONG)
    cause = fields.Choice(choices=Cause.choices, required=False, allow_blank=True)
    external_factor = fields.Whole(
        required=False, allow_null=True, source="factor", help_text="The factor that was behind it."
    )
    action_plan = fields.Whole(
        required=False, allow_null=True, source="plan", help_text="The plan that follows from it."
    )


class AlertViewSet(ScopedViewSet):
    """Missed levels, periods heading for a miss, faults of the data: raised and ended by the service."""

    queryset = Alert.objects.select_related(*RELATED).order_by("-opened_at", "-id")
    serializer_class = AlertSerializer
    filterset_class = AlertFilter
    lookup_field = "pk"
    lookup_value_regex = NUMBER
    http_method_names = ["get", "post", "head", "options"]
    capabilities = {
        "read": Capability.READ_ALERTS,
        "write": Capability.HANDLE_ALERTS,
        "acknowledge": Capability.ACKNOWLEDGE_ALERTS,
    }

    def get_serializer_class(self) -> Any:
        return AlertSerializer if self.action == "list" else AlertDetailSerializer

    @extend_schema(request=AlertNoteSerializer, responses=AlertDetailSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that it was seen; a vendor may, for its own."""
        return self._take(AlertNoteSerializer, alerts.acknowledge)

    @extend_schema(request=AlertAssignSerializer, responses=AlertDetailSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Give it to a person who handles the vendor's alerts."""
        return self._take(AlertAssignSerializer, alerts.assign)

    @extend_schema(request=AlertSnoozeSerializer, responses=AlertDetailSerializer)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        """Put it off until the morning of a day; it wakes sooner where it gets worse."""
        return self._take(AlertSnoozeSerializer, alerts.snooze)

    @extend_schema(request=AlertResolveSerializer, responses=AlertDetailSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """Settle it with a note. It is raised again only once its condition was away, or got worse by a step."""
        return self._take(AlertResolveSerializer, alerts.resolve)

    def _take(self, form: type[StrictSerializer], step: Any) -> Response:
        found = self.get_object()
        serializer = form(data=optional_body_of(self.request), context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        step(found.pk, **serializer.validated_data, actor=self.actor, now=clock.now())
        return Response(self.get_serializer(self.get_object()).data)
