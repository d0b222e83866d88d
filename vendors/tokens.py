"""The text of an API key and its keyed hash. The text itself is never stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from django.conf import settings

LIVE, SANDBOX = "bpo_live", "bpo_test"
KEY_PATTERN = re.compile(r"(?P<scheme>bpo_(?:live|test))_(?P<prefix>[0-9a-f]{8})_(?P<secret>[A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key in its two parts: ``prefix`` finds the row, ``secret`` (256 random bits) proves it."""

    prefix: str
    secret: str
    scheme: str = LIVE
    """Tells people, and scanners of secrets, at a glance which kind it is; what counts is what the key's row says."""

    @property
    def digest(self) -> str:
        """HMAC-SHA256 of the secret under the pepper, in hex. 256 random bits need no slow hash."""
        pepper = settings.API_KEY_PEPPER.encode()
        return hmac.new(pepper, self.secret.encode(), hashlib.sha256).hexdigest()

    def __str__(self) -> str:
        return f"{self.scheme}_{self.prefix}_{self.secret}"

    def __repr__(self) -> str:
        return f"KeyText({self.prefix}…)"


def new_key_text(*, is_sandbox: bool = False) -> KeyText:
    """Return a fresh key."""
    return KeyText(secrets.token_hex(4), secrets.token_urlsafe(32), SANDBOX if is_sandbox else LIVE)


def read_key_text(text: str) -> KeyText | None:
    """Return the parts of a key, or None where the text is not in a key's form."""
    found = KEY_PATTERN.fullmatch(text)
    return _read(found) if found else None


def find_key_text(text: str) -> KeyText | None:
    """Return the first key that stands anywhere in ``text``."""
    found = KEY_PATTERN.search(text)
    return _read(found) if found else None


def _read(found: re.Match[str]) -> KeyText:
    return KeyText(found["prefix"], found["secret"], found["scheme"])
