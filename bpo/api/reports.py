"""``report-subscriptions/`` and ``sent-reports/``: reports that go out by themselves, and what was sent to whom."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import Any

import django_filters
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bpo.api.webhooks import NoFieldsSerializer
from bpo.choices import DeliveryStatus, ReportCause, ReportKind, ReportPeriod
from bpo.models import ReportSubscription, SentReport
from bpo.models.reports import MOST_BUSINESS_DAYS, MOST_LINK_DAYS
from bpo.queries.cards import utc
from bpo.queries.report_pages import presented_report
from bpo.queries.report_schedule import holidays_around, next_due
from bpo.services import reports
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api.fields import Bool, Choice, Moment, Text, Whole
from vendors.api.filters import NumberFilter
from vendors.api.parsers import optional_body_of
from vendors.api.serializers import StrictModelSerializer
from vendors.api.viewsets import NUMBER, UUID, ScopedViewSet, WritableViewSet
from vendors.choices import Role


class PeopleField(serializers.ListField):
    """User names; every one of them must be somebody."""

    child = Text(max_length=150)
    default_error_messages = {"unknown_user": _("There is nobody called “{name}”.")}

    def to_internal_value(self, data: Any) -> list[User]:
        names = super().to_internal_value(data)
        found = {user.get_username(): user for user in User.objects.filter(username__in=names)}
        for name in names:
            if name not in found:
                self.fail("unknown_user", name=name[:50])
        return list(found.values())

    def to_representation(self, data: Any) -> list[str]:
        return sorted(user.get_username() for user in data.all())


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
class ClockTime(serializers.TimeField):
    """A time of day, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            self.fail("invalid", format="HH:MM")
        return super().to_internal_value(value)


class ReportSubscriptionSerializer(StrictModelSerializer):
    id = serializers.IntegerField(read_only=True)
    name = Text(max_length=100)
    kind = Choice(choices=ReportKind.choices, required=False)
    period = Choice(choices=ReportPeriod.choices, required=False, help_text="The period that has just ended.")
    business_day = Whole(
        min_value=1, max_value=MOST_BUSINESS_DAYS, required=False, help_text="After the end of the period, from 1."
    )
    at = ClockTime(required=False)
    language = Choice(choices=[("ko", "ko"), ("en", "en")], required=False)
    users = PeopleField(required=False, max_length=200, help_text="User names.")
    roles = serializers.ListField(
        child=Choice(choices=Role.choices), required=False, max_length=len(Role), help_text="Everybody of a role."
    )
    addresses = serializers.ListField(
        child=Text(max_length=254), required=False, max_length=1000,
        help_text="Mail addresses without an account; for `all_staff` only.",
    )  # fmt: skip
    attachments = serializers.ListField(
        child=Text(max_length=64), required=False, max_length=10, help_text="Keys of document editions."
    )
    link_days = Whole(min_value=1, max_value=MOST_LINK_DAYS, required=False)
    is_active = Bool(required=False)
    next_at = serializers.SerializerMethodField(help_text="When the next one goes out; null while it rests.")
    created_at = Moment(read_only=True)

    class Meta:
        model = ReportSubscription
        fields = [
            "id", "name", "kind", "period", "business_day", "at", "language", "users", "roles", "addresses",
            "attachments", "link_days", "is_active", "next_at", "created_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_at(self, row: ReportSubscription) -> str | None:
        if not row.is_active:
            return None
        return utc(next_due(row, clock.now(), self.holidays)[1])

    @cached_property
    def holidays(self) -> frozenset[date]:
        """Those of every row of a list: they are read once."""
        return holidays_around(clock.now())


class ReportFileSerializer(serializers.Serializer[Any]):
    edition = serializers.CharField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()


class SentReportSerializer(serializers.Serializer[SentReport]):
    """The declared fields are the schema, :func:`bpo.queries.report_pages.presented_report` the answer."""

    id = serializers.UUIDField()
    subscription = serializers.IntegerField()
    cause = serializers.ChoiceField(choices=ReportCause.choices)
    kind = serializers.ChoiceField(choices=ReportKind.choices)
    period = serializers.ChoiceField(choices=ReportPeriod.choices)
    start = serializers.DateField(help_text="First day of the period.")
    language = serializers.CharField()
    user = serializers.CharField(allow_null=True)
    address = serializers.CharField()
    subject = serializers.CharField()
    files = ReportFileSerializer(many=True)
    made_by = serializers.CharField()
    made_at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    sent_at = serializers.DateTimeField(allow_null=True)
    is_late = serializers.BooleanField(help_text="It was tried and waits to be tried again.")

    def to_representation(self, instance: SentReport) -> dict[str, Any]:
        return presented_report(instance)


class SentNowSerializer(serializers.Serializer[Any]):
    mails = serializers.IntegerField(help_text="How many are on their way.")


class SentReportFilter(django_filters.FilterSet):
    subscription = NumberFilter("subscription")
    status = django_filters.ChoiceFilter("delivery__status", choices=DeliveryStatus.choices)
    period = django_filters.ChoiceFilter(choices=ReportPeriod.choices)
    start = django_filters.DateFilter()


class ReportSubscriptionViewSet(WritableViewSet):
    """Who gets which report and when: for BPO managers of all vendors."""

    queryset = ReportSubscription.objects.prefetch_related("users").order_by("name", "id")
    serializer_class = ReportSubscriptionSerializer
    capabilities = {"read": Capability.MANAGE_REPORTS, "write": Capability.MANAGE_REPORTS}
    lookup_field = "pk"
    lookup_value_regex = NUMBER

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> ReportSubscription:
        return reports.subscribe(data, users=data.pop("users", []), actor=actor, now=now)

    def change_object(
        self, row: ReportSubscription, data: dict[str, Any], *, actor: Actor, now: datetime
    ) -> ReportSubscription:
        return reports.change_subscription(row.pk, data, users=data.pop("users", None), actor=actor, now=now)

    @extend_schema(request=NoFieldsSerializer, responses={202: SentNowSerializer})
    @action(detail=True, methods=["post"], url_path="send-now", serializer_class=NoFieldsSerializer)
    def send_now(self, request: Request, pk: str) -> Response:
        """Send the report about the newest period that is over to everybody, once (409 where it went out)."""
        subscription = self.get_object()
        NoFieldsSerializer(data=optional_body_of(request)).is_valid(raise_exception=True)
        mails = reports.send_now(subscription, actor=self.actor, now=clock.now())
        return Response({"mails": mails}, status=status.HTTP_202_ACCEPTED)


class SentReportViewSet(ScopedViewSet):
    """What was sent to whom: all of it for who sees to reports, else what was sent to oneself, as far as one sees."""

    queryset = (
        SentReport.objects.select_related("user", "delivery")
        .defer("text", "html", "content")
        .order_by("-made_at", "address")
    )
    serializer_class = SentReportSerializer
    filterset_class = SentReportFilter
    http_method_names = ["get", "head", "options"]
    capabilities = {"read": Capability.READ_REPORTS}
    lookup_field = "pk"
    lookup_value_regex = UUID
