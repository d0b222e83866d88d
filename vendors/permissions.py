"""May this role use this function: the first of two locks; the second is ``visible_to`` on the rows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission

from vendors.actors import Actor, Capability


def refuse(actor: Actor) -> PermissionDenied:
    """Return the refusal of a function: a key lacks the scope, a person lacks the role."""
    if actor.api_key_id is not None:
        return PermissionDenied(_("This key's scopes do not include this function."), code="scope")
    return PermissionDenied(_("Your role does not include this function."), code="role")


class IsActor(BasePermission):
    """Signed in, as a person or by a key."""

    def has_permission(self, request: Any, view: Any) -> bool:
        if request.user is None or not getattr(request, "actor", None):
            return False
        writes = request.method not in SAFE_METHODS
        if request.actor.is_sandbox and writes and getattr(view, "action", None) not in getattr(view, "sandbox", ()):
            text = _("A sandbox key tries out submissions and changes nothing; use a live key for this.")
            raise PermissionDenied(text, code="sandbox")
        return True


class HasCapability(IsActor):
    """The capability the view's action needs: ``view.capability_needed()``, checked before any row is looked for."""

    def has_permission(self, request: Any, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        needed: Capability | None = view.capability_needed()
        if needed is not None and not request.actor.may(needed):
            raise refuse(request.actor)
        return True


def requires(capability: Capability) -> type[IsActor]:
    """Return a permission class for a view of one function."""

    class Requires(IsActor):
        def has_permission(self, request: Any, view: Any) -> bool:
            if not super().has_permission(request, view):
                return False
            if not request.actor.may(capability):
                raise refuse(request.actor)
            return True

    return Requires
