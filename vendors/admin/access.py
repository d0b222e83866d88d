"""Who acts in the administration, and which rows exist for them there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from vendors.actors import Actor, Capability
from vendors.authentication import actor_of
from vendors.choices import Role

ROLES = frozenset({str(Role.MANAGER), str(Role.ANALYST)})
"""The roles that mean something here; a vendor's people work on the pages and over the API."""


def acting(request: HttpRequest) -> Actor:
    """Return the actor of the request with its administrative roles only; read once a request."""
    actor: Actor | None = getattr(request, "admin_actor", None)
    if actor is None:
        whole = actor_of(request.user)
        actor = replace(whole, grants=tuple(grant for grant in whole.grants if grant.role in ROLES))
        request.admin_actor = actor  # type: ignore[attr-defined]
    return actor


def rows_for(actor: Actor, queryset: QuerySet[Any], needs: Capability | None) -> QuerySet[Any]:
    """Return the rows of ``queryset`` that exist for ``actor``; rows of no vendor (KPIs, measures) exist for all."""
    visible_to = getattr(queryset, "visible_to", None)
    if visible_to is None:
        return queryset
    rows: QuerySet[Any] = visible_to(actor.limited_to(needs) if needs else actor)
    return rows


def vendor_id_of(row: Model) -> int | None:
    """Return the vendor a row belongs to, along its ``vendor_path``; None where it belongs to the company."""
    path = getattr(type(row)._default_manager.all(), "vendor_path", "")
    value: Any = row if path else None
    for step in path.split("__"):
        value = getattr(value, step, None)
    return value if isinstance(value, int) else None


def may_for_all(actor: Actor, capability: Capability) -> bool:
    """Say whether the actor may do it for the company as a whole."""
    return actor.is_superuser or any(grant.vendor_id is None for grant in actor.limited_to(capability).grants)
