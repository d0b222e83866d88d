"""Where bpo listens to kpis: the one signal of the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import structlog
from django.db import transaction
from django.dispatch import receiver

from bpo.services import alerts, scorecards
from kpis.queries.figures import Figures
from kpis.queries.series import World
from kpis.signals import attainments_computed
from vendors.waiting import is_passing

log = structlog.get_logger(__name__)


@receiver(attainments_computed, dispatch_uid="bpo.refresh_scorecards")
def refresh_scorecards(sender: Any, *, months: Mapping[int | None, Sequence[date]], now: datetime, **_: Any) -> None:
    """Have the cards of these months follow their figures, in the transaction that stored them."""
    of_contracts = {contract: starts for contract, starts in months.items() if contract is not None}
    if of_contracts:
        scorecards.refresh_many(months=of_contracts, now=now)


@receiver(attainments_computed, dispatch_uid="bpo.evaluate_alerts")
def evaluate_alerts(sender: Any, *, world: World, figures: Figures, now: datetime, **_: Any) -> None:
    """Have the alerts of these contracts follow their figures, in the transaction that stored them."""
    alerts.evaluate(world=world, figures=figures, now=now)


@receiver(attainments_computed, dispatch_uid="bpo.look_at_the_usual")
def look_at_the_usual(
    sender: Any,
    *,
    months: Mapping[int | None, Sequence[date]],
    world: World,
    figures: Figures,
    now: datetime,
    **_: Any,
) -> None:
    """Hold the figures against what is usual, in the transaction that stored them; a failure there undoes only this.

    No alert is worth a figure: what failed is tried again by the next drain of the contract, and once a day.
    """
    of_contracts = {contract: starts for contract, starts in months.items() if contract is not None}
    if not of_contracts:
        return
    try:
        with transaction.atomic():
            alerts.look_at_the_usual(of_contracts, world=world, figures=figures, now=now)
    except Exception as error:
        if is_passing(error):
            raise
        log.exception("look_at_the_usual_failed", contracts=len(of_contracts))
