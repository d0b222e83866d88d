"""``webhooks/`` and ``deliveries/``: addresses that are told of alerts, and what went out to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bpo.choices import AlertSeverity, DeliveryKind, DeliveryStatus, WebhookPreset
from bpo.models import Delivery, Webhook
from bpo.queries.deliveries import address_hint, presented_delivery
from bpo.services import delivery
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api.fields import Bool, Choice, Moment, Reference, Text
from vendors.api.filters import CodeFilter
from vendors.api.parsers import body_of, optional_body_of
from vendors.api.serializers import StrictModelSerializer, StrictSerializer
from vendors.api.viewsets import NUMBER, UUID, ScopedViewSet, WritableViewSet
from vendors.models import Vendor


class AddressField(Text):
    """Written whole, and answered only in part: an address lets anybody write into the room."""

    def to_representation(self, value: str) -> str:
        return address_hint(value)


class WebhookSerializer(StrictModelSerializer):
    immutable = ("vendor",)

    id = serializers.IntegerField(read_only=True)
    name = Text(max_length=100)
    vendor = Reference(
        queryset=Vendor.objects, required=False, allow_null=True, help_text="Null: alerts of every vendor."
    )
    preset = Choice(choices=WebhookPreset.choices)
    url = AddressField(max_length=2000, help_text="HTTPS and public. Answered only in part.")
    from_severity = Choice(choices=AlertSeverity.choices, required=False)
    language = Choice(choices=[("ko", "ko"), ("en", "en")], required=False)
    is_active = Bool(required=False)
    created_at = Moment(read_only=True)

    class Meta:
        model = Webhook
        fields = ["id", "name", "vendor", "preset", "url", "from_severity", "language", "is_active", "created_at"]


class NewWebhookSerializer(WebhookSerializer):
    """A webhook with the secret that signs its messages, which is shown this once."""

    secret = serializers.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class NoFieldsSerializer(StrictSerializer):
    """A step that takes no fields."""


class DeliverySerializer(serializers.Serializer[Delivery]):
    """The declared fields are the schema, :func:`bpo.queries.deliveries.presented_delivery` the answer."""

    id = serializers.UUIDField(help_text="The same however often the message was sent.")
    vendor = serializers.CharField(allow_null=True, help_text="Whose webhook it is; null: the company's, or a person.")
    webhook = serializers.IntegerField(allow_null=True)
    user = serializers.CharField(allow_null=True)
    address = serializers.CharField(help_text="Of a report to somebody without an account; else empty.")
    report = serializers.UUIDField(allow_null=True, help_text="The sent report it carries.")
    kind = serializers.ChoiceField(choices=DeliveryKind.choices)
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    tries = serializers.IntegerField()
    error = serializers.CharField()

    def to_representation(self, instance: Delivery) -> dict[str, Any]:
        return presented_delivery(instance)


class WebhookFilter(django_filters.FilterSet):
    vendor = CodeFilter("vendor__code")

    class Meta:
        model = Webhook
        fields: list[str] = []


class DeliveryFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=DeliveryStatus.choices)
    kind = django_filters.ChoiceFilter(choices=DeliveryKind.choices)


class WebhookViewSet(WritableViewSet):
    """Addresses that are told of alerts. Every message is signed and names the id of its delivery."""

    queryset = Webhook.objects.select_related("vendor").order_by("name", "id")
    serializer_class = WebhookSerializer
    filterset_class = WebhookFilter
    capabilities = {"read": Capability.MANAGE_WEBHOOKS, "write": Capability.MANAGE_WEBHOOKS}
    lookup_field = "pk"
    lookup_value_regex = NUMBER

    @extend_schema(responses={201: NewWebhookSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=body_of(request))
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        made = delivery.make_webhook(data, vendor=data.pop("vendor", None), actor=self.actor, now=clock.now())
        shown = NewWebhookSerializer(made, context=self.get_serializer_context()).data
        return Response(shown, status=status.HTTP_201_CREATED)

    def change_object(self, row: Webhook, data: dict[str, Any], *, actor: Actor, now: datetime) -> Webhook:
        data.pop("vendor", None)
        return delivery.change_webhook(row.pk, data, actor=actor, now=now)

    @extend_schema(request=NoFieldsSerializer, responses={202: DeliverySerializer})
    @action(detail=True, methods=["post"], serializer_class=NoFieldsSerializer)
    def test(self, request: Request, pk: str) -> Response:
        """Have a test message sent within half a minute; its delivery tells what came of it."""
        webhook = self.get_object()
        NoFieldsSerializer(data=optional_body_of(request)).is_valid(raise_exception=True)
        made = delivery.send_test(webhook=webhook, now=clock.now())
        return Response(DeliverySerializer(made).data, status=status.HTTP_202_ACCEPTED)


class DeliveryViewSet(ScopedViewSet):
    """Messages that wait or went out: those of the webhooks in scope, and people's for who sees all vendors."""

    queryset = Delivery.objects.select_related("user", "webhook__vendor").order_by("-created_at", "id")
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    http_method_names = ["get", "head", "options"]
    capabilities = {"read": Capability.MANAGE_WEBHOOKS}
    lookup_field = "pk"
    lookup_value_regex = UUID
