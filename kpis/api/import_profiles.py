"""``import-profiles/``: how a vendor's own files are read; made from a sample, tried, kept in versions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import django_filters
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.api.feed_parsers import FILE_PARSERS, FILE_TYPES, FileBody
from kpis.imports import profiles
from kpis.imports.encodings import ACCEPTED
from kpis.imports.opening import open_sample
from kpis.imports.proposing import propose
from kpis.imports.trying import try_profile
from kpis.models import ImportProfile
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api import fields
from vendors.api.filters import BoolFilter, CodeFilter, bad_query
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, WritableViewSet
from vendors.models import Vendor

FILE: dict[str, Any] = dict.fromkeys(FILE_TYPES, OpenApiTypes.BINARY)


class ImportProfileFilter(django_filters.FilterSet):
    vendor = CodeFilter(field_name="vendor__code")
    code = CodeFilter(field_name="code")
    is_active = BoolFilter(field_name="is_active")


class ImportProfileSerializer(StrictSerializer):
    """A profile in its newest version. PATCH of ``mapping`` makes the next version; files already read stay as read."""

    id = serializers.IntegerField(read_only=True)
    vendor = fields.Reference(queryset=Vendor.objects.all(), required=False, allow_null=True)
    code = fields.Code()
    name = fields.Text(max_length=200)
    is_active = fields.Bool(required=False)
    version = serializers.IntegerField(read_only=True)
    mapping = serializers.JSONField()
    note = fields.Text(max_length=500, required=False, allow_blank=True)
    last_used_at = serializers.DateTimeField(default_timezone=UTC, read_only=True, allow_null=True)

    def to_representation(self, instance: ImportProfile) -> dict[str, Any]:
        version, used = profiles.newest(instance), instance.last_used_at  # type: ignore[attr-defined]
        return {
            "id": instance.pk,
            "vendor": instance.vendor.code if instance.vendor else None,
            "code": instance.code,
            "name": instance.name,
            "is_active": instance.is_active,
            "version": version.number,
            "mapping": version.mapping,
            "note": version.note,
            "last_used_at": used and self.fields["last_used_at"].to_representation(used),
        }


class VersionSerializer(serializers.Serializer[Any]):
    """One version of a profile: who made it, when, and how it reads."""

    number = serializers.IntegerField()
    mapping = serializers.JSONField()
    note = serializers.CharField()
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField(default_timezone=UTC)


class ImportProfileDetailSerializer(ImportProfileSerializer):
    """A profile with its versions, newest first."""

    versions = VersionSerializer(many=True, read_only=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        versions = VersionSerializer(instance.shown_versions, many=True).data
        return {**super().to_representation(instance), "versions": versions}


class ColumnSerializer(serializers.Serializer[Any]):
    heading = serializers.CharField()
    sample = serializers.ListField(child=serializers.CharField())
    holds = serializers.CharField(allow_null=True)
    reason = serializers.CharField()


class QuestionSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()


class TrialSerializer(serializers.Serializer[Any]):
    """What a file would become: nothing is stored."""

    rows = serializers.IntegerField()
    preview = serializers.ListField(child=serializers.DictField())
    skipped = serializers.DictField(child=serializers.IntegerField())
    derived = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.DictField())
    errors = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]


class ProposalSerializer(serializers.Serializer[Any]):
    """A mapping that fits the sample as well as can be told, why, and what only people can say."""

    mapping = serializers.JSONField()
    columns = ColumnSerializer(many=True)
    questions = QuestionSerializer(many=True)
    trial = TrialSerializer(allow_null=True)


class ImportProfileViewSet(WritableViewSet):
    """Profiles of the vendors the actor submits for; managers and vendor administrators keep them."""

    queryset = ImportProfile.objects.all()
    serializer_class = ImportProfileSerializer
    filterset_class = ImportProfileFilter
    capabilities = {
        "read": Capability.SUBMIT,
        "write": Capability.WRITE_PROFILES,
        "test": Capability.SUBMIT,
    }
    sandbox = ("propose", "test")
    query_params = {"propose": ("vendor", "encoding"), "test": ("encoding",)}
    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = NUMBER

    def get_queryset(self) -> Any:
        return profiles.with_versions(super().get_queryset())

    def get_serializer_class(self) -> Any:
        return ImportProfileSerializer if self.action == "list" else ImportProfileDetailSerializer

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> ImportProfile:
        return profiles.create_profile(**data, actor=actor, now=now)

    def change_object(self, row: ImportProfile, data: dict[str, Any], *, actor: Actor, now: datetime) -> ImportProfile:
        for name in ("code", "vendor"):
            if name in data and data.pop(name) != getattr(row, name):
                error = serializers.ErrorDetail(_("This never changes after creation."), "immutable")
                raise serializers.ValidationError({name: [error]})
        return profiles.change_profile(row, **data, actor=actor, now=now)

    def answer(self, row: ImportProfile, status_code: int) -> Response:
        fresh = self.get_queryset().get(pk=row.pk)
        return Response(self.get_serializer(fresh).data, status=status_code)

    @extend_schema(
        request=FILE,
        responses={200: ProposalSerializer},
        parameters=[
            OpenApiParameter("vendor", str, description="Whose queues the file holds."),
            OpenApiParameter("encoding", str, enum=list(ACCEPTED), description="Where it is ambiguous."),
        ],
    )
    @action(detail=False, methods=["post"], parser_classes=FILE_PARSERS)
    def propose(self, request: Request) -> Response:
        """Propose a mapping for a sample: columns with reasons, questions, the first rows."""
        vendor = self._vendor()
        file = _file(request)
        grid, delimiter = open_sample(file.content, self._encoding(), file.filename)
        found = propose(grid, actor=self.actor, vendor=vendor, now=clock.now(), delimiter=delimiter)
        return Response(found.as_dict())

    @extend_schema(
        request=FILE,
        responses={200: TrialSerializer},
        parameters=[OpenApiParameter("encoding", str, enum=list(ACCEPTED), description="Where it is ambiguous.")],
    )
    @action(detail=True, methods=["post"], parser_classes=FILE_PARSERS)
    def test(self, request: Request, id: str) -> Response:
        """Read a file through the profile with all checks, and store nothing."""
        profile = self.get_object()
        file = _file(request)
        trial = try_profile(
            file.content,
            profile,
            actor=self.actor,
            now=clock.now(),
            encoding=self._encoding(),
            filename=file.filename,
        )
        return Response(trial.as_dict())

    def _vendor(self) -> Vendor | None:
        code = self.request.query_params.get("vendor")
        if code is None:
            return None
        vendor = Vendor.objects.visible_to(self.actor_in_scope).filter(code=code).first()
        if vendor is None:
            text = _("There is no vendor “%(code)s”.") % {"code": code[:64]}
            raise bad_query("vendor", text)
        return vendor

    def _encoding(self) -> str | None:
        given = self.request.query_params.get("encoding")
        if given is not None and given not in ACCEPTED:
            raise bad_query("encoding", _("Choose one of: %(choices)s.") % {"choices": ", ".join(ACCEPTED)})
        return given


def _file(request: Request) -> FileBody:
    # An empty body is given to no parser.
    return request.data if isinstance(request.data, FileBody) else FileBody(b"")
