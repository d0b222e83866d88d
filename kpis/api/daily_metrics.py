"""``daily-metrics/``: what was reported, value by value, now or as of a moment; and the history of one value."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, StreamingHttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.models import DailyMetric, DailyValue
from kpis.queries.daily_values import Origin, ReportedValue, history_of, origins_of, values_as_of
from kpis.services.feed.histograms import written
from vendors.actors import Capability
from vendors.api.fields import Moment
from vendors.api.filters import bad_query, iso_date
from vendors.api.viewsets import ScopedViewSet

COLUMNS = ("queue", "date", "measure", "value", "submission", "revision", "source", "derived", "month")
CHUNK = 2_000
"""Values of a CSV that are read at once, with the origins of their submissions."""
CSV_COLUMNS = (
    f"csv: all values at once, the columns {', '.join(COLUMNS)}; derived and month are true or false, "
    "a histogram is written as 12;40;3."
)
MOST_DAYS_AS_OF = 20_000
"""Queue-days that are rebuilt for ``as_of`` in one request."""


class CSVRenderer(BaseRenderer):
    """Makes ``?format=csv`` known; the answer itself is streamed."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        # Only errors come here: a list of figures is streamed by the view.
        return JSONRenderer().render(data)


class DailyValueSerializer(serializers.Serializer[Any]):
    queue = serializers.CharField()
    date = serializers.DateField()
    month = serializers.BooleanField(help_text="Whether the value is a month's total.")
    measure = serializers.CharField()
    value = serializers.CharField(help_text="A decimal string; a list of bucket counts for histograms.")
    submission = serializers.UUIDField()
    revision = serializers.IntegerField()
    source: Any = serializers.ChoiceField(
        choices=["vendor", "client", "reconciled"], help_text="Whose figure it is; reconciled: settled between two."
    )
    derived = serializers.BooleanField(help_text="Whether nobody counted it: computed from a percentage or a mean.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return row_of(instance, self.context["origins"])


class ChangeSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    old = serializers.CharField(allow_null=True)
    new = serializers.CharField(allow_null=True)
    submission = serializers.UUIDField()
    received_at = Moment()
    submitted_by = serializers.CharField()
    note = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    derived = serializers.BooleanField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        answer = super().to_representation(instance)
        return {**answer, "old": shown(instance.old), "new": shown(instance.new)}


def submission_of(value: DailyValue | ReportedValue) -> UUID:
    """Return the submission a value came with."""
    return value.submission_id if isinstance(value, DailyValue) else value.submission


def row_of(value: DailyValue | ReportedValue, origins: Mapping[UUID, Origin]) -> dict[str, Any]:
    """Return one row of the list; ``origins`` holds the value's submission."""
    origin = origins[submission_of(value)]
    if isinstance(value, DailyValue):
        queue, given = value.code, json.loads(value.raw)
    else:
        queue, given = value.queue, value.value
    return {
        "queue": queue,
        "date": value.date.isoformat(),
        "month": value.is_month,
        "measure": value.measure,
        "value": shown(given),
        "submission": str(submission_of(value)),
        "revision": value.revision,
        "source": origin.source,
        "derived": value.measure in origin.derived,
    }


def shown(value: Any) -> Any:
    """Return a stored value as the API shows it: a decimal string, a list, or null."""
    return str(value) if isinstance(value, int) else value


class DailyMetricViewSet(ScopedViewSet):
    """Reported values, one a row."""

    queryset = DailyValue.objects.order_by("queue_id", "date", "is_month", "measure")
    serializer_class = DailyValueSerializer
    renderer_classes = [JSONRenderer, CSVRenderer]
    filter_backends: list[Any] = []
    capabilities = {"read": Capability.READ_FIGURES}
    query_params = {
        "list": ("queue", "vendor", "date", "measure", "from", "to", "as_of"),
        "history": ("queue", "date", "month", "measure"),
    }
    http_method_names = ["get", "head", "options"]

    @extend_schema(
        parameters=[
            *(OpenApiParameter(name, str) for name in ("queue", "vendor", "measure")),
            OpenApiParameter("date", OpenApiTypes.DATE),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Days before this one."),
            OpenApiParameter("as_of", OpenApiTypes.DATETIME, description="As it was known at this moment."),
            OpenApiParameter("format", str, enum=["json", "csv"], description=CSV_COLUMNS),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        moment = self._moment()
        values = self._values() if moment is None else self._values_as_of(moment)
        if getattr(request.accepted_renderer, "format", "") == "csv":
            return csv_answer(values)
        page: Any = self.paginate_queryset(values)
        submissions = {submission_of(value) for value in page}
        context = {"origins": origins_of(submissions)}
        return self.get_paginated_response(DailyValueSerializer(page, many=True, context=context).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("queue", str, required=True),
            OpenApiParameter("date", OpenApiTypes.DATE, required=True, description="First day for a month's total."),
            OpenApiParameter("measure", str, required=True),
            OpenApiParameter("month", bool, description="The month's total, not a day."),
        ],
        responses=ChangeSerializer(many=True),
    )
    def history(self, request: Request) -> Response:
        """How one value came to what it is: old and new, who, when, why."""
        query = request.query_params
        for name in ("queue", "date", "measure"):
            if not query.get(name):
                raise bad_query(name, _("Name the queue, the date and the measure."))
        day_asked: Any = self._date("date")
        days = self._days().filter(queue__code=query["queue"], date=day_asked)
        day = days.filter(is_month=query.get("month") == "true").select_related("submission").first()
        changes = history_of(day, query["measure"]) if day else []
        if not changes:
            raise Http404
        page = self.paginate_queryset(changes)
        return self.get_paginated_response(ChangeSerializer(page, many=True).data)

    def _values(self) -> QuerySet[DailyValue]:
        values = self.get_queryset().filter(**self._filters())
        measure = self.request.query_params.get("measure")
        return values.filter(measure=measure) if measure else values

    def _values_as_of(self, moment: datetime) -> Sequence[ReportedValue]:
        days = self._days().filter(**self._filters())
        if days[MOST_DAYS_AS_OF : MOST_DAYS_AS_OF + 1].exists():
            raise bad_query("as_of", _("That is too much for one request: narrow it by queue, from and to."))
        measure = self.request.query_params.get("measure")
        return [value for value in values_as_of(days, moment) if measure in (None, "", value.measure)]

    def _days(self) -> QuerySet[DailyMetric]:
        return DailyMetric.objects.visible_to(self.actor.limited_to(Capability.READ_FIGURES))

    def _filters(self) -> dict[str, Any]:
        paths = {"queue": "queue__code", "vendor": "queue__centre__vendor__code"}
        given = {
            path: self.request.query_params[name] for name, path in paths.items() if self.request.query_params.get(name)
        }
        dates = {"date": "date", "from": "date__gte", "to": "date__lt"}
        return given | {path: day for name, path in dates.items() if (day := self._date(name))}

    def _date(self, name: str) -> date | None:
        text = self.request.query_params.get(name)
        try:
            return iso_date(text) if text else None
        except ValueError:
            raise bad_query(name, _("Write the date as YYYY-MM-DD.")) from None

    def _moment(self) -> datetime | None:
        text = self.request.query_params.get("as_of")
        if text is None:
            return None
        moment = _end_of_day(text) or _instant(text)
        if moment is None or moment.tzinfo is None:
            raise bad_query(
                "as_of", _("Write a day, as 2026-03-02, or a moment with its offset, as 2026-03-02T09:00:00Z.")
            )
        return moment


def _end_of_day(text: str) -> datetime | None:
    """Return the last moment of a day that is named by its date: a named day is inclusive."""
    try:
        return datetime.combine(iso_date(text), time.max, ZoneInfo(settings.TIME_ZONE))
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        return parse_datetime(text.replace(" ", "+")) if text.isascii() else None
    except ValueError:
        return None


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_answer(values: Iterable[DailyValue | ReportedValue]) -> StreamingHttpResponse:
    """Stream the values as CSV, without holding them all."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield writer.writerow(COLUMNS)
        for row in _rows(values):
            yield writer.writerow([_cell(row[name]) for name in COLUMNS])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="daily-metrics.csv"'
    return answer


def _rows(values: Iterable[DailyValue | ReportedValue]) -> Iterator[dict[str, Any]]:
    """Return the rows of all values; each submission's origin is read once."""
    origins: dict[UUID, Origin] = {}
    rest = iter(values.iterator(chunk_size=CHUNK) if isinstance(values, QuerySet) else values)
    while some := list(islice(rest, CHUNK)):
        if new := {submission_of(value) for value in some} - origins.keys():
            origins |= origins_of(new)
        for value in some:
            yield row_of(value, origins)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return written(value) if isinstance(value, list) else value
