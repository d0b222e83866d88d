"""Makes messages of the steps in the life of alerts: one to a recipient, at once or with the digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from bpo.calc.timing import next_allowed, next_digest
from bpo.choices import DeliveryKind, DeliveryStatus
from bpo.models import AlertEvent, Delivery
from bpo.queries.recipients import home_holidays, readers, webhooks_for
from vendors.clock import local_date

BATCH = 500
OLD = timedelta(days=3)
"""Older steps are no news: a history that is taken in tells nobody."""


def dispatch(*, now: datetime) -> int:
    """Make the messages of every step that has none yet; return how many steps were seen to."""
    done = 0
    while count := _dispatch_batch(now):
        done += count
    return done


@transaction.atomic
def _dispatch_batch(now: datetime) -> int:
    """Take some steps, make their messages and mark them, all or nothing; two that do it at once share the work."""
    waiting = AlertEvent.objects.select_for_update(of=("self",), skip_locked=True).filter(is_dispatched=False)
    events = list(waiting.select_related("alert").order_by("id")[:BATCH])
    news = [event for event in events if event.at > now - OLD]
    if news:
        _tell_people(news, now)
        for webhook, heard in webhooks_for(news).items():
            made = Delivery.objects.create(kind=DeliveryKind.INSTANT, webhook=webhook, created_at=now, due_at=now)
            made.events.add(*heard)
    AlertEvent.objects.filter(pk__in=[event.pk for event in events]).update(is_dispatched=True)
    return len(events)


def _tell_people(news: Sequence[AlertEvent], now: datetime) -> None:
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    holidays = home_holidays(local_date(now, settings.TIME_ZONE))
    for reader in readers():
        at_once = [event for event in news if reader.is_told_at_once(event)]
        if at_once:
            due = next_allowed(local, reader.hours, holidays)
            made = Delivery.objects.create(kind=DeliveryKind.INSTANT, user=reader.user, created_at=now, due_at=due)
            made.events.add(*at_once)
        told = {event.pk for event in at_once}
        later = [event for event in news if event.pk not in told and reader.is_in_digest(event)]
        if later:
            morning = next_digest(local, reader.wishes.digest_at, reader.hours, holidays)
            due = next_allowed(morning, reader.hours, holidays)
            _digest_of(reader.user, due, now).events.add(*later)


def _digest_of(user: User, due: datetime, now: datetime) -> Delivery:
    """Return the person's digest that is due then, locked: it takes steps only while no sender has begun with it."""
    named = {"user": user, "due_at": due, "kind": DeliveryKind.DIGEST, "status": DeliveryStatus.WAITING, "tries": 0}
    digest, _is_new = Delivery.objects.select_for_update().get_or_create(**named, defaults={"created_at": now})
    return digest
