"""``queues/``: what reports, where it is, and which contract it belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api.fields import Code, Date, Reference, Text, Whole
from vendors.api.filters import CodeFilter
from vendors.api.resources.contracts import today
from vendors.api.serializers import StrictModelSerializer, unique_code
from vendors.api.viewsets import WritableViewSet
from vendors.choices import Channel
from vendors.models import Centre, Contract, Queue
from vendors.services import queues


@extend_schema_field(serializers.CharField())
class ContractOfQueue(Reference):
    """The contract a queue belongs to: read from its links, written through the service."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"queryset": Contract.objects, **kwargs})

    def use_pk_only_optimization(self) -> bool:
        return False

    def get_attribute(self, instance: Queue) -> Contract | None:
        """Return the contract of today; before the first link the first one, after the last the last one."""
        links = sorted(instance.contract_links.all(), key=lambda link: link.valid_from)
        begun = [link for link in links if link.valid_from <= today()]
        link = begun[-1] if begun else (links[0] if links else None)
        return link.contract if link else None


class QueueSerializer(StrictModelSerializer):
    code = Code(validators=[unique_code(Queue)])
    centre = Reference(queryset=Centre.objects)
    contract = ContractOfQueue()
    name = Text(max_length=200)
    opened_on = Date(required=False)
    open_weekdays = serializers.ListField(
        child=Whole(min_value=1, max_value=7), required=False, min_length=1, max_length=7
    )
    valid_from = Date(write_only=True, required=False)

    class Meta:
        model = Queue
        fields = [
            "code",
            "centre",
            "contract",
            "name",
            "service",
            "channel",
            "opened_on",
            "closed_on",
            "open_weekdays",
            "observes_holidays",
            "valid_from",
        ]

    def validate_channel(self, value: str) -> str:
        if value == Channel.ANY:
            raise serializers.ValidationError(_("A queue has one channel."), code="invalid_choice")
        return value

    def validate_open_weekdays(self, value: list[int]) -> list[int]:
        if len(set(value)) < len(value):
            raise serializers.ValidationError(_("A weekday stands twice."), code="weekday_twice")
        return sorted(value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "valid_from" in attrs and "contract" not in attrs:
            error = serializers.ErrorDetail(str(_("Name the contract the queue moves to.")), "nothing_from")
            raise serializers.ValidationError({"valid_from": [error]})
        return super().validate(attrs)


class QueueFilter(django_filters.FilterSet):
    vendor = CodeFilter("centre__vendor__code")
    centre = CodeFilter("centre__code")
    contract = CodeFilter("contract_links__contract__code", distinct=True)
    service = django_filters.CharFilter()
    channel = django_filters.ChoiceFilter(choices=Channel.choices)

    class Meta:
        model = Queue
        fields: list[str] = []


class QueueViewSet(WritableViewSet):
    """Queues (업무그룹): a service in a channel at a centre.

    A PATCH of `contract` moves the queue from `valid_from` (default: today at its centre) on.
    """

    queryset = (
        Queue.objects.select_related("centre__vendor").prefetch_related("contract_links__contract").order_by("code")
    )
    serializer_class = QueueSerializer
    filterset_class = QueueFilter
    capabilities = {"read": Capability.READ_PARTIES, "write": Capability.WRITE_SETUP}

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Queue:
        contract = data.pop("contract")
        data.pop("valid_from", None)  # a new queue begins with the later of the two starts
        return queues.create_queue(data, contract=contract, actor=actor, now=now)

    def change_object(self, row: Queue, data: dict[str, Any], *, actor: Actor, now: datetime) -> Queue:
        contract, valid_from = data.pop("contract", None), data.pop("valid_from", None)
        if contract is not None and valid_from is None:
            valid_from = clock.local_date(now, row.centre.timezone)
        return queues.change_queue(row, data, actor=actor, now=now, contract=contract, valid_from=valid_from)
