"""Alerts to tell people of, and servers to tell them at."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bpo.models import Alert, AlertEvent, Delivery, Webhook
from bpo.services.delivery import deliver
from vendors.models import Vendor

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""A Monday in Seoul."""


def make_alert(vendor: Vendor | None, severity: str = "critical", at: datetime = NOON, **fields: Any) -> Alert:
    """Raise an alert, with the step that tells of it."""
    about = {"kind": "feed_missing", "facts": {"count": 3, "day": "2026-11-20"}, "opened_at": at, "changed_at": at}
    number = Alert.objects.count()
    alert = Alert.objects.create(severity=severity, subject=f"test:{number}", vendor=vendor, **{**about, **fields})
    add_step(alert, "open", at=at)
    return alert


def add_step(alert: Alert, action: str, at: datetime = NOON, **fields: Any) -> AlertEvent:
    return AlertEvent.objects.create(alert=alert, action=action, by="system", at=at, **fields)


def make_webhook(url: str, vendor: Vendor | None = None, **fields: Any) -> Webhook:
    about = {"name": "Room", "secret": "a secret", "created_by": "test", "created_at": NOON, "language": "en"}
    return Webhook.objects.create(url=url, vendor=vendor, **{**about, **fields})


def told(now: datetime = NOON) -> dict[str, int]:
    """Deliver and return the counts that are not 0."""
    return {name: count for name, count in deliver(now=now).items() if count}


def waiting() -> list[Delivery]:
    return list(Delivery.objects.filter(status="waiting").order_by("created_at", "id"))


@dataclass
class Receiver:
    """A web server of somebody else's: what it got, and how it answers."""

    port: int = 0
    got: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    status: int = 200
    location: str = ""
    before: Callable[[], object] = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [headers["x-bpo-delivery"] for headers, _body in self.got]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a web server on the loopback for a while."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.got.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            made.before()
            self.send_response(made.status)
            if made.location:
                self.send_header("Location", made.location)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
