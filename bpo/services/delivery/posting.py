"""Posts a message to a webhook: one request to the address that was checked, within ten seconds, no redirects."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from typing import Any

from django.utils import translation

from bpo.models import Delivery, Webhook
from bpo.queries.delivery_texts import Told, webhook_body
from bpo.services.delivery.addresses import Target, read_address, resolve

SECONDS = 10
MOST_READ = 64 * 1024
SIGNATURE = "X-BPO-Signature"


class Refused(Exception):
    """The address answered, and did not take the message."""


def post_webhook(delivery: Delivery, webhook: Webhook, told: Told) -> str:
    """Send the message; return the answer's status. Raise Refused, OSError or Forbidden."""
    with translation.override(webhook.language):
        body, content_type = webhook_body(webhook.preset, delivery, told)
    headers = {"Content-Type": content_type, "User-Agent": "bpo-kpi", "X-BPO-Delivery": str(delivery.pk)}
    headers |= signature(webhook.secret, body, int(time.time()))
    if webhook.preset == "jandi":
        headers["Accept"] = "application/vnd.tosslab.jandi-v2+json"
    target = read_address(webhook.url)
    return post(target, resolve(target)[0], body, headers)


def signature(secret: str, body: bytes, at: int) -> dict[str, str]:
    """Return the header that proves who sent a body, and when: HMAC-SHA-256 of ``at.body``."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {SIGNATURE: f"t={at},v1={mac}"}


def post(target: Target, address: str, body: bytes, headers: dict[str, str]) -> str:
    """Post to one IP address of a host; everything together takes at most ten seconds."""
    line = _Pinned(target, address)
    watch = threading.Timer(SECONDS, line.abort)
    watch.start()
    try:
        line.request("POST", target.path, body, headers)
        answer = line.getresponse()
        answer.read(MOST_READ)
    except Exception as error:
        if line.is_aborted:
            raise TimeoutError(f"no whole answer within {SECONDS} seconds") from error
        raise
    finally:
        watch.cancel()
        line.close()
    if not 200 <= answer.status < 300:
        raise Refused(f"HTTP {answer.status} {answer.reason}")
    return f"HTTP {answer.status}"


class _Pinned(http.client.HTTPConnection):
    """A connection to the very IP address that was checked, under the host's name, TLS included.

    It can be aborted from outside: a time-out of the socket begins anew with every byte that drips in.
    """

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=SECONDS)
        self.target, self.address = target, address
        self.is_aborted = False

    def connect(self) -> None:
        self.sock: Any = socket.create_connection((self.address, self.target.port), timeout=SECONDS)
        if self.target.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.target.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def abort(self) -> None:
        """End whatever is going on; the thread that waits gets an error."""
        self.is_aborted = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
