"""The person behind an actor."""

from __future__ import annotations

from vendors.actors import Actor
from vendors.models import ApiKey


def person_of(actor: Actor) -> int | None:
    """Return the id of the user who acts, of a key the one who made it; null for the service itself."""
    return actor.user_id if actor.user_id is not None else maker_of_key(actor.api_key_id)


def maker_of_key(key_id: int | None) -> int | None:
    """Return the id of the user who made a key."""
    if key_id is None:
        return None
    return ApiKey.objects.filter(pk=key_id).values_list("created_by", flat=True).first()
