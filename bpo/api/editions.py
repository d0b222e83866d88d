"""``reports/``: the documents of a programme's period, by name, as files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from bpo.queries.overview import GRAINS
from bpo.reports.editions import EDITIONS, Edition, editions_for
from kpis.api.reports import BinaryRenderer, download
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period, period_of
from vendors import clock
from vendors.actors import Capability
from vendors.api.filters import bad_query, iso_date
from vendors.api.viewsets import ScopedViewSet
from vendors.errors import NotFound
from vendors.models import Vendor
from vendors.permissions import refuse

NAMES = list(EDITIONS)
LANGUAGES = [code for code, _name in settings.LANGUAGES]
FIRST_YEAR, LAST_YEAR = 2000, 2100
TYPES = {edition.kind: edition.media_type.partition(";")[0] for edition in EDITIONS.values()}
RENDERERS = [JSONRenderer, *(BinaryRenderer.of(kind, media_type) for kind, media_type in TYPES.items())]


class EditionSerializer(serializers.Serializer[Edition]):
    """One document: what it is called, and what its file is."""

    edition = serializers.CharField(source="name", help_text="Its name in the address; never changes.")
    name = serializers.SerializerMethodField()
    name_ko = serializers.SerializerMethodField()
    media_type = serializers.CharField()
    kind = serializers.CharField(help_text="Ending of the file's name.")
    is_of_one_vendor = serializers.BooleanField(help_text="Whether it can be made of one vendor alone.")

    def get_name(self, edition: Edition) -> str:
        return edition.label_in("en")

    def get_name_ko(self, edition: Edition) -> str:
        return edition.label_in("ko")


class EditionViewSet(ScopedViewSet):
    """The documents the actor may read; each is made of what the actor sees, when it is asked for."""

    queryset = Vendor.objects.none()
    serializer_class = EditionSerializer
    scoped = False
    lookup_field = "edition"
    filter_backends: list[Any] = []
    http_method_names = ["get", "head", "options"]
    capabilities = {"read": Capability.READ_RESULTS}
    query_params = {"document": ("period", "start", "language", "vendor")}

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(editions_for(self.actor))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("edition", str, OpenApiParameter.PATH, enum=NAMES),
            OpenApiParameter("period", str, enum=[kind.value for kind in GRAINS], description="Default month."),
            OpenApiParameter("start", OpenApiTypes.DATE, description="First day of it; default the one of today."),
            OpenApiParameter("language", str, enum=LANGUAGES, description="Default the one of the request."),
            OpenApiParameter("vendor", str, description="Code of the only vendor; default all the actor sees."),
        ],
        responses={(200, media_type): OpenApiTypes.BINARY for media_type in TYPES.values()},
    )
    def document(self, request: Request, edition: str) -> HttpResponse:
        """Answer the document as a file. The same figures are the same bytes."""
        chosen = EDITIONS.get(edition)
        if chosen is None:
            raise NotFound("not_found", _("There is no such document; reports/ lists them."))
        if not chosen.is_for(self.actor):
            raise refuse(self.actor)
        now = clock.now()
        period = self._period(clock.local_date(now, settings.TIME_ZONE))
        language = self._choice("language", LANGUAGES, (get_language() or "ko")[:2])
        vendor = self._vendor(chosen)
        content = chosen.render(self.actor, period, language, now=now, vendor=vendor)
        return download(content, chosen.media_type, chosen.file_name(period, language, vendor))

    def _period(self, today: date) -> Period:
        kind = PeriodKind(self._choice("period", [kind.value for kind in GRAINS], PeriodKind.MONTH.value))
        text = self.request.query_params.get("start")
        if text is None:
            return period_of(kind, today)
        try:
            start = iso_date(text)
        except ValueError:
            raise bad_query("start", _("Write the date as YYYY-MM-DD.")) from None
        if not FIRST_YEAR <= start.year < LAST_YEAR:
            raise bad_query("start", _("Name a day from 2000 to 2099."))
        period = period_of(kind, start)
        if period.start != start:
            text = _("Name the first day of the period: %(day)s.") % {"day": period.start.isoformat()}
            raise bad_query("start", text)
        return period

    def _vendor(self, edition: Edition) -> str:
        code = self.request.query_params.get("vendor", "")
        if not code:
            return ""
        if not edition.is_of_one_vendor:
            raise bad_query("vendor", _("This document is of the whole programme; leave “vendor” out."))
        if not Vendor.objects.visible_to(self.actor_in_scope).filter(code=code).exists():
            raise bad_query("vendor", _("There is no vendor “%(code)s”.") % {"code": code[:64]})
        return code

    def _choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self.request.query_params.get(name, default)
        if value not in allowed:
            raise bad_query(name, _("Choose one of: %(choices)s.") % {"choices": ", ".join(allowed)})
        return value
