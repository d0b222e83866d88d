"""Documents that go out with a mail: the editions there are, and what makes attachments of them.

Documents are made above the services, so the application hands its editions in when it starts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils import translation
from django.utils.translation import gettext as _

from kpis.calc.periods import Period
from vendors.actors import Actor
from vendors.errors import Forbidden, Invalid, RowError, Text, cut


class Edition(Protocol):
    """One document that can be made of any period: its name for people, and its bytes as somebody may see it."""

    @property
    def label(self) -> Text: ...

    @property
    def media_type(self) -> str: ...

    def render(self, actor: Actor, period: Period, language: str) -> bytes: ...

    def file_name(self, period: Period, language: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """One document as it goes out."""

    edition: str
    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Return what the archive lists of it."""
        about = {"edition": self.edition, "name": self.name, "media_type": self.media_type}
        return {**about, "sha256": self.sha256, "size": len(self.content)}


ALL_STAFF = "all_staff"
"""Editions whose key begins so name no vendor; no others go out with the mail to all staff."""
Offer = Callable[[], Mapping[str, Edition]]


def _nothing() -> Mapping[str, Edition]:
    return {}


_offered: list[Offer] = [_nothing]


def offer_editions(offer: Offer) -> None:
    """Have the editions that ``offer`` returns offered, and no others; it is asked when they are needed."""
    _offered[:] = [offer]


def editions(*, for_all_staff: bool = False) -> Mapping[str, Edition]:
    """Return the editions there are, by their key; for all staff, those without vendors."""
    found = _offered[0]()
    return {key: one for key, one in found.items() if not for_all_staff or key.startswith(ALL_STAFF)}


def check_editions(keys: Sequence[str], *, for_all_staff: bool) -> None:
    """Raise Invalid ``unknown_edition`` for a key that there is no edition of, or none for these readers."""
    offered = editions(for_all_staff=for_all_staff)
    for key in keys:
        if key not in offered:
            known = ", ".join(sorted(offered)) or _("none")
            text = _("There is no document “%(key)s”; there are: %(known)s.") % {"key": cut(key), "known": known}
            raise Invalid("unknown_edition", text, [RowError("unknown_edition", text, "attachments")])


def attach(keys: Sequence[str], *, actor: Actor, period: Period, language: str) -> list[Attachment]:
    """Return the documents as ``actor`` may see them; those not for them, or no longer made, are left out."""
    offered = editions()
    with translation.override(language):
        made = (_made(key, offered[key], actor, period, language) for key in keys if key in offered)
        return [one for one in made if one is not None]


def _made(key: str, edition: Edition, actor: Actor, period: Period, language: str) -> Attachment | None:
    try:
        content = edition.render(actor, period, language)
    except Forbidden:
        return None
    return Attachment(key, edition.file_name(period, language), edition.media_type, content)
