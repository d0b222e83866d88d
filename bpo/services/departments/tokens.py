"""What proves that somebody has a mail of a department in hand: signed, for one purpose, until it expires."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing

WEEK = "bpo.departments.week"
"""The purpose of the links that answer about one week."""
VALID = timedelta(days=14)


def token_of(question_id: int) -> str:
    """Return the token of a question; it holds for two weeks."""
    return signing.TimestampSigner(salt=WEEK).sign(str(question_id))


def question_of(token: str) -> int | None:
    """Return which question a token answers; null where it is not ours or has expired."""
    try:
        return int(signing.TimestampSigner(salt=WEEK).unsign(token, max_age=VALID))
    except (signing.BadSignature, ValueError):
        return None
