"""The address a request comes from, and whether a list of networks holds it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from vendors.errors import Invalid, RowError

MOST_NETWORKS = 50


def client_address(request: HttpRequest) -> str:
    """Return the caller's IP address; ``X-Forwarded-For`` is believed as far as ``NUM_PROXIES`` proxies wrote it."""
    proxies: int = settings.REST_FRAMEWORK["NUM_PROXIES"]
    written = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if proxies and written:
        return written[-min(proxies, len(written))]
    return str(request.META.get("REMOTE_ADDR", ""))


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Say whether one of the networks (CIDR) holds the address; an address that is none is in no network."""
    try:
        found: Any = ipaddress.ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in ipaddress.ip_network(network) for network in networks)


def read_networks(texts: Sequence[str]) -> list[str]:
    """Return addresses and networks in their plain notation; raise Invalid ``bad_network`` with the wrong one."""
    if len(texts) > MOST_NETWORKS:
        text = _("Give at most %(most)s addresses or networks.") % {"most": MOST_NETWORKS}
        raise Invalid("too_many_networks", text, [RowError("too_many_networks", text, "networks")])
    found = []
    for given in texts:
        try:
            network = ipaddress.ip_network(given.strip(), strict=False)
            found.append(str(network if network.num_addresses > 1 else network.network_address))
        except ValueError:
            text = _("“%(given)s” is no address or network; write 203.0.113.7 or 203.0.113.0/24.") % {
                "given": given[:50]
            }
            raise Invalid("bad_network", text, [RowError("bad_network", text, "networks")]) from None
    return sorted(set(found))
