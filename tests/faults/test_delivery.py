"""A sender that is killed between taking a message and having sent it."""

from __future__ import annotations

import time

import psycopg
import pytest

from tests.bpo.delivery.world import receiver
from tests.faults.conftest import Installs

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.broker]

FURNISH = """
from bpo.models import Alert, AlertEvent, Webhook
from vendors import clock
now = clock.now()
about = {"preset": "generic", "secret": "s", "created_by": "test", "created_at": now}
Webhook.objects.create(name="Room", url="%s", **about)
alert = Alert.objects.create(kind="feed_missing", severity="critical", subject="test:1", opened_at=now, changed_at=now,
                             facts={"count": 1, "day": "2026-11-20"})
AlertEvent.objects.create(alert=alert, action="open", by="system", at=now)
"""


def test_a_message_whose_sender_is_killed_is_sent_by_the_next_one_with_the_same_id(install: Installs) -> None:
    running = install()
    running.environment["WEBHOOK_HOSTS_ALLOWED"] = "127.0.0.1"
    with receiver() as room:
        running.python("manage.py", "shell", "--no-imports", "-c", FURNISH % room.url)
        room.before = lambda: time.sleep(5)
        running._start("sender", ["manage.py", "deliver"])
        running.wait(lambda: room.got, "message", 30)
        running.kill("sender")
        room.before = lambda: None
        assert running.manage("deliver").startswith("0 sent")
        with psycopg.connect(running.environment["DATABASE_URL"]) as connection:
            # Two minutes later.
            connection.execute("UPDATE bpo_delivery SET leased_until = now() - interval '1 second'")

        assert running.manage("deliver").startswith("1 sent")

        assert len(room.ids) == 2
        assert len(set(room.ids)) == 1
        assert running.manage("deliver").startswith("0 sent")
