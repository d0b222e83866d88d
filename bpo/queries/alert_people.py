"""Who may be given an alert."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from bpo.models import Alert
from vendors.actors import ROLES_THAT_MAY, Capability


def people_for(alert: Alert) -> Any:
    """Return the people who are active and may take note of the alert: the client's, and those of its vendor."""
    roles = ROLES_THAT_MAY[Capability.ACKNOWLEDGE_ALERTS]
    of_all = Q(memberships__vendor__isnull=True)
    may = Q(memberships__role__in=roles) & (of_all if alert.vendor_id is None else of_all | _of(alert.vendor_id))
    return User.objects.filter(may | Q(is_superuser=True), is_active=True).distinct().order_by("username")


def _of(vendor: int) -> Q:
    return Q(memberships__vendor=vendor)
