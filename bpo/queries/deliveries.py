"""Messages that wait or went out, as the API answers and the pages show them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q

from bpo.choices import DeliveryStatus
from bpo.models import Delivery
from bpo.queries.cards import utc

STUCK_AFTER = timedelta(hours=1)
TRIES_IN_AN_HOUR = 6
"""After 2, 4, 8, 16 and 32 minutes."""


def address_hint(url: str) -> str:
    """Return as much of a webhook's address as tells it from others and lets nobody use it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}/…{url[-4:]}"


def presented_delivery(row: Delivery) -> dict[str, Any]:
    """Return a message as JSON-able values."""
    return {
        "id": str(row.pk),
        "vendor": row.webhook.vendor.code if row.webhook and row.webhook.vendor else None,
        "webhook": row.webhook_id,
        "user": row.user.get_username() if row.user else None,
        "address": row.address,
        "report": str(row.report_id) if row.report_id else None,
        "kind": row.kind,
        "status": row.status,
        "created_at": utc(row.created_at),
        "due_at": utc(row.due_at),
        "sent_at": utc(row.sent_at),
        "tries": row.tries,
        "error": row.error,
    }


def stuck_count(now: datetime) -> int:
    """Return how many messages should have gone out an hour ago, or were tried for so long."""
    is_late = Q(tries=0, due_at__lt=now - STUCK_AFTER) | Q(tries__gte=TRIES_IN_AN_HOUR)
    return Delivery.objects.filter(is_late, status=DeliveryStatus.WAITING).count()
