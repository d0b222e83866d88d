"""Who may see to an action plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from vendors.actors import ROLES_THAT_MAY, Actor, Capability
from vendors.models import Contract


def owners_for(contract: Contract | None, actor: Actor) -> Any:
    """Return the active people whom ``actor`` may name as the owner of a contract's plan.

    The BPO side names its own people and those of the vendor, a vendor its own.
    """
    return owners_of([contract.vendor_id] if contract else [], actor)


def owners_of(vendors: Iterable[int], actor: Actor) -> Any:
    """Return the same for the contracts of several vendors."""
    roles = ROLES_THAT_MAY[Capability.PROPOSE_PLANS]
    where = Q(memberships__vendor__in=list(vendors))
    is_client = actor.may(Capability.DECIDE_PLANS)
    if is_client:
        where |= Q(memberships__vendor__isnull=True)
    may = Q(memberships__role__in=roles) & where
    if is_client:
        may |= Q(is_superuser=True)
    return User.objects.filter(may, is_active=True).distinct().order_by("username")
