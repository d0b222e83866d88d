"""``holidays/``: the calendar of a country, and of single centres, on which queues are closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from vendors.actors import Actor, Capability
from vendors.api.fields import Date, Reference, Text
from vendors.api.filters import BoolFilter, CodeFilter, DateFilter
from vendors.api.serializers import StrictModelSerializer
from vendors.api.viewsets import NUMBER, WritableViewSet
from vendors.errors import Conflict, Forbidden
from vendors.models import Centre, Holiday
from vendors.services import holidays


class HolidaySerializer(StrictModelSerializer):
    """``centre`` null: a day of the whole country. ``is_open`` turns a holiday into a working day."""

    immutable = ("date", "country", "centre")

    date = Date()
    country = Text(max_length=2, required=False)
    centre = Reference(queryset=Centre.objects, required=False, allow_null=True)
    name = Text(max_length=200)
    is_seeded = serializers.BooleanField(read_only=True)

    class Meta:
        model = Holiday
        fields = ["id", "date", "country", "centre", "name", "name_ko", "is_open", "is_seeded"]
        # A day stands once a country, or once a centre: the service says so.
        validators: list[Any] = []

    def validate_country(self, value: str) -> str:
        if len(value) != 2 or not (value.isascii() and value.isupper() and value.isalpha()):
            raise serializers.ValidationError(_("Write the country as two letters: KR."), code="bad_country")
        return value


class HolidayFilter(django_filters.FilterSet):
    country = CodeFilter()
    centre = CodeFilter("centre__code")
    vendor = CodeFilter("centre__vendor__code")
    date = DateFilter()
    is_open = BoolFilter()


class HolidayViewSet(WritableViewSet):
    """Days on which queues that observe holidays are closed. People's edits win over the seeded calendar.

    A change marks the open months it touches for recalculation; what is final stays as it is.
    """

    queryset = Holiday.objects.select_related("centre").order_by("date", "country", "id")
    serializer_class = HolidaySerializer
    filterset_class = HolidayFilter
    capabilities = {"read": Capability.READ_PARTIES, "write": Capability.WRITE_SETUP}
    lookup_field = "pk"
    lookup_value_regex = NUMBER

    def get_queryset(self) -> Any:
        """The calendar of a country is there for everybody; a centre's own for those who see the centre."""
        return super().get_queryset() | self.queryset.filter(centre__isnull=True)

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Holiday:
        self._need_all_vendors(data.get("centre"))
        try:
            with transaction.atomic():
                return holidays.add_holiday(data, actor=actor, now=now)
        except IntegrityError:
            raise Conflict("day_twice", _("This day is in the calendar already; change it instead.")) from None

    def change_object(self, row: Holiday, data: dict[str, Any], *, actor: Actor, now: datetime) -> Holiday:
        self._need_all_vendors(row.centre)
        return holidays.change_holiday(row, data, actor=actor, now=now)

    def _need_all_vendors(self, centre: Centre | None) -> None:
        if centre is None and not self.actor_in_scope.sees_all_vendors:
            raise Forbidden("role", _("The calendar of a country is kept by a manager of all vendors."))
