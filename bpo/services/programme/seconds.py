"""The seconds within which targets count, taken over from a sheet that counts within others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bpo.models import SetUp
from kpis.models import Target
from kpis.services.targets import update_target
from vendors.actors import Actor

SECONDS = "threshold_seconds"


def adopt_seconds(made: SetUp, seconds: Mapping[str, int], *, actor: Actor, now: datetime) -> None:
    """Have every target of a set-up count within these seconds, by KPI, where it counts within any."""
    targets = Target.objects.filter(series__contract__code__in=made.made["contracts"], series__kpi__code__in=seconds)
    for target in targets.select_related("series__contract", "series__kpi").order_by("pk"):
        counted = seconds[target.series.kpi.code]
        if target.parameters.get(SECONDS) not in (None, counted):
            fields = {"parameters": {**target.parameters, SECONDS: counted}}
            update_target(target=target, fields=fields, actor=actor, now=now)
