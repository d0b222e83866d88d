"""Sending: at least once, under a lease, with pauses, and one that fails holds up nobody else."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test.utils import override_settings

from bpo.models import AlertEvent, Delivery, DeliveryAttempt, NotificationSettings
from bpo.queries.deliveries import stuck_count
from bpo.services import delivery
from bpo.services.delivery import posting, sending
from tests.bpo.delivery.world import NOON, Receiver, make_alert, make_webhook, receiver, told, waiting
from tests.make import make_user, make_vendor
from vendors.models import Vendor

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def test_a_webhook_gets_a_signed_message_once(vendor: Vendor, room: Receiver) -> None:
    webhook = make_webhook(room.url, vendor)
    alert = make_alert(vendor)

    assert told() == {"dispatched": 1, "sent": 1}
    assert told() == {}

    ((headers, body),) = room.got
    message = Delivery.objects.get()
    assert (message.status, message.sent_at, message.tries) == ("sent", NOON, 1)
    assert headers["x-bpo-delivery"] == body["id"] == str(message.pk)
    assert body["alerts"][0] | {"url": ""} == {
        "id": alert.pk, "kind": "feed_missing", "severity": "critical", "status": "open", "vendor": "hanbit",
        "contract": None, "kpi": None, "message": "Queue-days not sent in time: 3 (the oldest: 20 November 2026).",
        "url": "", "steps": [{"action": "open", "at": "2026-11-23T03:00:00Z"}],
    }  # fmt: skip
    assert webhook.deliveries.get().attempts.get().detail == "HTTP 200"


def test_the_guides_receiver_knows_our_messages_from_others(vendor: Vendor, room: Receiver) -> None:
    guide = Path(settings.BASE_DIR, "bpo", "README.md").read_text("utf-8")
    snippet = guide.split("<!-- snippet: verify -->\n```python\n")[1].split("```")[0]
    found: dict[str, Any] = {}
    exec(snippet, found)
    is_genuine = found["is_genuine"]
    header = posting.signature("secret", b"{}", int(time.time()))[posting.SIGNATURE]
    old = posting.signature("secret", b"{}", int(time.time()) - 301)[posting.SIGNATURE]

    assert is_genuine(header, b"{}", "secret")
    assert not is_genuine(header, b"{ }", "secret")
    assert not is_genuine(header, b"{}", "another")
    assert not is_genuine(old, b"{}", "secret")


@pytest.mark.parametrize(("status", "location"), [(500, ""), (404, ""), (302, "http://127.0.0.1:1/"), (307, "/x")])
def test_a_refusal_and_a_redirect_are_tried_again_with_longer_pauses_under_one_id(
    vendor: Vendor, room: Receiver, status: int, location: str
) -> None:
    make_webhook(room.url, vendor)
    make_alert(vendor)
    room.status, room.location = status, location

    moments = [NOON, NOON + MINUTE, NOON + 2 * MINUTE, NOON + 6 * MINUTE, NOON + 14 * MINUTE]
    counts = [told(moment).get("failed", 0) for moment in moments]

    assert counts == [1, 0, 1, 1, 1]
    room.status, room.location = 200, ""
    assert told(NOON + timedelta(hours=2)) == {"sent": 1}
    assert len(room.got) == 5
    assert len(set(room.ids)) == 1
    assert list(DeliveryAttempt.objects.order_by("id").values_list("is_sent", flat=True)) == [False] * 4 + [True]
    assert f"HTTP {status}" in DeliveryAttempt.objects.order_by("id")[0].detail


def test_after_three_days_it_is_given_up(vendor: Vendor, room: Receiver) -> None:
    make_webhook(room.url, vendor)
    make_alert(vendor)
    room.status = 500
    told()

    assert told(NOON + timedelta(days=3)) == {"given_up": 1, "escalated": 1, "dispatched": 1}

    assert Delivery.objects.filter(status="given_up").get().error.startswith("Refused: HTTP 500")


def test_one_that_hangs_or_drips_is_cut_off_and_holds_up_nobody(
    vendor: Vendor, room: Receiver, monkeypatch: Any
) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.5)
    with receiver() as other:
        make_webhook(room.url, vendor)
        make_webhook(other.url, vendor)
        make_alert(vendor)
        make_alert(vendor)
        room.before = lambda: time.sleep(3)

        started = time.monotonic()
        assert told() == {"dispatched": 2, "sent": 1, "failed": 1}

        assert time.monotonic() - started < 2.5
        assert len(other.got) == 1
        assert "TimeoutError" in waiting()[0].error


def test_an_answer_that_drips_byte_by_byte_is_cut_off(monkeypatch: Any) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.6)
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        line, _ = server.accept()
        with line:
            for _number in range(40):
                try:
                    line.sendall(b"H")
                except OSError:
                    return
                time.sleep(0.1)

    threading.Thread(target=drip, daemon=True).start()
    target = delivery_target(server)

    started = time.monotonic()
    with server, pytest.raises(TimeoutError):
        posting.post(target, "127.0.0.1", b"{}", {})
    assert time.monotonic() - started < 2


def delivery_target(server: socket.socket) -> Any:
    from bpo.services.delivery.addresses import Target

    return Target("http", "127.0.0.1", server.getsockname()[1], "/", is_own=True)


def test_a_name_that_came_to_lead_into_the_private_network_is_never_connected_to(vendor: Vendor) -> None:
    with receiver() as room:
        make_webhook(f"https://localhost:{room.port}/".replace(f":{room.port}", ""), vendor)
        make_alert(vendor)

        assert told() == {"dispatched": 1, "given_up": 1}

        assert room.got == []
        assert Delivery.objects.get().status == "given_up"


def test_a_sender_that_died_is_followed_by_another_with_the_same_id(vendor: Vendor, room: Receiver) -> None:
    make_webhook(room.url, vendor)
    make_alert(vendor)

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "_note", lambda *_, **__: die())
        with pytest.raises(KeyboardInterrupt):
            told()
    leased = Delivery.objects.get()
    assert (leased.status, leased.leased_until) == ("waiting", NOON + sending.LEASE)

    assert told(NOON + MINUTE) == {}
    assert told(NOON + sending.LEASE) == {"sent": 1}

    assert room.ids == [str(leased.pk)] * 2


def test_a_test_message_says_so(vendor: Vendor, room: Receiver) -> None:
    webhook = make_webhook(room.url, vendor, is_active=False)
    delivery.send_test(webhook=webhook, now=NOON)
    NotificationSettings.objects.create(user=make_user("mina", "manager"), language="en")
    delivery.send_test(user=NotificationSettings.objects.get().user, now=NOON)

    assert told() == {"sent": 2}

    assert room.got[0][1]["title"] == mail.outbox[0].subject.removeprefix("[BPO KPI] ")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_nothing_twice() -> None:
    vendor = make_vendor()
    with receiver() as room, override_settings(WEBHOOK_HOSTS_ALLOWED=["127.0.0.1"]):
        for number in range(5):
            make_webhook(room.url, vendor, name=f"Room {number}")
        for _number in range(20):
            make_alert(vendor)
        room.before = lambda: time.sleep(0.05)
        together = threading.Barrier(2)

        def run() -> None:
            together.wait()
            try:
                delivery.deliver(now=NOON)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        heard = [(headers["x-bpo-delivery"], alert["id"]) for headers, body in room.got for alert in body["alerts"]]
        assert len(heard) == len(set(heard)) == 100
        assert not AlertEvent.objects.filter(is_dispatched=False).exists()
        assert waiting() == []


def test_a_message_that_waited_over_free_days_is_tried_for_three_days_too(vendor: Vendor, monkeypatch: Any) -> None:
    make_user("mina", "manager")
    make_alert(vendor, "warning")
    told()
    Delivery.objects.update(created_at=NOON - timedelta(days=9), due_at=NOON)

    def down(*_: Any) -> str:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(sending, "send_mail_of", down)
        assert told() == {"failed": 1}

    assert told(NOON + timedelta(hours=1)) == {"sent": 1}


def test_a_retry_keeps_to_the_quiet_hours(vendor: Vendor, monkeypatch: Any) -> None:
    make_user("mina", "manager")
    evening = NOON + timedelta(hours=8, minutes=59)
    make_alert(vendor, at=evening)

    def down(*_: Any) -> str:
        raise ConnectionRefusedError

    monkeypatch.setattr(sending, "send_mail_of", down)
    told(evening)

    assert waiting()[0].due_at == NOON + timedelta(hours=20)


def test_a_message_is_stuck_an_hour_after_it_was_due_or_after_so_many_tries(vendor: Vendor) -> None:
    webhook = make_webhook("https://example.com", vendor)
    for tries, due in ((0, NOON - timedelta(minutes=59)), (0, NOON - timedelta(minutes=61)), (6, NOON + MINUTE)):
        Delivery.objects.create(kind="instant", webhook=webhook, created_at=NOON, due_at=due, tries=tries)

    assert stuck_count(NOON) == 2
