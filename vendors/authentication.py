"""Who sends this request: a machine with an API key, or a person with a session."""

from __future__ import annotations

import hmac
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import OperationalError
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from vendors import clock
from vendors.actors import Actor, Grant, KeyRole
from vendors.addresses import client_address, is_within
from vendors.choices import VENDOR_ROLES, KeyKind, Scope
from vendors.errors import Invalid
from vendors.kept import Committed
from vendors.logs import bind_actor
from vendors.models import ApiKey, Membership
from vendors.tokens import KeyText, find_key_text, read_key_text
from vendors.waiting import without_waiting

log = logging.getLogger("auth")

KEYWORD = "Api-Key"
USED_EVERY = timedelta(minutes=1)
KEY_PARAMETERS = ("api_key", "apikey", "api-key", "key")

ROLE_OF_SCOPE = {
    (KeyKind.VENDOR, Scope.INGEST): KeyRole.VENDOR_INGEST,
    (KeyKind.VENDOR, Scope.READ): KeyRole.VENDOR_READ,
    (KeyKind.CLIENT, Scope.INGEST): KeyRole.CLIENT_INGEST,
    (KeyKind.CLIENT, Scope.INCIDENTS): KeyRole.CLIENT_INCIDENTS,
}


def actor_of(user: Any) -> Actor:
    """Return the actor of a Django user. Members of a suspended vendor keep their log-in and no role."""
    return actors_of([user])[user.pk]


def actors_of(users: Sequence[Any]) -> dict[int, Actor]:
    """Return the actors of some users, by their ids; one query for any number."""
    rows = Membership.objects.filter(user_id__in=[user.pk for user in users]).exclude(
        Q(role__in=[str(role) for role in VENDOR_ROLES]) & Q(vendor__is_active=False)
    )
    grants: dict[int, list[Grant]] = defaultdict(list)
    found = list(rows.annotate(read_at=Committed()).values_list("user_id", "role", "vendor_id", "read_at"))
    for user_id, role, vendor_id, _read_at in found:
        grants[user_id].append(Grant(role, vendor_id))
    read_at = found[0][-1] if found else ""
    return {
        user.pk: Actor(
            label=f"user:{user.get_username()}",
            grants=tuple(grants[user.pk]),
            is_superuser=user.is_superuser,
            user_id=user.pk,
            read_at=read_at,
        )
        for user in users
    }


def actor_of_key(key: ApiKey) -> Actor:
    """Return the actor of an API key: the role it was made for, or its scopes."""
    if key.kind in (KeyKind.VENDOR, KeyKind.CLIENT):
        roles = [ROLE_OF_SCOPE.get((KeyKind(key.kind), scope)) for scope in key.scopes]
        grants = tuple(Grant(str(role), key.vendor_id) for role in roles if role)
    else:
        grants = (Grant(key.kind, None),)
    return Actor(
        label=f"key:{key.prefix}",
        grants=grants,
        api_key_id=key.pk,
        is_sandbox=key.is_sandbox,
        read_at=getattr(key, "read_at", ""),
    )


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Api-Key bpo_live_…``. Every kind of wrong key gets the same answer."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        refuse_key_in_url(request)
        header = request.headers.get("Authorization")
        if header is None:
            return None
        text = read_header(header)
        now = clock.now()
        key = live_key(text, now)
        if key is None:
            log.warning("api key refused", extra={"prefix": text.prefix})
            raise AuthenticationFailed(_("This API key is not valid."), code="auth_invalid")
        self._refuse_second_identity(request)
        refuse_other_address(key, request._request)
        touch(key, now)
        act_as(request._request, actor_of_key(key))
        # No Django user stands behind a key; history rows must not name one.
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD

    @staticmethod
    def _refuse_second_identity(request: Request) -> None:
        user: AbstractBaseUser | None = getattr(request._request, "user", None)
        if user is not None and user.is_authenticated:
            raise Invalid("two_credentials", _("Send either a key or a session, not both."))


def refuse_key_in_url(request: Request) -> None:
    """Refuse keys in the address, where logs and proxies would keep them."""
    written = [value for values in request.query_params.lists() for value in (values[0], *values[1])]
    keys = [text for value in written if (text := find_key_text(value))]
    if keys or any(name.lower() in KEY_PARAMETERS for name in request.query_params):
        note_exposed(keys)
        raise Invalid(
            "key_in_url",
            _("Send the key in the header “Authorization: Api-Key …”; this one is in logs now, so rotate it."),
        )


def note_exposed(keys: list[KeyText]) -> None:
    """Remember at the keys themselves that they were in an address, so that whoever manages them rotates them."""
    now = clock.now()
    for text in keys[:1]:
        key = live_key(text, now)
        log.warning("api key in an address: rotate it", extra={"prefix": text.prefix})
        if key is not None:
            ApiKey.objects.filter(pk=key.pk).update(exposed_at=now)


def refuse_other_address(key: ApiKey, request: HttpRequest) -> None:
    """Refuse a key from an address that is not in its list."""
    address = client_address(request)
    if key.networks and not is_within(address, key.networks):
        log.warning("api key from another address", extra={"prefix": key.prefix, "address": address[:50]})
        text = _("This key is not taken from the address %(address)s; have it added to the key's list.")
        raise PermissionDenied(text % {"address": address[:50]}, code="address")


def read_header(header: str) -> KeyText:
    """Return the key of an Authorization header; raise 401 ``auth_malformed`` for every other form."""
    scheme, _space, rest = header.partition(" ")
    text = read_key_text(rest.strip()) if len(header) < 200 and scheme.lower() == KEYWORD.lower() else None
    if text is None:
        raise AuthenticationFailed(
            _("The header must read “Authorization: Api-Key bpo_live_…”."), code="auth_malformed"
        )
    return text


def live_key(text: KeyText, now: datetime) -> ApiKey | None:
    """Return the key of ``text`` where it exists, is right, neither revoked nor expired, and its vendor active."""
    keys = ApiKey.objects.select_related("vendor").annotate(read_at=Committed())
    key = keys.filter(prefix=text.prefix).first()
    # The comparison runs for an unknown prefix too, so that both take the same time.
    is_right = hmac.compare_digest(key.digest if key else "0" * 64, text.digest)
    return key if key is not None and is_right and is_live(key, now) else None


def is_live(key: ApiKey, now: datetime) -> bool:
    """Say whether a key is taken: neither revoked nor expired, and its vendor active."""
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        return False
    return key.vendor is None or key.vendor.is_active


def touch(key: ApiKey, now: datetime) -> None:
    """Note when the key was last used, to the minute. Never waits for a lock and never fails the request."""
    if key.last_used_at is not None and now - key.last_used_at < USED_EVERY:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
    try:
        with without_waiting():
            ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    except OperationalError:
        log.info("last use of a key not noted: the database was busy")


class SessionActorAuthentication(SessionAuthentication):
    """A signed-in browser, with CSRF on everything that writes."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        found = super().authenticate(request)
        if found is not None:
            act_as(request._request, actor_of(found[0]))
        return found


def act_as(request: HttpRequest, actor: Actor) -> None:
    """Remember who acts, for views (``request.actor``) and for the logs."""
    request.actor = actor  # type: ignore[attr-defined]
    bind_actor(actor.label)
