"""People: inviting them, giving and taking roles, closing their access. Everything is on the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext_lazy as _

from vendors.actors import Actor, Capability
from vendors.choices import VENDOR_ROLES, Role
from vendors.errors import Conflict, Forbidden, Invalid, RowError
from vendors.models import Membership, Vendor
from vendors.services.audit import differences, record

Roles = Iterable[tuple[str, Vendor | None]]
"""Roles, each for one vendor or (None) for all of them."""


ROLES_OF_STAFF = frozenset({str(Role.MANAGER), str(Role.ANALYST)})
"""Who may open the administration: managers to work there, analysts to read."""


@dataclass(frozen=True, slots=True)
class ResetLink:
    """The two parts of the address where a person chooses a password; they work once and expire."""

    uid: str
    token: str


@transaction.atomic
def invite_user(
    *, email: str, roles: Roles, actor: Actor, now: datetime, username: str = "", full_name: str = ""
) -> tuple[User, ResetLink]:
    """Make a person's log-in with its roles and no password; return it with the link to choose one.

    Raises Forbidden for a role the actor may not give, Conflict for a name or address that is taken.
    """
    wanted = _checked(actor, roles)
    if not wanted:
        raise _refused("roles", "no_roles", _("Give the person at least one role."))
    name = (username or email).strip()
    if User.objects.filter(username__iexact=name).exists() or User.objects.filter(email__iexact=email).exists():
        raise Conflict("user_exists", _("Somebody with this name or address is here already."))
    user = User(username=name, email=email.strip(), first_name=full_name.strip()[:150])
    user.set_unusable_password()
    user.save()
    _store(user, wanted)
    record(actor=actor, action="invite", obj=user, now=now, vendor=_one_vendor(wanted), changes=_printed(user, wanted))
    return user, link_for(user)


@transaction.atomic
def set_roles(*, user: User, roles: Roles, actor: Actor, now: datetime) -> User:
    """Replace the roles of a person by ``roles``. The actor must be allowed to give every role old and new."""
    before = _roles_of(user)
    wanted = _checked(actor, roles)
    _refuse_above(actor, user, before)
    if wanted == before:
        return user
    Membership.objects.filter(user=user).delete()
    _store(user, wanted)
    changes = {"before": _names(before), **_printed(user, wanted)}
    record(actor=actor, action="set_roles", obj=user, now=now, vendor=_one_vendor(wanted | before), changes=changes)
    return user


@transaction.atomic
def change_user(*, user: User, data: Mapping[str, str], actor: Actor, now: datetime) -> User:
    """Change the name or the mail address of a person, where the actor may manage them."""
    roles = _roles_of(user)
    _refuse_above(actor, user, roles)
    email = data.get("email", "")
    if email and User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists():
        raise _refused("email", "user_exists", _("Somebody with this address is here already."))
    changed = differences(user, data)
    for name, (_old, new) in changed.items():
        setattr(user, name, new)
    if changed:
        user.save(update_fields=list(changed))
        changes = {**_name(user), **changed}
        record(actor=actor, action="change", obj=user, now=now, vendor=_one_vendor(roles), changes=changes)
    return user


@transaction.atomic
def deactivate_user(*, user: User, actor: Actor, now: datetime) -> User:
    """Close a person's access at once, sessions included; what they did stays under their name."""
    roles = _roles_of(user)
    _refuse_above(actor, user, roles)
    if user.pk == actor.user_id:
        raise Conflict("own_access", _("Nobody closes their own access; ask somebody else."))
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        record(actor=actor, action="deactivate", obj=user, now=now, vendor=_one_vendor(roles), changes=_name(user))
    end_sessions(user, now=now)
    return user


@transaction.atomic
def activate_user(*, user: User, actor: Actor, now: datetime) -> User:
    """Open a person's access again, with the roles it still holds."""
    roles = _roles_of(user)
    _refuse_above(actor, user, roles)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        record(actor=actor, action="activate", obj=user, now=now, vendor=_one_vendor(roles), changes=_name(user))
    return user


