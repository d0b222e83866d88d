"""How people want to be told: their own settings, changed by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from bpo.models import NotificationSettings
from vendors.actors import Actor
from vendors.models import Vendor
from vendors.services.audit import record


def wishes_of(user: User) -> NotificationSettings:
    """Return a person's settings; of somebody who never chose, those everybody begins with, not stored."""
    return NotificationSettings.objects.filter(user=user).first() or NotificationSettings(user=user)


@transaction.atomic
def change_wishes(
    user: User, data: dict[str, Any], *, vendors: list[Vendor], actor: Actor, now: datetime
) -> NotificationSettings:
    """Keep what a person chose."""
    wishes, _is_new = NotificationSettings.objects.select_for_update().update_or_create(user=user, defaults=data)
    wishes.vendors.set(vendors)
    changes = {name: [None, str(value)] for name, value in data.items()}
    record(actor=actor, action="notifications.change", obj=wishes, now=now, changes=changes)
    return wishes


@transaction.atomic
def stop_mail(user_id: int, *, now: datetime) -> None:
    """End a person's mails, as the link in every one of them does."""
    user = User.objects.get(pk=user_id)
    wishes, _is_new = NotificationSettings.objects.update_or_create(user=user, defaults={"wants_mail": False})
    actor = Actor(f"user:{user.get_username()}", user_id=user.pk)
    record(actor=actor, action="notifications.stop", obj=wishes, now=now, changes={"wants_mail": [True, False]})
