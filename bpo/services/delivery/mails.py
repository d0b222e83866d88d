"""Writes and sends the mail of a message: text and HTML, in the recipient's language."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from bpo.models import Delivery, NotificationSettings, ReportFile, SentReport
from bpo.queries.delivery_texts import Told

STOP = "bpo.delivery.stop"
"""The salt of the links that end somebody's mails."""


def send_mail_of(delivery: Delivery, user: User, told: Told) -> str:
    """Send the mail; return to whom. Raise as the mail server does."""
    wishes = NotificationSettings.objects.filter(user=user).first() or NotificationSettings(user=user)
    with translation.override(wishes.language):
        stop = settings.SITE_URL + reverse("bpo:notifications-stop", args=[stop_token(user.pk)])
        facts = {"told": told, "stop": stop, "settings": settings.SITE_URL + reverse("bpo:notifications")}
        mail = mail_to(user.email, f"[BPO KPI] {' '.join(told.title.split())}"[:200], delivery, stop)
        mail.body = render_to_string("bpo/mail_alerts.txt", facts)
        mail.attach_alternative(render_to_string("bpo/mail_alerts.html", facts), "text/html")
        mail.send()
    return user.email


def mail_to(address: str, subject: str, delivery: Delivery, stop: str) -> EmailMultiAlternatives:
    """Return a mail without a body: its id is the delivery's however often it is sent, and it says how it is ended."""
    headers = {
        "Message-ID": f"<{delivery.pk}@{urlsplit(settings.SITE_URL).hostname or 'bpo'}>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return EmailMultiAlternatives(subject, "", settings.DEFAULT_FROM_EMAIL, [address], headers=headers)


def attach_files(mail: EmailMultiAlternatives, report: SentReport) -> None:
    """Put the documents of a report into its mail, byte for byte."""
    kept = ReportFile.objects.in_bulk([file["sha256"] for file in report.files])
    for file in report.files:
        # A mail writes parameters of its own beside the type.
        media_type = file["media_type"].partition(";")[0]
        mail.attach(file["name"], bytes(kept[file["sha256"]].content), media_type)


def stop_token(user_id: int) -> str:
    """Return what proves that somebody has a mail of this person in hand; it does not expire, as the mail does not."""
    return signing.Signer(salt=STOP).sign(str(user_id))


def user_of_token(token: str) -> int | None:
    """Return whose mails a token ends; null where it is not ours."""
    try:
        return int(signing.Signer(salt=STOP).unsign(token))
    except (signing.BadSignature, ValueError):
        return None
