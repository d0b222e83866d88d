"""How often a link may be guessed, and used: counted like wrong passwords."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from vendors.services import usage

WINDOW = timedelta(minutes=15)
MOST_ANSWERS = 30
"""What one link may send in the window."""


def may_try(address: str, now: datetime) -> bool:
    """Count one try from an address and say whether it may go on; a right one is given back."""
    limit = settings.SIGN_IN_TRIES_OF_ADDRESS
    return not limit or usage.take(_tries(address), limit=limit, now=now, ends_at=now + WINDOW)


def took_right(address: str) -> None:
    """Give the try of a right link back."""
    usage.give_back(_tries(address))


def may_act(question_id: int, now: datetime) -> bool:
    """Count one answer of a link and say whether it may go on."""
    return usage.take(f"department-answer:{question_id}", limit=MOST_ANSWERS, now=now, ends_at=now + WINDOW)


def _tries(address: str) -> str:
    return f"department-link:{usage.hashed(address)}"
