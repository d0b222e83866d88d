"""People: who may invite whom, and what closing an access means."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator

from tests.cast import Cast, client_for
from tests.conftest import NOW
from vendors import clock
from vendors.authentication import actor_of
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid
from vendors.models import AuditEntry, Membership
from vendors.services import members

pytestmark = pytest.mark.django_db

ME = "/api/v1/me/"


def invite(by: User, *roles: Any, email: str = "new@example.com") -> Any:
    return members.invite_user(email=email, roles=roles, actor=actor_of(by), now=NOW)


def test_it_invites_somebody_without_a_password(cast: Cast) -> None:
    user, link = invite(cast.manager, (Role.ANALYST, None), (Role.VENDOR_MEMBER, cast.vendor))

    assert not user.has_usable_password()
    assert default_token_generator.check_token(user, link.token)
    roles = set(Membership.objects.filter(user=user).values_list("role", "vendor__code"))
    assert roles == {("analyst", None), ("vendor_member", "hanbit")}
    entry = AuditEntry.objects.first()
    assert (entry.actor, entry.action) == ("user:manager", "invite")
    assert entry.changes == {"user": "new@example.com", "roles": ["analyst:*", "vendor_member:hanbit"]}
    assert link.token not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("by", "role", "vendor", "allowed"),
    [
        ("superuser", "manager", None, True),
        ("manager", "manager", None, True),
        ("manager", "executive", None, True),
        ("manager_of_a", "vendor_admin", "vendor", True),
        ("manager_of_a", "vendor_admin", "other_vendor", False),
        ("manager_of_a", "manager", None, False),
        ("manager_of_a", "manager", "vendor", False),
        ("manager_of_a", "analyst", None, False),
        ("admin", "vendor_member", "vendor", True),
        ("admin", "vendor_admin", "vendor", True),
        ("admin", "vendor_member", "other_vendor", False),
        ("admin", "manager", "vendor", False),
        ("member", "vendor_member", "vendor", False),
        ("executive", "analyst", None, False),
        ("analyst", "analyst", None, False),
        ("department", "department", None, False),
    ],
)
def test_nobody_gives_more_than_they_hold(cast: Cast, by: str, role: str, vendor: str | None, allowed: bool) -> None:
    wanted = (role, getattr(cast, vendor) if vendor else None)

    if allowed:
        assert invite(getattr(cast, by), wanted)
    else:
        with pytest.raises(Forbidden):
            invite(getattr(cast, by), wanted)
        assert not User.objects.filter(email="new@example.com").exists()


def test_it_refuses_invitations_that_make_no_sense(cast: Cast) -> None:
    with pytest.raises(Invalid, match="no_roles"):
        invite(cast.manager)
    with pytest.raises(Invalid, match="unknown_role"):
        invite(cast.manager, ("king", None))
    with pytest.raises(Invalid, match="vendor_missing"):
        invite(cast.manager, (Role.VENDOR_ADMIN, None))
    with pytest.raises(Conflict, match="user_exists"):
        invite(cast.manager, (Role.ANALYST, None), email="MANAGER@example.com")


def test_it_replaces_roles(cast: Cast) -> None:
    members.set_roles(user=cast.member, roles=[(Role.VENDOR_ADMIN, cast.vendor)], actor=actor_of(cast.admin), now=NOW)

    assert list(cast.member.memberships.values_list("role", flat=True)) == ["vendor_admin"]
    entry = AuditEntry.objects.first()
    assert entry.vendor == cast.vendor
    assert entry.changes["before"] == ["vendor_member:hanbit"]


@pytest.mark.parametrize("victim", ["manager", "outsider", "superuser", "executive"])
def test_it_touches_nobody_above_or_elsewhere(cast: Cast, victim: str) -> None:
    user, actor = getattr(cast, victim), actor_of(cast.admin)

    with pytest.raises(Forbidden):
        members.set_roles(user=user, roles=[], actor=actor, now=NOW)
    with pytest.raises(Forbidden):
        members.deactivate_user(user=user, actor=actor, now=NOW)
    with pytest.raises(Forbidden):
        members.reset_password(user=user, actor=actor, now=NOW)


def test_closing_an_access_ends_its_sessions(cast: Cast) -> None:
    client, other = client_for(cast.member), client_for(cast.admin)
    assert client.get(ME).status_code == 200

    members.deactivate_user(user=cast.member, actor=actor_of(cast.admin), now=clock.now())

    assert client.get(ME).status_code == 401
    assert other.get(ME).status_code == 200
    members.activate_user(user=cast.member, actor=actor_of(cast.admin), now=clock.now())
    assert client.get(ME).status_code == 401
    assert [entry.action for entry in AuditEntry.objects.all()[:2]] == ["activate", "deactivate"]


def test_nobody_closes_their_own_access(cast: Cast) -> None:
    with pytest.raises(Conflict):
        members.deactivate_user(user=cast.manager, actor=actor_of(cast.manager), now=NOW)


def test_a_fresh_link_is_on_the_trail(cast: Cast) -> None:
    link = members.reset_password(user=cast.member, actor=actor_of(cast.admin), now=NOW)

    assert default_token_generator.check_token(cast.member, link.token)
    assert AuditEntry.objects.first().action == "reset_password"
