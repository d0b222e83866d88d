"""After a drain: the statistical alerts of the contracts whose figures were computed, and of all of them once a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from bpo.choices import STATISTICAL
from bpo.models import Alert
from bpo.queries.usual_findings import usual_findings
from bpo.services.alerts.baselines import usual_levels
from bpo.services.alerts.following import Followed, by_key, follow
from kpis.queries.figures import Figures
from kpis.queries.series import World
from kpis.services.locks import lock_keys
from vendors.models import Contract
from vendors.querysets import one_of

BATCH = 50
"""So many contracts are looked at, and locked, at once."""


@transaction.atomic(savepoint=False)
def look_at_the_usual(
    months: Mapping[int, Sequence[date]], *, world: World, figures: Figures, now: datetime
) -> Followed:
    """Raise, change and end the statistical alerts of these contracts, which are locked; return what was done.

    ``months`` are those that were computed, by contract; with none of them the usual level is learnt anew where it is
    not kept for this month. ``world`` and ``figures`` are what was read of these contracts, and maybe of more, since
    they were locked. A constant number of statements, whatever the number of series.
    """
    live = Alert.objects.filter(kind__in=STATISTICAL, is_live=True, contract__in=one_of(months)).order_by("id")
    alerts = by_key(live)
    usual = usual_levels(world, figures, months, now=now)
    return follow(usual_findings(world, usual, alerts.values()), alerts, now=now)


def look_at_all(*, now: datetime) -> None:
    """Look at every contract once, a few at a time."""
    contracts = list(Contract.objects.order_by("id").values_list("id", flat=True))
    for first in range(0, len(contracts), BATCH):
        _look_again(contracts[first : first + BATCH], now)


@transaction.atomic
def _look_again(contracts: Sequence[int], now: datetime) -> None:
    lock_keys(contracts)
    world = World(contracts, now=now)
    look_at_the_usual(dict.fromkeys(contracts, ()), world=world, figures=Figures([]), now=now)
