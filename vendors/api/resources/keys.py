"""``api-keys/``: the keys of machines. A key's text is in the answer that made it, and nowhere else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api.fields import Bool, Choice, Moment, Reference, Text
from vendors.api.filters import CodeFilter
from vendors.api.parsers import body_of
from vendors.api.serializers import StrictModelSerializer, StrictSerializer
from vendors.api.viewsets import WritableViewSet
from vendors.choices import KeyKind, Scope
from vendors.models import ApiKey, Vendor
from vendors.services import keys


class ApiKeySerializer(StrictModelSerializer):
    immutable = ("kind", "vendor", "scopes", "is_sandbox", "expires_at")

    name = Text(max_length=100, allow_blank=True, required=False)
    kind = Choice(choices=KeyKind.choices)
    vendor = Reference(queryset=Vendor.objects, required=False, allow_null=True)
    scopes = serializers.ListField(child=Choice(choices=Scope.choices), required=False, max_length=10)
    networks = serializers.ListField(child=Text(max_length=50), required=False, max_length=50)
    is_sandbox = Bool(required=False)
    expires_at = Moment(required=False, allow_null=True)
    created_at = Moment(read_only=True)
    revoked_at = Moment(read_only=True, allow_null=True)
    last_used_at = Moment(read_only=True, allow_null=True)
    exposed_at = Moment(read_only=True, allow_null=True)

    class Meta:
        model = ApiKey
        fields = ["prefix", "name", "kind", "vendor", "scopes", "networks", "is_sandbox", "created_at", "expires_at",
                  "revoked_at", "last_used_at", "exposed_at"]  # fmt: skip
        read_only_fields = ["prefix"]


class NewApiKeySerializer(ApiKeySerializer):
    """A key with its text, which is shown this once."""

    key = serializers.CharField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "key"]


class RotationSerializer(StrictSerializer):
    """When the old key ends: in a week where nothing is said, in 90 days at the latest."""

    old_ends_at = Moment(required=False, allow_null=True)


class NothingSerializer(StrictSerializer):
    """A step that takes no fields."""


class ApiKeyFilter(django_filters.FilterSet):
    vendor = CodeFilter("vendor__code")

    class Meta:
        model = ApiKey
        fields: list[str] = []


class ApiKeyViewSet(WritableViewSet):
    """Keys of machines. People manage them; a key manages no keys."""

    queryset = ApiKey.objects.select_related("vendor").order_by("-created_at", "-id")
    serializer_class = ApiKeySerializer
    filterset_class = ApiKeyFilter
    capabilities = {"read": Capability.MANAGE_KEYS, "write": Capability.MANAGE_KEYS}
    lookup_field = "prefix"
    lookup_value_regex = "[0-9a-f]{8}"

    @extend_schema(responses={201: NewApiKeySerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=body_of(request))
        serializer.is_valid(raise_exception=True)
        return self._shown_once(keys.issue_key(actor=self.actor, now=clock.now(), **serializer.validated_data))

    def change_object(self, row: ApiKey, data: dict[str, Any], *, actor: Actor, now: datetime) -> ApiKey:
        change = {name: data[name] for name in ("name", "networks") if name in data}
        return keys.change_key(key=row, actor=actor, now=now, **change)

    @extend_schema(request=RotationSerializer, responses={201: NewApiKeySerializer})
    @action(detail=True, methods=["post"], serializer_class=RotationSerializer)
    def rotate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a second key like this one; this one ends a while later."""
        key, given = self.get_object(), self._given(request)
        end = given.get("old_ends_at")
        return self._shown_once(keys.rotate_key(actor=self.actor, key=key, now=clock.now(), old_ends_at=end))

    @extend_schema(request=NothingSerializer, responses=ApiKeySerializer)
    @action(detail=True, methods=["post"], serializer_class=NothingSerializer)
    def revoke(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End the key now, for good."""
        key = self.get_object()
        self._given(request)
        revoked = keys.revoke_key(actor=self.actor, key=key, now=clock.now())
        return Response(ApiKeySerializer(revoked, context=self.get_serializer_context()).data)

    def _given(self, request: Request) -> dict[str, Any]:
        serializer = self.get_serializer(data=body_of(request))
        serializer.is_valid(raise_exception=True)
        given: dict[str, Any] = serializer.validated_data
        return given

    def _shown_once(self, made: tuple[ApiKey, str]) -> Response:
        key, text = made
        shown = ApiKeySerializer(key, context=self.get_serializer_context()).data
        return Response({**shown, "key": text}, status=status.HTTP_201_CREATED)
