"""Sends a test: to oneself, or to a webhook."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from bpo.choices import DeliveryKind
from bpo.models import Delivery, Webhook


def send_test(*, user: User | None = None, webhook: Webhook | None = None, now: datetime) -> Delivery:
    """Have a test message sent with the next round, within half a minute; its delivery tells what came of it."""
    return Delivery.objects.create(kind=DeliveryKind.TEST, user=user, webhook=webhook, created_at=now, due_at=now)
