"""Issuing and revoking the keys of machines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vendors.actors import Actor, Capability
from vendors.addresses import read_networks
from vendors.choices import KeyKind, Scope
from vendors.errors import Conflict, Forbidden, Invalid, RowError
from vendors.models import ApiKey, Vendor
from vendors.services.audit import record
from vendors.tokens import new_key_text

MOST_LIVE_KEYS = 2
OVERLAP = timedelta(days=7)
"""How long the old key goes on after a rotation, unless somebody says otherwise."""
LONGEST_OVERLAP = timedelta(days=90)

SCOPES_OF_KIND = {
    KeyKind.VENDOR: frozenset({Scope.INGEST, Scope.READ}),
    KeyKind.CLIENT: frozenset({Scope.INGEST, Scope.INCIDENTS}),
}


@transaction.atomic
def issue_key(
    *,
    actor: Actor,
    now: datetime,
    kind: str,
    vendor: Vendor | None = None,
    scopes: Sequence[str] = (),
    name: str = "",
    expires_at: datetime | None = None,
    networks: Sequence[str] = (),
    is_sandbox: bool = False,
) -> tuple[ApiKey, str]:
    """Make a key; return its row and its text, which is shown this once and stored nowhere.

    A key of a vendor or of the client carries scopes; a key of a role carries what the role may do. Raises Invalid
    for a combination that means nothing, Conflict for a third live key of the same kind, vendor and scopes, and
    Forbidden where the actor may not manage such keys.
    """
    require_manager_of_keys(actor, vendor.pk if vendor else None)
    wanted = sorted({str(scope) for scope in scopes})
    _check_combination(kind, vendor, wanted)
    if is_sandbox and kind not in SCOPES_OF_KIND:
        raise Invalid("key_sandbox", _("Only a key that submits figures, of a vendor or of the client, is a sandbox."))
    allowed_networks = read_networks(networks)
    if expires_at is not None and expires_at <= now:
        raise Invalid("expires_in_the_past", _("The key would be expired from the start."))
    if vendor is not None:
        Vendor.objects.select_for_update().get(pk=vendor.pk)
    same = live_keys(now).filter(kind=kind, vendor=vendor, is_sandbox=is_sandbox)
    live = [key for key in same if sorted(key.scopes) == wanted]
    if len(live) >= MOST_LIVE_KEYS:
        raise Conflict(
            "two_live_keys",
            _("Two such keys are live already (%(prefixes)s); revoke one of them first.")
            % {"prefixes": ", ".join(sorted(key.prefix for key in live))},
        )
    text = new_key_text(is_sandbox=is_sandbox)
    key = ApiKey.objects.create(
        name=name,
        kind=kind,
        vendor=vendor,
        scopes=wanted,
        networks=allowed_networks,
        is_sandbox=is_sandbox,
        prefix=text.prefix,
        digest=text.digest,
        created_by_id=actor.user_id,
        expires_at=expires_at,
    )
    record(actor=actor, action="issue_key", obj=key, now=now, vendor=vendor, changes=_printed(key))
    return key, str(text)


def live_keys(now: datetime):  # type: ignore[no-untyped-def]  # a queryset of the scoped manager
    """Return the keys that are neither revoked nor expired."""
    return ApiKey.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True)


def _check_combination(kind: str, vendor: Vendor | None, scopes: Sequence[str]) -> None:
    if kind not in KeyKind.values:
        raise Invalid("key_kind", _("A key speaks for one of: %(kinds)s.") % {"kinds": ", ".join(KeyKind.values)})
    if (kind == KeyKind.VENDOR) != (vendor is not None):
        raise Invalid("key_vendor", _("A vendor's key names its vendor, and no other key does."))
    allowed = SCOPES_OF_KIND.get(KeyKind(kind), frozenset())
    if allowed and not scopes:
        raise Invalid("key_scopes", _("Name at least one scope: %(scopes)s.") % {"scopes": ", ".join(sorted(allowed))})
    if set(scopes) - {str(scope) for scope in allowed}:
        raise Invalid("key_scopes", _("Such a key takes these scopes only: %(scopes)s.") % {"scopes": sorted(allowed)})


@transaction.atomic
def rotate_key(*, actor: Actor, key: ApiKey, now: datetime, old_ends_at: datetime | None = None) -> tuple[ApiKey, str]:
    """Make a second key like ``key``, which itself ends at ``old_ends_at`` (default in a week); return as issue_key.

    Raises Conflict where the key is not live any more or two such keys are live already, Invalid for an end in the
    past or more than 90 days away.
    """
    if not live_keys(now).filter(pk=key.pk).exists():
        raise Conflict("key_not_live", _("This key is revoked or expired already; make a new one."))
    ends_at = old_ends_at or now + OVERLAP
    if not now < ends_at <= now + LONGEST_OVERLAP:
        text = _("The old key ends on a day within the next %(most)s days.") % {"most": LONGEST_OVERLAP.days}
        raise Invalid("overlap", text, [RowError("overlap", text, "old_ends_at")])
    made = issue_key(
        actor=actor,
        now=now,
        kind=key.kind,
        vendor=key.vendor,
        scopes=key.scopes,
        name=key.name,
        networks=key.networks,
        is_sandbox=key.is_sandbox,
    )
    if key.expires_at is None or ends_at < key.expires_at:
        key.expires_at = ends_at
        key.save(update_fields=["expires_at"])
    changes = {**_printed(key), "followed_by": made[0].prefix, "expires_at": ends_at.isoformat()}
    record(actor=actor, action="rotate_key", obj=key, now=now, vendor=key.vendor, changes=changes)
    return made


@transaction.atomic
def change_key(
    *, actor: Actor, key: ApiKey, now: datetime, name: str | None = None, networks: Sequence[str] | None = None
) -> ApiKey:
    """Name a key anew, or say from which addresses it is taken (none: from all)."""
    require_manager_of_keys(actor, key.vendor_id)
    given = {"name": name, "networks": None if networks is None else read_networks(networks)}
    changed = {field: value for field, value in given.items() if value is not None and value != getattr(key, field)}
    for field, value in changed.items():
        setattr(key, field, value)
    if changed:
        key.save(update_fields=list(changed))
        changes = {"prefix": key.prefix, **changed}
        record(actor=actor, action="change_key", obj=key, now=now, vendor=key.vendor, changes=changes)
    return key


def require_manager_of_keys(actor: Actor, vendor_id: int | None) -> None:
    """Raise Forbidden where the actor does not manage the vendor's keys (null: the keys for all vendors)."""
    if not actor.is_superuser and actor.api_key_id is not None:
        raise Forbidden("role", _("Keys do not manage keys."))
    covers_all = actor.limited_to(Capability.MANAGE_KEYS).sees_all_vendors
    if not (covers_all if vendor_id is None else actor.may(Capability.MANAGE_KEYS, vendor_id)):
        raise Forbidden("role", _("Your role does not manage these keys."))


@transaction.atomic
def revoke_key(*, actor: Actor, key: ApiKey, now: datetime) -> ApiKey:
    """Revoke a key from now on; revoking it again changes nothing."""
    require_manager_of_keys(actor, key.vendor_id)
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now):
        key.revoked_at = now
        record(actor=actor, action="revoke_key", obj=key, now=now, vendor=key.vendor, changes=_printed(key))
    return key


def _printed(key: ApiKey) -> dict[str, object]:
    names = ("prefix", "kind", "scopes", "name", "networks", "is_sandbox")
    return {name: value for name in names if (value := getattr(key, name)) or name == "scopes"}
