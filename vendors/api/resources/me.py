"""``me/``: who am I, and what may I do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from vendors.actors import Actor, Capability
from vendors.api.filters import check_query
from vendors.models import Vendor


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.CharField()
    vendor = serializers.CharField(allow_null=True)


class MeSerializer(serializers.Serializer[Any]):
    """Who asks. ``role`` and ``vendor`` are the first of ``roles``; a null vendor means all of them."""

    kind = serializers.ChoiceField(choices=["user", "key"])
    name = serializers.CharField()
    role = serializers.CharField(allow_null=True)
    vendor = serializers.CharField(allow_null=True)
    roles = RoleSerializer(many=True)
    vendors = serializers.ListField(child=serializers.CharField())
    all_vendors = serializers.BooleanField()
    scopes = serializers.ListField(child=serializers.CharField())
    capabilities = serializers.ListField(child=serializers.CharField())
    language = serializers.CharField()


class MeView(APIView):
    """Who am I: role, vendor, scopes, and what they allow."""

    metadata_class = None
    http_method_names = ["get", "head"]

    @extend_schema(responses=MeSerializer)
    def get(self, request: Any) -> Response:
        check_query(request, ("format",))
        return Response(MeSerializer(describe(request.actor, request.auth)).data)


def describe(actor: Actor, key: Any) -> dict[str, Any]:
    """Return what ``me/`` answers; ``key`` is the ApiKey used, or None for a person."""
    codes = dict(Vendor.objects.filter(pk__in=actor.vendor_ids).values_list("pk", "code"))
    roles = [{"role": grant.role, "vendor": codes.get(grant.vendor_id or 0)} for grant in actor.grants]
    if actor.is_superuser:
        roles.insert(0, {"role": "superuser", "vendor": None})
    return {
        "kind": "key" if key is not None else "user",
        "name": actor.label.partition(":")[2],
        "role": roles[0]["role"] if roles else None,
        "vendor": roles[0]["vendor"] if roles else None,
        "roles": roles,
        "vendors": sorted(codes.values()),
        "all_vendors": actor.sees_all_vendors,
        "scopes": key.scopes if key is not None else [],
        "capabilities": [str(capability) for capability in Capability if actor.may(capability)],
        "language": get_language(),
    }
