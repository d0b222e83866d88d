"""Telling people of alerts: by mail and webhook, at least once, with one id a message however often it is sent.

The steps of alerts are the outbox. :func:`dispatch` makes messages of them (``Delivery``), :func:`send_due` sends what
is due under a lease, :func:`escalate` passes up what nobody took up. Each may be killed anywhere and run again.
"""

from __future__ import annotations

from datetime import datetime

from bpo.services.delivery.dispatching import dispatch
from bpo.services.delivery.escalating import escalate
from bpo.services.delivery.sending import send_due
from bpo.services.delivery.testing import send_test
from bpo.services.delivery.webhooks import change_webhook, make_webhook
from bpo.services.delivery.wishes import change_wishes, stop_mail, wishes_of

__all__ = [
    "change_webhook", "change_wishes", "deliver", "dispatch", "escalate", "make_webhook", "send_due", "send_test",
    "stop_mail", "wishes_of",
]  # fmt: skip


def deliver(*, now: datetime) -> dict[str, int]:
    """Pass up, make and send what is due; return the counts."""
    return {"escalated": escalate(now=now), "dispatched": dispatch(now=now), **send_due(now=now)}
