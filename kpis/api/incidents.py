"""What another system says of an incident."""

from __future__ import annotations

from rest_framework import serializers

from kpis.services.factors.incidents import OPENED, RESOLVED
from vendors.api.fields import Choice, Moment, Reference, Text
from vendors.api.serializers import StrictSerializer
from vendors.models import Department, Queue

MOST_QUEUES = 200


class IncidentInputSerializer(StrictSerializer):
    """An event of one incident. `queues` and `title` are taken from its opening."""

    incident = Text(max_length=200, help_text="The incident's id in the system it comes from.")
    event = Choice(choices=[(OPENED, OPENED), (RESOLVED, RESOLVED)])
    at = Moment()
    opened_at = Moment(required=False, help_text="Of a resolution whose opening was not sent.")
    title = Text(required=False, max_length=200)
    department = Reference(queryset=Department.objects, required=False, allow_null=True)
    queues = serializers.ListField(
        child=Reference(queryset=Queue.objects.select_related("centre__vendor")),
        required=False,
        max_length=MOST_QUEUES,
    )
