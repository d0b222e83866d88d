"""Where bpo listens to kpis: the one signal of the product."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.dispatch import receiver

from bpo.services import alerts, scorecards
from kpis.queries.figures import Figures
from kpis.queries.series import World
from kpis.signals import attainments_computed


@receiver(attainments_computed, dispatch_uid="bpo.refresh_scorecards")
def refresh_scorecards(sender: Any, *, months: Mapping[int | None, Sequence[date]], now: datetime, **_: Any) -> None:
    """Have the cards of these months follow their figures, in the transaction that stored them."""
    of_contracts = {contract: starts for contract, starts in months.items() if contract is not None}
    if of_contracts:
        scorecards.refresh_many(months=of_contracts, now=now)


@receiver(attainments_computed, dispatch_uid="bpo.owe_alerts")
def owe_alerts(
    sender: Any,
    *,
    months: Mapping[int | None, Sequence[date]],
    world: World,
    figures: Figures,
    now: datetime,
    **_: Any,
) -> Callable[[], None]:
    """Note with the figures that their alerts are to follow; return what has them follow after the commit."""
    return alerts.owe(months, world=world, figures=figures, now=now)
