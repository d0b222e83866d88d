"""Files as answers: the sender's rows with what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import BaseRenderer, JSONRenderer

from kpis.imports.error_report import MEDIA_TYPES, error_report, filename
from kpis.imports.taking import OpenFile
from vendors.errors import RowError

AS = OpenApiParameter("as", str, enum=list(MEDIA_TYPES), description="XLSX (default) or CSV.")


class BinaryRenderer(BaseRenderer):
    """Makes a media type known that an address answers with a file; refusals are JSON all the same."""

    media_types = tuple(media_type.partition(";")[0] for media_type in MEDIA_TYPES.values())
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        rendered: bytes = JSONRenderer().render(data)
        return rendered

    @classmethod
    def all(cls) -> list[type[BaseRenderer]]:
        """Return the renderers of an address that answers with a report."""
        return [cls.of(kind, name) for kind, name in zip(MEDIA_TYPES, cls.media_types, strict=True)]

    @classmethod
    def of(cls, kind: str, media_type: str) -> type[BaseRenderer]:
        """Return the renderer of an address that answers with one kind of file."""
        return type(f"{kind.title()}Renderer", (cls,), {"media_type": media_type, "format": kind})


def report_answer(file: OpenFile, name: str, errors: Sequence[RowError], *, kind: str) -> HttpResponse:
    """Return the report as a download called after the file it is about."""
    return download(error_report(file, errors, kind=kind), MEDIA_TYPES[kind], filename(name, kind))


def download(content: bytes, media_type: str, name: str) -> HttpResponse:
    """Return a file to be kept under ``name``."""
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer
