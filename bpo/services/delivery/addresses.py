"""Which addresses a webhook may have and reach: public ones, by HTTPS; one's own hosts where the settings name them.

Checked when an address is entered and again at every connection, against the very address connected to, so that a
name that changes its answer (DNS rebinding) leads nowhere. Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from vendors.errors import DomainError, Invalid, RowError, Text

LONGEST = 2000
NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.:")


class Forbidden(DomainError):
    """An address that no webhook may reach; code ``url_forbidden``."""

    def __init__(self, why: Text) -> None:
        super().__init__("url_forbidden", why, [RowError("url_forbidden", why, "url")])


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address, taken apart. ``is_own`` where the settings name its host."""

    scheme: str
    host: str
    port: int
    path: str
    is_own: bool


def read_address(text: str) -> Target:
    """Take an address apart; raise Forbidden where its form alone forbids it."""
    if len(text) > LONGEST or not text.isascii() or any(ord(mark) <= 32 or ord(mark) == 127 for mark in text):
        raise Forbidden(_("The address must be plain ASCII without spaces, at most 2,000 characters."))
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Forbidden(_("This is no web address.")) from None
    host = (parts.hostname or "").rstrip(".")
    is_own = host in settings.WEBHOOK_HOSTS_ALLOWED
    _check_form(parts, host, port, is_own)
    path = parts.path or "/"
    standard = 443 if parts.scheme == "https" else 80
    return Target(parts.scheme, host, port or standard, f"{path}?{parts.query}" if parts.query else path, is_own)


def _check_form(parts: SplitResult, host: str, port: int | None, is_own: bool) -> None:
    if not host or not set(host) <= _HOST_CHARACTERS:
        raise Forbidden(_("This is no web address."))
    if parts.username is not None or parts.password is not None:
        raise Forbidden(_("Leave the name and password out of the address."))
    if parts.scheme != "https" and not (is_own and parts.scheme == "http"):
        raise Forbidden(_("The address must begin with https://."))
    if port not in (None, 443) and not is_own:
        raise Forbidden(_("Leave the port out of the address; messages go to port 443."))


def resolve(target: Target) -> list[str]:
    """Return the IP addresses of the host; raise Forbidden where one of them is not public, OSError where none is."""
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not target.is_own and not all(is_public(address) for address in addresses):
        raise Forbidden(_("The address leads into a private network."))
    return addresses


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public internet, also where an IPv6 address wraps one of IPv4."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.teredo is not None:
            return False
        wrapped = found.ipv4_mapped or found.sixtofour
        if wrapped is None and found in NAT64:
            wrapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
    return found.is_global and not found.is_multicast and not found.is_reserved


def check_address(text: str, *, may_be_own: bool = False) -> None:
    """Refuse an address that no webhook may have: raise Forbidden, or Invalid ``url_unknown`` where nobody has it.

    Hosts of one's own network are for those alone who may use them (``may_be_own``).
    """
    target = read_address(text)
    if target.is_own and not may_be_own:
        raise Forbidden(_("The address leads into a private network."))
    try:
        resolve(target)
    except (OSError, UnicodeError):
        why = _("No host of this name was found.")
        raise Invalid("url_unknown", why, [RowError("url_unknown", why, "url")]) from None
