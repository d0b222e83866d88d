"""Who reads a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.cache import never_cache

from vendors.actors import Actor, Capability
from vendors.authentication import actor_of

Args = ParamSpec("Args")


class PageRequest(HttpRequest):
    """A request of somebody who is signed in."""

    actor: Actor
    reader: Actor
    """The actor with only the roles that read scorecards: the scope of the rows."""


def page_for(
    capability: Capability | None = None,
) -> Callable[[Callable[Concatenate[Any, Args], HttpResponse]], Callable[Concatenate[HttpRequest, Args], HttpResponse]]:
    """Open a page to people who are signed in and, where given, may do ``capability`` for some vendor (else 403)."""

    def decorate(
        view: Callable[Concatenate[Any, Args], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, Args], HttpResponse]:
        @wraps(view)
        def inner(request: Any, /, *args: Args.args, **kwargs: Args.kwargs) -> HttpResponse:
            request.actor = actor_of(request.user)
            request.reader = request.actor.limited_to(Capability.READ_SCORECARDS)
            if capability is not None and not request.actor.may(capability):
                raise PermissionDenied
            if holds_nul(request.GET) or holds_nul(request.POST):
                raise BadRequest
            return view(request, *args, **kwargs)

        return never_cache(login_required(inner))

    return decorate


def holds_nul(given: QueryDict) -> bool:
    """Say whether a value has the one character that no keyboard types and PostgreSQL keeps in no text."""
    return any("\x00" in value for _name, values in given.lists() for value in values)
