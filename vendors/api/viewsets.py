"""The base of every resource: role first, then rows, strict queries and bodies; nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from rest_framework import mixins, status
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api.filters import allowed_query, check_query
from vendors.api.parsers import body_of, optional_body_of
from vendors.api.serializers import StrictSerializer
from vendors.permissions import HasCapability, refuse

CODE = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
NUMBER = r"[1-9][0-9]{0,17}"
UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"


class ScopedViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """List and detail of what the actor may see.

    ``capabilities`` maps "read" and "write", or the name of an action, to a Capability. ``queryset`` must have
    ``visible_to``; it is narrowed to the vendors for which the actor holds the capability of the action. What
    belongs to no vendor (measures, KPIs) says ``scoped = False``.
    """

    scoped = True
    http_method_names = ["get", "post", "patch", "head", "options"]
    metadata_class = None
    permission_classes = [HasCapability]
    capabilities: dict[str, Capability] = {}
    query_params: tuple[str, ...] | dict[str, tuple[str, ...]] = ()
    lookup_field = "code"
    lookup_value_regex = CODE

    @property
    def actor(self) -> Actor:
        request: Any = self.request
        actor: Actor = request.actor
        return actor

    @property
    def actor_in_scope(self) -> Actor:
        """The actor with only the grants that allow this action: what may be seen and named by it."""
        needed = self.capability_needed()
        return self.actor.limited_to(needed) if needed else self.actor

    def capability_needed(self) -> Capability | None:
        """Return what the action needs; null where there is no such action (405 follows)."""
        if self.action is None or self.action == "metadata":
            return None
        kind = "read" if self.request.method in SAFE_METHODS else "write"
        return self.capabilities.get(self.action) or self.capabilities[kind]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Who is not signed in learns nothing else, not even which formats there are.
        self.perform_authentication(request)
        self.check_permissions(request)
        super().initial(request, *args, **kwargs)
        if self.action:
            check_query(request, allowed_query(self))

    def get_queryset(self) -> Any:
        """Return the rows that exist for the actor, for this action."""
        queryset: Any = super().get_queryset()
        if getattr(self, "swagger_fake_view", False) or not self.scoped:
            return queryset
        return queryset.visible_to(self.actor_in_scope)


class SteppedViewSet(ScopedViewSet):
    """Objects that move by steps: each takes a small form, is one call of a service, and answers the object anew."""

    def _do(self, form: type[StrictSerializer], act: Callable[..., Any]) -> Response:
        row = self.get_object()
        data = self._read(form, optional_body_of(self.request))
        return self._answer(act(row.pk, **data, actor=self.actor, now=clock.now()).pk)

    def _read(self, form: type[StrictSerializer], body: Any, *, partial: bool = False) -> dict[str, Any]:
        serializer = form(data=body, context=self.get_serializer_context(), partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _answer(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        # Whoever took the step is answered, also where it took the object out of their sight.
        row = GenericViewSet.get_queryset(self).get(pk=pk)
        return Response(self.get_serializer(row).data, status=code)


class WritableViewSet(ScopedViewSet):
    """Adds POST and PATCH. A subclass hands the validated data to its services."""

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Any:
        """Call the service that creates; return the row."""
        raise NotImplementedError

    def change_object(self, row: Any, data: dict[str, Any], *, actor: Actor, now: datetime) -> Any:
        """Call the service that changes; return the row."""
        raise NotImplementedError

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=body_of(request))
        serializer.is_valid(raise_exception=True)
        row = self.create_object(serializer.validated_data, actor=self.actor, now=clock.now())
        return self.answer(row, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        serializer = self.get_serializer(row, data=body_of(request), partial=True)
        serializer.is_valid(raise_exception=True)
        row = self.change_object(row, serializer.validated_data, actor=self.actor, now=clock.now())
        return self.answer(row, status.HTTP_200_OK)

    def answer(self, row: Any, status_code: int) -> Response:
        """Return the row as a GET would show it now."""
        fresh = super().get_queryset().get(pk=row.pk)
        return Response(self.get_serializer(fresh).data, status=status_code)

    def need(self, capability: Capability, vendor_id: int | None) -> None:
        """Refuse (403) where the actor lacks ``capability`` for this one vendor."""
        if not self.actor.may(capability, vendor_id):
            raise refuse(self.actor)