@transaction.atomic
def reset_password(*, user: User, actor: Actor, now: datetime) -> ResetLink:
    """Return a fresh link to choose a password. The old password works until the link is used."""
    roles = _roles_of(user)
    _refuse_above(actor, user, roles)
    record(actor=actor, action="reset_password", obj=user, now=now, vendor=_one_vendor(roles), changes=_name(user))
    return link_for(user)


def link_for(user: User) -> ResetLink:
    """Return the parts of the address where ``user`` chooses a password."""
    return ResetLink(urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user))


def end_sessions(user: User, *, now: datetime) -> int:
    """End every session of a person; return how many there were."""
    rows = Session.objects.filter(expire_date__gte=now)
    theirs = [row.pk for row in rows.iterator() if row.get_decoded().get("_auth_user_id") == str(user.pk)]
    Session.objects.filter(pk__in=theirs).delete()
    return len(theirs)


def may_give(actor: Actor, role: str, vendor: Vendor | None) -> bool:
    """Say whether ``actor`` may give or take ``role``: nobody gives more than they hold themselves.

    A manager of all vendors gives every role; one of some vendors, or a vendor's administrator, gives a vendor's
    own roles there.
    """
    if actor.is_superuser or any(grant.role == Role.MANAGER and grant.vendor_id is None for grant in actor.grants):
        return True
    return vendor is not None and role in VENDOR_ROLES and actor.may(Capability.MANAGE_MEMBERS, vendor.pk)


Wanted = set[tuple[str, Vendor | None]]


def _checked(actor: Actor, roles: Roles) -> Wanted:
    wanted = {(str(role), vendor) for role, vendor in roles}
    for role, vendor in wanted:
        if role not in Role.values:
            raise _refused("roles", "unknown_role", _("There is no such role."))
        if role in VENDOR_ROLES and vendor is None:
            raise _refused("roles", "vendor_missing", _("A vendor's role names its vendor."))
        if not may_give(actor, role, vendor):
            raise Forbidden("role", _("You cannot give this role."))
    return wanted


def _refuse_above(actor: Actor, user: User, roles: Wanted) -> None:
    """Refuse to touch a person who holds a role the actor could not have given."""
    if user.is_superuser and not actor.is_superuser:
        raise Forbidden("role", _("You cannot change this person's access."))
    if not actor.may(Capability.MANAGE_MEMBERS) or not all(may_give(actor, role, vendor) for role, vendor in roles):
        raise Forbidden("role", _("You cannot change this person's access."))


def _roles_of(user: User) -> Wanted:
    return {(row.role, row.vendor) for row in Membership.objects.filter(user=user).select_related("vendor")}


def _store(user: User, wanted: Wanted) -> None:
    for role, vendor in sorted(wanted, key=_sorting):
        Membership.objects.create(user=user, role=role, vendor=vendor)
    # Django's flag of who may open the administration follows the roles.
    user.is_staff = user.is_superuser or any(role in ROLES_OF_STAFF for role, _vendor in wanted)
    user.save(update_fields=["is_staff"])


def _sorting(one: tuple[str, Vendor | None]) -> tuple[str, str]:
    return one[0], one[1].code if one[1] else ""


def _one_vendor(roles: Wanted) -> Vendor | None:
    """Return the vendor all roles are for, so that its people find the act on their trail; None for several."""
    vendors = {vendor for _role, vendor in roles}
    return vendors.pop() if len(vendors) == 1 else None


def _names(roles: Wanted) -> list[str]:
    return [f"{role}:{vendor.code if vendor else '*'}" for role, vendor in sorted(roles, key=_sorting)]


def _name(user: User) -> dict[str, object]:
    return {"user": user.get_username()}


def _printed(user: User, roles: Wanted) -> dict[str, object]:
    return {"user": user.get_username(), "roles": _names(roles)}


def _refused(field: str, code: str, detail: object) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, field)])  # type: ignore[arg-type]
