"""What a plan of a department looks like over REST, and what became of its events."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from rest_framework import serializers

from kpis.choices import FactorKind
from kpis.services.factors.planning import NEW, Registered
from vendors.api.fields import Bool, Choice, Reference, Text
from vendors.api.serializers import StrictSerializer
from vendors.models import Department

MOST_QUEUES = 200


class PlanInputSerializer(StrictSerializer):
    """A plan: a table with a header (CSV, or pasted cells) or a calendar (ICS), as text."""

    department = Reference(queryset=Department.objects)
    text = Text(max_length=300_000, multiline=True, trim_whitespace=False)
    kind = Choice(choices=FactorKind.choices, required=False, help_text="Of events that name none; else a campaign.")
    services = serializers.ListField(
        child=Text(max_length=64), required=False, max_length=MOST_QUEUES,
        help_text="Services, or codes of queues, of events that name none.",
    )  # fmt: skip
    dry_run = Bool(required=False, default=False, help_text="Say what would be registered, and store nothing.")


class PlannedSerializer(serializers.Serializer[Any]):
    """What became of one event of a plan; `id` is null where nothing was stored."""

    row = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=["new", "changed", "unchanged", "kept"])
    id = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    kind = serializers.CharField()
    starts_at = serializers.DateTimeField(default_timezone=UTC)
    ends_at = serializers.DateTimeField(default_timezone=UTC)
    queues = serializers.ListField(child=serializers.CharField())


class PlanSerializer(serializers.Serializer[Any]):
    rows = PlannedSerializer(many=True)


def planned(one: Registered, *, dry_run: bool) -> dict[str, Any]:
    factor = one.factor
    shown = {"row": one.row, "outcome": one.outcome, "id": None if dry_run and one.outcome == NEW else factor.pk}
    about = {name: getattr(factor, name) for name in ("title", "kind", "starts_at", "ends_at")}
    return dict(PlannedSerializer({**shown, **about, "queues": [queue.code for queue in one.queues]}).data)
