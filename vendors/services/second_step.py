"""The second step of a password: a code from a person's own device, where the installation offers it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps

from vendors.services import sign_in, usage

LONGEST_LIFE = timedelta(seconds=90)
"""How long a code of an authenticator may be right: its own half minute and those beside it."""


def is_asked_of(user: Any) -> bool:
    """Say whether somebody has registered a device; nobody has where the extra is off."""
    if not apps.is_installed("allauth.mfa"):
        return False
    devices: Any = apps.get_app_config("mfa").get_model("Authenticator")
    return bool(devices.objects.filter(user_id=user.pk, type="totp").exists())


def locked_until(user_id: int, address: str, now: datetime) -> datetime | None:
    """Count one try of a code like one of a password; return from when on one may try again, or None."""
    return sign_in.locked_until(_subject(user_id), address, now)


def succeeded(user_id: int, address: str) -> None:
    """Forget the tries."""
    sign_in.succeeded(_subject(user_id), address)


def is_first_use(user_id: int, code: str, now: datetime) -> bool:
    """Say whether a code comes for the first time, to whichever process it comes; it never counts twice."""
    subject = f"second-step:{usage.hashed(f'{user_id} {code}')}"
    return usage.take(subject, limit=1, now=now, ends_at=now + LONGEST_LIFE)


def _subject(user_id: int) -> str:
    return f"second step of {user_id}"
