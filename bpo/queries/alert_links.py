"""What somebody who settles an alert may name beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bpo.models import ActionPlan, Alert
from kpis.models import ExternalFactor
from vendors.actors import Capability
from vendors.models import ContractQueue

if TYPE_CHECKING:
    from vendors.actors import Actor


def factors_of(alert: Alert, actor: Actor) -> Any:
    """Return the external factors that touch a queue of the alert's contract (or vendor), the latest first."""
    seen = ExternalFactor.objects.visible_to(actor.limited_to(Capability.HANDLE_ALERTS))
    links = ContractQueue.objects.all()
    links = (
        links.filter(contract=alert.contract_id)
        if alert.contract_id
        else links.filter(queue__centre__vendor=alert.vendor_id)
    )
    return seen.filter(queues__in=links.values("queue")).distinct().order_by("-starts_at", "-id")


def plans_of(alert: Alert, actor: Actor) -> Any:
    """Return the action plans of the alert's contract (or vendor), the one due first before others."""
    seen = ActionPlan.objects.visible_to(actor.limited_to(Capability.HANDLE_ALERTS))
    about = {"contract": alert.contract_id} if alert.contract_id else {"contract__vendor": alert.vendor_id}
    return seen.filter(**about).order_by("due_on", "id")
