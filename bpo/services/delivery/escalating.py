"""Passes critical alerts up that nobody took up within the working hours the installation allows."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from bpo.calc.timing import after_working_hours
from bpo.choices import AlertSeverity, AlertStatus
from bpo.models import Alert, AlertEvent
from bpo.queries.recipients import home_holidays
from vendors.actors import SYSTEM
from vendors.clock import local_date

SEEN_TO = ("escalate", "acknowledge", "assign", "snooze")


@transaction.atomic
def escalate(*, now: datetime) -> int:
    """Note the step once for each critical alert that is open too long; return for how many."""
    if not settings.ESCALATE_HOURS:
        return 0
    seen = AlertEvent.objects.filter(alert=OuterRef("pk"), action__in=SEEN_TO)
    critical = Alert.objects.filter(status=AlertStatus.OPEN, severity=AlertSeverity.CRITICAL).filter(~Exists(seen))
    waiting = critical.select_for_update(of=("self",)).order_by("pk")
    holidays = home_holidays(local_date(now, settings.TIME_ZONE))
    zone = ZoneInfo(settings.TIME_ZONE)
    late = [
        alert
        for alert in waiting
        if after_working_hours(alert.opened_at.astimezone(zone), settings.ESCALATE_HOURS, holidays) <= now
    ]
    AlertEvent.objects.bulk_create(
        AlertEvent(alert=alert, action="escalate", by=SYSTEM.label, at=now) for alert in late
    )
    return len(late)
