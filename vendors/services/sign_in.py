"""How often a password may be guessed: five times in 15 minutes for an account, fifty from one address.

A try is counted before the password is looked at, so that many at once are not more; a right one takes it back. An
account that does not exist is counted like one that does.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from django.conf import settings

from vendors.services import usage

WINDOW = timedelta(minutes=15)


def locked_until(name: str, address: str, now: datetime) -> datetime | None:
    """Count one try; return None where it may go on, else the moment from which one may try again."""
    limits = {_account(name): settings.SIGN_IN_TRIES, _address(address): settings.SIGN_IN_TRIES_OF_ADDRESS}
    for subject, limit in limits.items():
        if limit and not usage.take(subject, limit=limit, now=now, ends_at=now + WINDOW):
            counted = usage.used(subject, now)
            return counted.ends_at if counted else now
    return None


def succeeded(name: str, address: str) -> None:
    """Forget the tries of an account that was signed in to, and the one of its address."""
    usage.clear(_account(name))
    usage.give_back(_address(address))


def _account(name: str) -> str:
    return f"sign-in:account:{usage.hashed(unicodedata.normalize('NFKC', name).strip().casefold())}"


def _address(address: str) -> str:
    return f"sign-in:address:{usage.hashed(address)}"
