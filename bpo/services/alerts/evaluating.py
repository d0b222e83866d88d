"""After a drain: the alerts of the contracts whose figures were computed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from bpo.choices import OF_THE_FEED, OF_THE_LEVELS
from bpo.models import Alert
from bpo.queries.alert_findings import figure_findings
from bpo.queries.data_findings import feed_findings
from bpo.services.alerts.following import Followed, by_key, follow, held_of
from kpis.queries.figures import Figures
from kpis.queries.series import World
from vendors.querysets import one_of


@transaction.atomic(savepoint=False)
def evaluate(*, world: World, figures: Figures, now: datetime) -> Followed:
    """Raise, change and end the alerts of these contracts' figures; return what was done.

    ``figures`` are what the drain has read already.

    A constant number of statements, whatever the number of series. The contracts are locked.
    """
    live = by_key(Alert.objects.filter(about(world.contracts), is_live=True, kind__in=OF_THE_LEVELS | OF_THE_FEED))
    findings = figure_findings(world, figures, {key: held_of(alert) for key, alert in live.items()})
    # What was missing may just have come; what is missing since is for the schedule to see.
    waiting = {alert.contract_id for alert in live.values() if alert.kind in OF_THE_FEED and alert.contract_id}
    if waiting:
        findings += feed_findings(waiting, now=now)
    return follow(findings, live, now=now)


def about(contracts: Collection[int | None]) -> Q:
    """Return the condition of alerts about these contracts (null: those of the programme's targets)."""
    named = Q(contract_id__in=one_of([key for key in contracts if key is not None]))
    return named | Q(contract__isnull=True, series__isnull=False) if None in contracts else named
