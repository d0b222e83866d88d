"""Who gets a report: named people, everybody of a role, addresses without an account; and who does not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpo.choices import ReportKind
from bpo.models import NotificationSettings, ReportSubscription
from vendors.actors import ROLES_THAT_MAY, Actor, Capability, Grant
from vendors.authentication import actors_of
from vendors.choices import VENDOR_ROLES, Role
from vendors.errors import Text

ALL_STAFF = Actor(label="all staff", grants=(Grant(Role.EXECUTIVE),))
"""As whom the edition for all staff is read: what is final, and what is provisional said to be so."""
ROLES_OF_THE_EXECUTIVE = frozenset(ROLES_THAT_MAY[Capability.READ_RESULTS] & set(Role.values)) - VENDOR_ROLES

REFUSALS: Mapping[str, Text] = {
    "inactive": _("The account is not active."),
    "no_address": _("The account has no mail address."),
    "of_a_vendor": _("People of a vendor get the edition for all staff only."),
    "no_role": _("No role of theirs reads results."),
    "ended": _("Ended by the link in the mail."),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One who gets a report: a person with an account, or an address; as whom it is read, and in which language."""

    address: str
    language: str
    actor: Actor
    user: User | None = None

    @property
    def sight(self) -> tuple[Any, ...]:
        """The same for all whose report has the same words."""
        return self.language, self.actor.is_superuser, tuple(sorted(map(str, self.actor.grants)))

    @property
    def reader(self) -> Actor:
        """As whom results are read: whose they are is what the report tells of."""
        return self.actor.limited_to(Capability.READ_RESULTS)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One who is named by a subscription and gets nothing, and why."""

    name: str
    reason: str

    @property
    def text(self) -> Text:
        return REFUSALS[self.reason]


def recipients_of(subscription: ReportSubscription) -> tuple[list[Recipient], list[LeftOut]]:
    """Return who gets the report now, one mail an address, and who is left out. A constant number of queries."""
    ended = set(subscription.opt_outs.values_list("address", flat=True))
    named = Q(pk__in=subscription.users.values("pk"))
    if subscription.roles:
        named |= Q(memberships__role__in=subscription.roles, is_active=True)
    people = list(User.objects.filter(named).distinct().order_by("username"))
    found, left_out = _people(subscription, people, ended)
    taken = {one.address for one in found}
    for address in subscription.addresses:
        if address in ended:
            left_out.append(LeftOut(address, "ended"))
        elif address not in taken:
            found.append(Recipient(address, subscription.language, ALL_STAFF))
    return found, left_out


def _people(
    subscription: ReportSubscription, people: Sequence[User], ended: Iterable[str]
) -> tuple[list[Recipient], list[LeftOut]]:
    languages = _languages(people, subscription.language)
    actors = actors_of(people)
    found: dict[str, Recipient] = {}
    left_out = []
    for user in people:
        address = user.email.lower()
        reason = refusal(subscription.kind, user, actors[user.pk]) or ("ended" if address in ended else "")
        if reason:
            left_out.append(LeftOut(user.get_username(), reason))
        elif address not in found:
            actor = actors[user.pk] if subscription.kind == ReportKind.EXECUTIVE else ALL_STAFF
            found[address] = Recipient(address, languages[user.pk], actor, user)
    return list(found.values()), left_out


def refusal(kind: str, user: User, actor: Actor) -> str:
    """Return why somebody may not get a mail of this kind; empty where they may."""
    if not user.is_active:
        return "inactive"
    if not user.email:
        return "no_address"
    if kind == ReportKind.ALL_STAFF:
        return ""
    if actor.is_of_a_vendor:
        return "of_a_vendor"
    return "" if actor.may(Capability.READ_RESULTS) else "no_role"


def language_of(user: User, otherwise: str) -> str:
    """Return the language somebody wants mails in."""
    return _languages([user], otherwise)[user.pk]


def _languages(people: Sequence[User], otherwise: str) -> dict[int, str]:
    chosen = dict(NotificationSettings.objects.filter(user__in=people).values_list("user_id", "language"))
    return {user.pk: chosen.get(user.pk, otherwise) for user in people}
