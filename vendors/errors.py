"""The errors a service raises when it will not do what was asked. An entrance turns them into an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong at one place, and the cure. ``row`` counts from 0 in JSON, in files it is the line number.

    ``found`` is what was sent, ``expected`` what would be taken, where each can be said in a word: for programs, as
    the sentence in ``detail`` says both.
    """

    code: str
    detail: Text
    field: str | None = None
    row: int | None = None
    found: str | None = None
    expected: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API answers it: ``found`` and ``expected`` only where they are known."""
        known = {name: text for name in ("found", "expected") if (text := getattr(self, name)) is not None}
        return {"row": self.row, "field": self.field, "code": self.code, "detail": str(self.detail), **known}


LONGEST_ECHO = 50


def cut(given: object) -> str:
    """Return what was sent as a text short enough to be echoed."""
    text = str(given)
    return text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "…"


class DomainError(Exception):
    """A request the service refuses, with a code that is never translated and a text that is.

    ``status`` is the HTTP status an API answers with; ``extra`` are more members of the answer
    (``position=3``), of which ``retry_after`` (seconds) becomes a header.
    """

    status = 400

    def __init__(self, code: str, detail: Text, errors: Sequence[RowError] = (), **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class Invalid(DomainError):
    """The input breaks a rule (400)."""


class Unprocessable(DomainError):
    """A feed that could be read but has wrong rows (422)."""

    status = 422


class Conflict(DomainError):
    """The state of the object does not allow it now (409)."""

    status = 409


class Forbidden(DomainError):
    """The actor's role lacks the function (403)."""

    status = 403


class NotFound(DomainError):
    """No such object, or one of another vendor: the two are told apart nowhere (404)."""

    status = 404


class TooLarge(DomainError):
    """The body is over a documented limit (413)."""

    status = 413


class TooMany(DomainError):
    """More than a limit on how much may be sent in some time (429); ``retry_after`` says when it begins anew."""

    status = 429


class UnsupportedMedia(DomainError):
    """The body is of a type or encoding that is not read here (415)."""

    status = 415
