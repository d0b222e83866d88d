"""Makes and changes subscriptions to reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from bpo.choices import ReportKind
from bpo.models import ReportSubscription
from bpo.queries.report_recipients import REFUSALS, ROLES_OF_THE_EXECUTIVE, refusal
from bpo.services.reports.attaching import check_editions
from bpo.services.reports.making import check_right
from vendors.actors import Actor
from vendors.authentication import actors_of
from vendors.errors import Conflict, DomainError, Invalid, NotFound, RowError, cut
from vendors.services.audit import differences, record

MOST_SUBSCRIPTIONS = 50
MOST_ADDRESSES = 1000
MOST_ATTACHMENTS = 10
WHEN = frozenset({"period", "business_day", "at"})
"""What moves the days of a report."""
WHO = frozenset({"kind", "roles", "addresses", "attachments"})
"""What is held against who may have it. Whoever lost a role since is left out, and hinders no other change."""


@transaction.atomic
def subscribe(data: Mapping[str, Any], *, users: Sequence[User], actor: Actor, now: datetime) -> ReportSubscription:
    """Make a subscription; raise Invalid with the field that is wrong, Conflict beyond fifty."""
    check_right(actor)
    if ReportSubscription.objects.count() >= MOST_SUBSCRIPTIONS:
        text = _("There are %(most)s subscriptions already; change one that is no longer used.")
        raise Conflict("too_many_subscriptions", text % {"most": MOST_SUBSCRIPTIONS})
    made = ReportSubscription(**_tidy(data), since=now, created_at=now, created_by=actor.label[:200])
    _check_numbers(made)
    _check(made, users)
    made.save()
    made.users.set(users)
    record(actor=actor, action="report_subscription.make", obj=made, now=now, changes={**data, "users": _names(users)})
    return made


@transaction.atomic
def change_subscription(
    pk: int, data: Mapping[str, Any], *, users: Sequence[User] | None = None, actor: Actor, now: datetime
) -> ReportSubscription:
    """Change a subscription; ``users`` null leaves them. Resumed or moved to other days it begins anew.

    Raises as :func:`subscribe` does, and NotFound.
    """
    check_right(actor)
    row: ReportSubscription | None = ReportSubscription.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound("not_found", _("There is no such subscription."))
    changes = differences(row, _tidy(data))
    for name, (_old, new) in changes.items():
        setattr(row, name, new)
    if WHEN & changes.keys() or (row.is_active and "is_active" in changes):
        row.since = now
    people = list(row.users.all()) if users is None else list(users)
    if users is not None or WHO & changes.keys():
        _check(row, people)
    _check_numbers(row)
    row.save()
    if users is not None:
        changes["users"] = [_names(list(row.users.all())), _names(people)]
        row.users.set(people)
    record(actor=actor, action="report_subscription.change", obj=row, now=now, changes=changes)
    return row


def _tidy(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with their lists in order and without what stands twice; addresses in small letters."""
    tidy = dict(data)
    if "addresses" in tidy:
        tidy["addresses"] = sorted({address.strip().lower() for address in tidy["addresses"] if address.strip()})
    if "roles" in tidy:
        tidy["roles"] = sorted({str(role) for role in tidy["roles"]})
    if "attachments" in tidy:
        tidy["attachments"] = list(dict.fromkeys(tidy["attachments"]))
    return tidy


def _check(row: ReportSubscription, users: Sequence[User]) -> None:
    _check_addresses(row)
    if len(row.attachments) > MOST_ATTACHMENTS:
        _refuse("too_many_attachments", "attachments", _("At most %(most)s documents.") % {"most": MOST_ATTACHMENTS})
    check_editions(row.attachments, for_all_staff=row.kind == ReportKind.ALL_STAFF)
    if row.kind == ReportKind.EXECUTIVE:
        _check_readers(row, users)


def _check_numbers(row: ReportSubscription) -> None:
    try:
        row.clean_fields(exclude=["users", "since", "created_by", "created_at"])
    except ValidationError as error:
        name, texts = next(iter(error.message_dict.items()))
        raise Invalid("invalid", texts[0], [RowError("invalid", texts[0], name)]) from error


def _check_addresses(row: ReportSubscription) -> None:
    if len(row.addresses) > MOST_ADDRESSES:
        _refuse("too_many_addresses", "addresses", _("At most %(most)s addresses.") % {"most": MOST_ADDRESSES})
    for address in row.addresses:
        try:
            validate_email(address)
        except ValidationError:
            text = _("“%(address)s” is no mail address; write one a line.") % {"address": cut(address)}
            _refuse("bad_address", "addresses", text)


def _check_readers(row: ReportSubscription, users: Sequence[User]) -> None:
    """Refuse for the executive's mail whoever may not read what stands in it."""
    if row.addresses:
        text = _("An address without an account gets the edition for all staff only; name people who have an account.")
        _refuse("addresses_of_nobody", "addresses", text)
    if wrong := set(row.roles) - ROLES_OF_THE_EXECUTIVE:
        text = _("The executive's mail goes to %(roles)s only.") % {"roles": ", ".join(sorted(ROLES_OF_THE_EXECUTIVE))}
        raise _error("role_may_not_read", "roles", text, found=min(wrong))
    actors = actors_of(users)
    for user in users:
        reason = refusal(row.kind, user, actors[user.pk])
        if reason in ("of_a_vendor", "no_role"):
            _refuse("user_may_not_read", "users", f"{user.get_username()}: {REFUSALS[reason]}")


def _refuse(code: str, field: str, text: str) -> None:
    raise _error(code, field, text)


def _error(code: str, field: str, text: str, found: str | None = None) -> DomainError:
    return Invalid(code, text, [RowError(code, text, field, found=found)])


def _names(users: Sequence[User]) -> list[str]:
    return sorted(user.get_username() for user in users)
