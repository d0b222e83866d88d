"""Mails: what stands in them, who still gets one, and a mail server that is down."""

from __future__ import annotations

import smtplib
import socket
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.test.utils import override_settings

from bpo.models import Delivery, DeliveryAttempt, NotificationSettings
from bpo.services import delivery
from bpo.services.delivery import sending
from tests.bpo.delivery.world import NOON, Receiver, make_alert, make_webhook, told, waiting
from tests.make import make_user
from vendors.models import Vendor

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def html_of(message: Any) -> str:
    return str(message.alternatives[0][0])


def test_who_left_or_stopped_the_mails_meanwhile_gets_nothing(vendor: Vendor) -> None:
    user = make_user("mina", "manager")
    make_alert(vendor, "warning")
    told()
    NotificationSettings.objects.create(user=user, wants_mail=False)

    assert told(NOON + timedelta(days=1)) == {"dropped": 1}

    assert mail.outbox == []
    assert waiting() == []


@pytest.mark.parametrize(
    ("language", "subject", "word"),
    [
        ("ko", "심각: 한빛 – 기한", "전체 알림"),
        ("en", "Critical: Hanbit – Queue-days not sent", "All alerts"),
    ],
)
def test_a_mail_is_text_and_html_in_the_recipients_language(
    vendor: Vendor, language: str, subject: str, word: str
) -> None:
    user = make_user("mina", "manager")
    NotificationSettings.objects.create(user=user, language=language)
    alert = make_alert(vendor)

    assert told() == {"dispatched": 1, "sent": 1}

    sent = mail.outbox[0]
    html = html_of(sent)
    assert sent.to == ["mina@example.com"]
    assert subject in sent.subject
    for text in (str(sent.body), html):
        assert word in text
        assert f"/alerts/{alert.pk}/" in text
    assert f'lang="{language}"' in html
    assert sent.extra_headers["Message-ID"] == f"<{Delivery.objects.get().pk}@localhost>"
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_long_digest_tells_the_gravest_thirty_and_counts_the_rest(vendor: Vendor) -> None:
    NotificationSettings.objects.create(user=make_user("mina", "manager"), language="en")
    for _number in range(35):
        make_alert(vendor, "caution")
    worst = make_alert(vendor, "warning")
    told()

    assert told(NOON + timedelta(days=1)) == {"sent": 1}

    body = str(mail.outbox[0].body)
    assert mail.outbox[0].subject == "[BPO KPI] Today: 36 alerts"
    assert body.index(f"/alerts/{worst.pk}/") < 400
    assert "6 more on the page" in body


def test_a_vendors_name_cannot_write_html_or_headers(vendor: Vendor) -> None:
    NotificationSettings.objects.create(user=make_user("mina", "manager"), language="en")
    vendor.name = "<b>A & B</b>"
    vendor.save()
    make_alert(vendor)

    told()

    sent = mail.outbox[0]
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in html_of(sent)
    assert "<b>A & B</b>" in str(sent.body)


def test_a_mail_server_that_is_down_for_an_hour_loses_nothing_and_holds_up_no_webhook(
    vendor: Vendor, room: Receiver
) -> None:
    got: list[Any] = []

    class Box:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
            got.append(message_from_bytes(envelope.content, policy=default))
            return "250 kept"

    make_webhook(room.url, vendor)
    NotificationSettings.objects.create(user=make_user("mina", "manager"), language="en")
    make_user("sora", "manager")
    make_alert(vendor)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    smtp = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port,
        "EMAIL_USE_TLS": False, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "",
    }  # fmt: skip
    with override_settings(**smtp):
        assert told() == {"dispatched": 1, "sent": 1, "failed": 1}
        for minutes in range(1, 60):
            told(NOON + minutes * MINUTE)
        box = Controller(Box(), hostname="127.0.0.1", port=port)
        box.start()
        try:
            for minutes in range(60, 130):
                told(NOON + minutes * MINUTE)
        finally:
            box.stop()

    assert len(room.got) == 1
    assert sorted(message["To"] for message in got) == ["mina@example.com", "sora@example.com"]
    assert {message["Message-ID"] for message in got} == {
        f"<{pk}@localhost>" for pk in Delivery.objects.filter(user__isnull=False).values_list("pk", flat=True)
    }
    assert waiting() == []
    assert "ConnectionRefusedError" in DeliveryAttempt.objects.filter(is_sent=False)[0].detail


def test_a_broken_message_is_put_off_and_the_next_one_goes_out(vendor: Vendor, monkeypatch: Any) -> None:
    make_user("mina", "manager")
    make_alert(vendor)

    def broken(*_: Any) -> str:
        raise smtplib.SMTPRecipientsRefused({})

    with monkeypatch.context() as patch:
        patch.setattr(sending, "send_mail_of", broken)
        assert told() == {"dispatched": 1, "failed": 1}

    assert waiting()[0].error.startswith("SMTPRecipientsRefused")
    assert told(NOON + timedelta(hours=1)) == {"sent": 1}


def test_who_lost_the_role_meanwhile_learns_nothing_more_of_the_vendor(vendor: Vendor) -> None:
    user = make_user("mina", "vendor_admin", vendor)
    make_alert(vendor, "warning")
    told()
    user.memberships.all().delete()

    assert told(NOON + timedelta(days=1)) == {"dropped": 1}
    assert mail.outbox == []


def test_one_bad_address_holds_up_no_other_mail(vendor: Vendor, monkeypatch: Any) -> None:
    make_user("mina", "manager")
    make_user("sora", "manager")
    make_alert(vendor)
    send = sending.send_mail_of

    def sometimes(message: Delivery, user: Any, text: Any) -> str:
        if user.username == "mina":
            raise smtplib.SMTPRecipientsRefused({})
        return send(message, user, text)

    monkeypatch.setattr(sending, "send_mail_of", sometimes)

    assert told() == {"dispatched": 1, "sent": 1, "failed": 1}


def test_a_test_mail_comes_also_to_who_stopped_the_others() -> None:
    user = make_user("mina", "manager")
    NotificationSettings.objects.create(user=user, wants_mail=False)
    delivery.send_test(user=user, now=NOON)

    assert told() == {"sent": 1}
