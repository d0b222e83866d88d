"""``completeness/``: the state of every queue-day; ``excused-days/``: those taken out of what is expected."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

import django_filters
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.calc.completeness import ClosedBy, DayState
from kpis.choices import ExcuseCause
from kpis.models import ExcusedDay
from kpis.queries.completeness import QueueDays
from kpis.services.excuses import LONGEST_REASON, excuse, withdraw
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.api.fields import Choice, Date, Reference, Text
from vendors.api.filters import BoolFilter, CodeFilter, DateFilter, bad_query, iso_date
from vendors.api.parsers import body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, ScopedViewSet
from vendors.models import ContractQueue, Queue

MOST_DAYS = 400
LINK_FILTERS = {
    "vendor": "contract__vendor__code",
    "contract": "contract__code",
    "centre": "queue__centre__code",
    "queue": "queue__code",
}


class QueueDaySerializer(serializers.Serializer[Any]):
    """One queue-day under one contract."""

    vendor = serializers.CharField(source="span.vendor_code")
    contract = serializers.CharField(source="span.contract_code")
    centre = serializers.CharField(source="span.centre_code")
    queue = serializers.CharField(source="span.queue_code")
    date = serializers.DateField()
    state = serializers.ChoiceField(choices=[state.value for state in DayState])
    closed_by = serializers.ChoiceField(choices=[reason.value for reason in ClosedBy], allow_null=True)
    cause = serializers.CharField(help_text="Of an excused day: vendor, client, closed or other; else empty.")
    is_expected = serializers.BooleanField(help_text="Whether it counts in days_expected.")
    is_late = serializers.BooleanField(help_text="Whether it was complete only after the contract's daily cut-off.")
    is_corrected = serializers.BooleanField()
    is_month = serializers.BooleanField(help_text="Whether a month's total stands for the day.")
    has_figures = serializers.BooleanField()
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="Measures the vendor owes and has not reported."
    )
    missing_of_others = serializers.ListField(
        child=serializers.CharField(), help_text="Measures the client or a third party provides and has not."
    )
    awaiting = serializers.ListField(
        child=serializers.CharField(), help_text="Measures that were sent and wait for a second person to confirm them."
    )
    received_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    due_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True, help_text="Null without a cut-off.")
    refusals = serializers.IntegerField(help_text="Refused feeds that named this queue-day.")


class CompletenessViewSet(ScopedViewSet):
    """Which queue-days are closed, expected, reported, awaiting confirmation, partly reported, missing or rejected."""

    queryset = ContractQueue.objects.all()
    serializer_class = QueueDaySerializer
    capabilities = {"read": Capability.READ_RESULTS}
    query_params = ("from", "to", *LINK_FILTERS)
    lookup_field = "pk"
    filter_backends: list[Any] = []

    @extend_schema(
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day; default the first of this month."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Days before this one; default tomorrow."),
            *(OpenApiParameter(name, str) for name in LINK_FILTERS),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        now = clock.now()
        start, end = self._range(clock.local_date(now, settings.TIME_ZONE))
        query = request.query_params
        links = self.get_queryset().filter(
            **{path: query[name] for name, path in LINK_FILTERS.items() if name in query}
        )
        page = self.paginate_queryset(QueueDays(links, start=start, end=end, now=now))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _range(self, today: date) -> tuple[date, date]:
        start = self._date("from") or today.replace(day=1)
        end = self._date("to") or date.fromordinal(max(start, today).toordinal() + 1)
        if start > end:
            raise bad_query("from", _("“from” must not be after “to”."))
        if (end - start).days > MOST_DAYS:
            raise bad_query("to", _("At most 400 days in one request."))
        return start, end

    def _date(self, name: str) -> date | None:
        text = self.request.query_params.get(name)
        try:
            day = iso_date(text) if text is not None else None
        except ValueError:
            day = date.max
        if day is not None and not 1900 <= day.year <= 9998:
            raise bad_query(name, _("Write the date as YYYY-MM-DD."))
        return day


class ExcusedDaySerializer(serializers.ModelSerializer[ExcusedDay]):
    queue = serializers.CharField(source="queue.code")
    vendor = serializers.CharField(source="queue.centre.vendor.code")
    cause = serializers.ChoiceField(choices=ExcuseCause.choices)
    excused_at = serializers.DateTimeField(default_timezone=UTC)
    withdrawn_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)

    class Meta:
        model = ExcusedDay
        fields = [
            "id", "vendor", "queue", "date", "cause", "reason", "excused_by", "excused_at",
            "withdrawn_by", "withdrawn_at", "withdrawn_reason",
        ]  # fmt: skip
        read_only_fields = fields


class ExcuseSerializer(StrictSerializer):
    """Days of queues that are not expected after all; at most 5,000 queue-days."""

    queues = serializers.ListField(child=Reference(queryset=Queue.objects.select_related("centre__vendor")))
    dates = serializers.ListField(child=Date(), max_length=366)
    cause = Choice(choices=ExcuseCause.choices)
    reason = Text(max_length=LONGEST_REASON)


class WithdrawSerializer(StrictSerializer):
    reason = Text(max_length=LONGEST_REASON)


class ExcusedDayFilter(django_filters.FilterSet):
    vendor = CodeFilter(field_name="queue__centre__vendor__code")
    queue = CodeFilter(field_name="queue__code")
    date = DateFilter()
    cause = django_filters.ChoiceFilter(choices=ExcuseCause.choices)
    is_withdrawn = BoolFilter(field_name="withdrawn_at", lookup_expr="isnull", exclude=True)


class ExcusedDayViewSet(ScopedViewSet):
    """Queue-days that are not expected after all, with their cause. What was reported stays and counts."""

    queryset = ExcusedDay.objects.select_related("queue__centre__vendor").order_by("-date", "queue__code", "-id")
    serializer_class = ExcusedDaySerializer
    filterset_class = ExcusedDayFilter
    capabilities = {"read": Capability.READ_RESULTS, "write": Capability.DECIDE_FIGURES}
    http_method_names = ["get", "post", "head", "options"]
    lookup_field = "pk"
    lookup_value_regex = NUMBER

    @extend_schema(request=ExcuseSerializer, responses={201: ExcusedDaySerializer(many=True)})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Excuse every one of the queues on every one of the dates; return all of these days."""
        data = self._read(ExcuseSerializer, request)
        queues = list({queue.pk: queue for queue in data.pop("queues")}.values())
        rows = excuse(queues=queues, **data, actor=self.actor, now=clock.now())
        wake_up()
        fresh = self.get_queryset().filter(pk__in=[row.pk for row in rows])
        return Response(self.get_serializer(fresh, many=True).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=WithdrawSerializer, responses=ExcusedDaySerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Let the day be expected again."""
        row = self.get_object()
        data = self._read(WithdrawSerializer, request)
        withdrawn = withdraw(row, **data, actor=self.actor, now=clock.now())
        wake_up()
        return Response(self.get_serializer(withdrawn).data)

    def _read(self, form: type[StrictSerializer], request: Request) -> dict[str, Any]:
        serializer = form(data=body_of(request), context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)
