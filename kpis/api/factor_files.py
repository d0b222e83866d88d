"""``factor-files/``: what shows what an external factor says."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kpis.api.reports import download
from kpis.media_types import BYTES
from kpis.models import FactorFile
from kpis.services.factors.evidence import LARGEST
from vendors.actors import Capability
from vendors.api.fields import Base64, Text
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, ScopedViewSet


class FileSerializer(serializers.Serializer[Any]):
    """A file of evidence; its content is at ``factor-files/{id}/``."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    added_by = serializers.CharField()
    added_at = serializers.DateTimeField(default_timezone=UTC)


class FileInputSerializer(StrictSerializer):
    """A file. What it is, is told by its bytes; its name is made safe."""

    name = Text(max_length=200)
    content = Base64(max_length=(LARGEST // 3 + 1) * 4, help_text="The bytes of the file in base64; at most 5 MB.")


class FactorFileViewSet(ScopedViewSet):
    """The files of evidence."""

    queryset = FactorFile.objects.order_by("id")
    serializer_class = FileSerializer
    capabilities = {"read": Capability.READ_FACTORS}
    http_method_names = ["get", "head", "options"]
    lookup_field = "pk"
    lookup_value_regex = NUMBER

    @extend_schema(responses={(200, BYTES): OpenApiTypes.BINARY})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Answer the file, to be kept and never to be shown in place."""
        row: FactorFile = self.get_object()
        return download(bytes(row.content), BYTES, row.name)
