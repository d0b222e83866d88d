"""``vendors/``, ``centres/`` and ``departments/``."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

import django_filters
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from vendors.actors import Actor, Capability
from vendors.api.fields import Choice, Code, Reference, Text
from vendors.api.filters import BoolFilter, CodeFilter
from vendors.api.serializers import StrictModelSerializer, unique_code
from vendors.api.texts import suggestion
from vendors.api.viewsets import WritableViewSet
from vendors.models import Centre, Department, Vendor
from vendors.services import parties


class VendorSerializer(StrictModelSerializer):
    code = Code(validators=[unique_code(Vendor)])
    name = Text(max_length=200)

    class Meta:
        model = Vendor
        fields = ["code", "name", "name_ko", "is_active"]


class VendorFilter(django_filters.FilterSet):
    is_active = BoolFilter()

    class Meta:
        model = Vendor
        fields: list[str] = []


class VendorViewSet(WritableViewSet):
    """Companies that run centres for the client. Only who manages all vendors creates one."""

    queryset = Vendor.objects.order_by("code")
    serializer_class = VendorSerializer
    filterset_class = VendorFilter
    capabilities = {"read": Capability.READ_PARTIES, "write": Capability.WRITE_VENDORS}

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Vendor:
        return parties.create_vendor(data, actor=actor, now=now)

    def change_object(self, row: Vendor, data: dict[str, Any], *, actor: Actor, now: datetime) -> Vendor:
        return parties.change_vendor(row, data, actor=actor, now=now)


class CentreSerializer(StrictModelSerializer):
    immutable = ("code", "vendor")

    code = Code(validators=[unique_code(Centre)])
    vendor = Reference(queryset=Vendor.objects)
    name = Text(max_length=200)

    class Meta:
        model = Centre
        fields = ["code", "vendor", "name", "timezone", "country"]

    def validate_timezone(self, value: str) -> str:
        if value not in available_timezones():
            hint = suggestion(value, available_timezones())
            text = _("There is no time zone “%(name)s”.%(hint)s") % {"name": value[:50], "hint": hint}
            raise serializers.ValidationError(text, code="unknown_timezone")
        return value

    def validate_country(self, value: str) -> str:
        if len(value) != 2 or not (value.isascii() and value.isupper() and value.isalpha()):
            raise serializers.ValidationError(_("Write the country as two letters: KR."), code="bad_country")
        return value


class CentreFilter(django_filters.FilterSet):
    vendor = CodeFilter("vendor__code")

    class Meta:
        model = Centre
        fields: list[str] = []


class CentreViewSet(WritableViewSet):
    """Sites of the vendors, each with its time zone."""

    queryset = Centre.objects.select_related("vendor").order_by("code")
    serializer_class = CentreSerializer
    filterset_class = CentreFilter
    capabilities = {"read": Capability.READ_PARTIES, "write": Capability.WRITE_SETUP}

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Centre:
        return parties.create_centre(data, actor=actor, now=now)

    def change_object(self, row: Centre, data: dict[str, Any], *, actor: Actor, now: datetime) -> Centre:
        return parties.change_centre(row, data, actor=actor, now=now)


class DepartmentSerializer(StrictModelSerializer):
    code = Code(validators=[unique_code(Department)])
    name = Text(max_length=200)
    email = serializers.EmailField(required=False, allow_blank=True)
    language = Choice(choices=[("ko", "ko"), ("en", "en")], required=False)

    class Meta:
        model = Department
        fields = ["code", "name", "name_ko", "owner", "deputy", "email", "language", "is_active"]

    def to_representation(self, instance: Department) -> dict[str, Any]:
        """Return it without the people and their address to those who are not of the client."""
        shown: dict[str, Any] = super().to_representation(instance)
        if self.context["view"].actor.is_of_a_vendor:
            shown |= {"owner": "", "deputy": "", "email": ""}
        return shown


class DepartmentFilter(django_filters.FilterSet):
    is_active = BoolFilter()

    class Meta:
        model = Department
        fields: list[str] = []


class DepartmentViewSet(WritableViewSet):
    """Departments of the client whose doings move what the centres get to do."""

    scoped = False
    queryset = Department.objects.order_by("code")
    serializer_class = DepartmentSerializer
    filterset_class = DepartmentFilter
    capabilities = {"read": Capability.READ_PARTIES, "write": Capability.WRITE_VENDORS}

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Department:
        return parties.create_department(data, actor=actor, now=now)

    def change_object(self, row: Department, data: dict[str, Any], *, actor: Actor, now: datetime) -> Department:
        return parties.change_department(row, data, actor=actor, now=now)
